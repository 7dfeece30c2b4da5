"""Statements of a notebook as pieces of a module: the author's text, with the comments that belong to it."""

from __future__ import annotations

import ast
from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace

from odibi_nb.cells.definitions import Slice, Statement
from odibi_nb.cells.future import future_features
from odibi_nb.cells.magics import python_text
from odibi_nb.cells.names import names_of
from odibi_nb.cells.parsing import parse_python

__all__ = ["Piece", "joined", "living", "piece_of", "pieces_of", "users_of", "waits"]


@dataclass(frozen=True, slots=True)
class Piece:
    """A part of a module.

    names: it binds. uses: it takes; quoted: those of them that only stand in quoted annotations. cell, line, end:
    where it stands in the notebook.
    """

    text: str
    names: frozenset[str]
    uses: frozenset[str]
    quoted: frozenset[str] = frozenset()
    cell: str = ""
    line: int = 0
    end: int = 0

    @property
    def tree(self) -> ast.Module:
        return parse_python(self.text)

    @property
    def is_block(self) -> bool:
        """Whether it is a function or a class, around which there is room."""
        kinds = (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)
        return any(isinstance(statement, kinds) for statement in self.tree.body)


_Used = tuple[Statement, frozenset[str]]


def piece_of(text: str, *, cell: str = "", line: int = 0) -> Piece:
    """Return a text as a piece."""
    tree = parse_python(text)
    names = names_of(tree.body)
    quoted = _quoted_in(tree) - names.uses - names.bound
    return Piece(text, names.bound, names.uses | quoted, quoted, cell, line, line + text.count("\n"))


def pieces_of(definitions: Slice) -> Iterator[Piece]:
    """Yield the statements of a slice, those that a later one makes void left out."""
    for statement in living(definitions.statements):
        lines = python_text(definitions.texts[statement.cell]).text.split("\n")
        text = _with_comments(statement, lines)
        if len(parse_python(text).body) > 1:  # a setup cell, whole
            text = _without_passes(text)
        piece = piece_of(text, cell=statement.cell, line=statement.line)
        yield replace(piece, names=frozenset(statement.names))


def _quoted_in(tree: ast.AST) -> frozenset[str]:
    """Return the names in annotations that are quoted: whoever checks types looks them up."""
    found = set[str]()
    for node in ast.walk(tree):
        for annotation in (getattr(node, "annotation", None), getattr(node, "returns", None)):
            if isinstance(annotation, ast.Constant) and isinstance(annotation.value, str):
                try:
                    quoted = parse_python(annotation.value)
                except SyntaxError:
                    continue
                found |= {name.id for name in ast.walk(quoted) if isinstance(name, ast.Name)}
    return frozenset(found)


def living(statements: Sequence[Statement]) -> list[Statement]:
    """Return statements but for those that are said again before anybody uses them, as in a cell that ran twice."""
    said: list[Statement] = []
    for statement in statements:
        first = next((at for at, one in enumerate(said) if one.source == statement.source), None)
        if first is None or not statement.names or not _still_holds(said, first):
            said.append(statement)
    listed = [(one, _uses(one)) for one in said]
    return [one for at, (one, _) in enumerate(listed) if not _is_void(one, listed[:at], listed[at + 1 :])]


def _uses(statement: Statement) -> frozenset[str]:
    return names_of(parse_python(statement.source).body).uses


def _still_holds(said: Sequence[Statement], at: int) -> bool:
    """Whether what a statement has bound would be the same if it were said again after the later ones.

    What it uses may use others in turn, such as a function that it calls.
    """
    needed = _uses(said[at])
    while more := {use for one in said if needed & set(one.names) for use in _uses(one)} - needed:
        needed |= more
    return {name for one in said[at + 1 :] for name in one.names}.isdisjoint(needed | set(said[at].names))


def _is_void(statement: Statement, before: Sequence[_Used], later: Sequence[_Used]) -> bool:
    """Whether a later statement binds the same names before anybody has used them."""
    names = set(statement.names)
    watched = _users(names, before)
    for one, used in later:
        if used & watched:
            if not waits(one.source):
                return False
            watched |= set(one.names)  # whoever calls it uses it
        if names and names <= set(one.names) and _is_sure(one):  # what binds nothing is there for what it does
            return True
    return False


def _users(names: Collection[str], before: Sequence[_Used]) -> set[str]:
    """Return names, and those of functions before them that use them once they are called."""
    users = set(names)
    while more := {name for one, used in before if used & users for name in one.names} - users:
        users |= more
    return users


def users_of(names: Collection[str], pieces: Iterable[Piece]) -> frozenset[str]:
    """Return what pieces make of names when they run, and of what is made of them."""
    found = set[str]()
    for piece in pieces:
        if not waits(piece.text) and piece.uses & {*names, *found}:
            found |= piece.names
    return frozenset(found)


def waits(source: str) -> bool:
    """Whether a statement is a function that nothing of is run where it is defined."""
    for one in parse_python(source).body:
        if not isinstance(one, ast.FunctionDef | ast.AsyncFunctionDef) or one.decorator_list:
            return False
        now = [*one.args.defaults, *one.args.kw_defaults, one.returns]
        now += [each.annotation for each in (*one.args.posonlyargs, *one.args.args, *one.args.kwonlyargs)]
        if any(isinstance(node, ast.Name) for part in now if part is not None for node in ast.walk(part)):
            return False
    return True


def _is_sure(statement: Statement) -> bool:
    """Whether a statement binds its names whatever happens."""
    kinds = (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef, ast.Import, ast.ImportFrom, ast.Assign)
    return all(isinstance(one, kinds) for one in parse_python(statement.source).body)


def _with_comments(statement: Statement, lines: Sequence[str]) -> str:
    """Return a statement's text with the comments right above it and behind it."""
    first = statement.line - 1
    above = first
    while above > 0 and lines[above - 1].startswith("#"):
        above -= 1
    source = statement.source
    last = lines[first + source.count("\n")]
    rest = last.rpartition(source.rpartition("\n")[2])[2]
    behind = f"  {rest.strip()}" if rest.strip().startswith("#") else ""
    return "\n".join([*lines[above:first], f"{source.strip()}{behind}"])


def _without_passes(text: str) -> str:
    """Return a cell's text without the lines that are `pass` for a line of IPython's, and imports from `__future__`.

    Those stand at the top of the module.
    """
    lines, body = text.split("\n"), parse_python(text).body
    gone = {one.lineno for one in body if isinstance(one, ast.Pass) and lines[one.lineno - 1].strip() == "pass"}
    for one in body:
        if future_features(one):
            gone.update(range(one.lineno, (one.end_lineno or one.lineno) + 1))
    return "\n".join(line for number, line in enumerate(lines, start=1) if number not in gone)


def joined(pieces: Iterable[Piece]) -> str:
    """Return pieces as the text of a module: two blank lines around functions, neighbours stay neighbours."""
    text, before = "", None
    for piece in pieces:
        if before is None:
            gap = ""
        elif before.is_block or piece.is_block:
            gap = "\n\n\n"
        else:
            gap = "\n" if before.cell and before.cell == piece.cell and piece.line - before.end <= 1 else "\n\n"
        text, before = f"{text}{gap}{piece.text.strip()}", piece
    return text
