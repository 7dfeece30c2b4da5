"""An SQL statement as far as it is written: its tables, its CTEs, and the columns of its queries.

`sql.analyze` wants a whole statement; this reads what there is, and guesses where it isn't finished.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from operator import attrgetter

from odibi_nb.sql.outline import QUERY_WORDS
from odibi_nb.sql.tokens import Token, name_of, tokenize

__all__ = ["CLAUSE_WORDS", "Columns", "Ref", "Statement"]

Columns = Callable[[str], Sequence[str]]
"""Gives the columns of a node; none where it isn't one, or they aren't known."""

# What can't be the alias of a table: it goes on with the statement.
CLAUSE_WORDS = frozenset(
    {
        "ANTI", "AS", "ASOF", "CROSS", "EXCEPT", "FETCH", "FROM", "FULL", "GROUP", "HAVING", "INNER", "INTERSECT",
        "JOIN", "LEFT", "LIMIT", "NATURAL", "OFFSET", "ON", "ORDER", "OUTER", "PIVOT", "POSITIONAL", "QUALIFY", "RIGHT",
        "SAMPLE", "SELECT", "SEMI", "TABLESAMPLE", "UNION", "UNPIVOT", "USING", "WHERE", "WINDOW",
    }
)  # fmt: skip
_ENDS_OF_LIST = frozenset({"FROM", "WHERE", "GROUP", "UNION", "ORDER", "LIMIT", ";"})
_NOTHING = Token("end", "", 0, 0, "")
_WHOLE = -1


@dataclass(frozen=True, slots=True)
class Ref:
    """A table in a FROM. level: the query it stands in, by the token that opens that; body: of a query in parentheses.

    name: "" for a query; alias: "" without one.
    """

    name: str
    alias: str
    level: int
    body: tuple[int, int] | None = None


class Statement:
    """What is written of a statement.

    refs: the tables read, in order. ctes: the names declared in WITH, by folded name, with their bodies.
    """

    def __init__(self, text: str) -> None:
        self._text, self._tokens = text, tokenize(text)
        self._closing: dict[int, int] = {}
        self._levels: list[int] = []
        self._parents: dict[int, int] = {}
        self._match_parentheses()
        self.ctes = dict(self._declared())
        self.refs: list[Ref] = []
        for at, token in enumerate(self._tokens):
            if token.key in {"FROM", "JOIN"}:
                self._read_refs(at + 1)

    def until(self, offset: int) -> list[Token]:
        """Return the tokens before an offset, and a letter there.

        That shows what the letter would be part of: a name, a literal, or (where it is no token) a comment.
        """
        whole = self._tokens[: bisect_left(self._tokens, offset, key=attrgetter("end"))]
        return whole + tokenize(self._text[:offset] + "x", whole[-1].end if whole else 0)

    def visible(self, offset: int) -> list[Ref]:
        """Return the tables whose columns may be named at an offset: those of the query around it, inner ones first."""
        level = next((self._inner(at) for at in reversed(range(len(self._tokens))) if self._starts(at, offset)), _WHOLE)
        found: list[Ref] = []
        while True:
            found += [ref for ref in self.refs if ref.level == level]
            if level == _WHOLE:
                return found
            level = self._parents[level]

    def columns(self, refs: Iterable[Ref], known: Columns) -> list[str]:
        """Return the columns of tables, as far as they are known."""
        seen: dict[tuple[int, int], list[str]] = {}
        return [name for ref in refs for name in self._columns(ref, known, seen)]

    def outputs(self, known: Columns) -> list[str]:
        """Return the columns of the statement's own result, as far as it names them."""
        return self._outputs((0, len(self._tokens)), known, {})

    def _at(self, index: int) -> Token:
        return self._tokens[index] if 0 <= index < len(self._tokens) else _NOTHING

    def _starts(self, index: int, offset: int) -> bool:
        return self._tokens[index].start < offset

    def _inner(self, index: int) -> int:
        """Return the query that what follows a token stands in."""
        if self._tokens[index].key == ")":
            return self._levels[index]
        return index if index in self._parents else self._levels[index]

    def _match_parentheses(self) -> None:
        """Note which query each token stands in, and where parentheses close; the end closes those left open."""
        stack: list[tuple[int, int]] = []
        level = _WHOLE
        for at, token in enumerate(self._tokens):
            if token.key == ")" and stack:
                opened, level = stack.pop()
                self._closing[opened] = at
            self._levels.append(level)
            if token.key == "(":
                stack.append((at, level))
                if self._at(at + 1).key in QUERY_WORDS:
                    self._parents[at] = level
                    level = at
        self._closing.update((opened, len(self._tokens)) for opened, _ in stack)

    def _declared(self) -> Iterator[tuple[str, tuple[int, int]]]:
        """Yield the CTEs: `name [(columns)] AS [[NOT] MATERIALIZED] (`."""
        for at, opened in enumerate(self._tokens):
            before = at - 1
            while self._at(before).key in {"MATERIALIZED", "NOT"}:
                before -= 1
            if opened.key != "(" or at not in self._parents or self._at(before).key != "AS":
                continue
            name = self._name_before(before)
            if name.kind in {"word", "name"}:
                yield name_of(name).casefold(), (at + 1, self._closing[at])

    def _name_before(self, index: int) -> Token:
        """Return the name before an AS, past a list of columns in parentheses."""
        if self._at(index - 1).key != ")":
            return self._at(index - 1)
        opened = next((start for start, end in self._closing.items() if end == index - 1), 0)
        return self._at(opened - 1)

    def _read_refs(self, start: int) -> None:
        """Read the tables from a FROM or JOIN on."""
        at = self._read_ref(start)
        while self._at(at).key == ",":
            at = self._read_ref(at + 1)

    def _read_ref(self, at: int) -> int:
        """Read a table, and return where it ends; what a query in parentheses reads is left to its own FROM."""
        while self._at(at).key == "LATERAL" or (self._at(at).key == "(" and at not in self._parents):
            at += 1  # of a join in parentheses the first one
        level = self._levels[at] if at < len(self._levels) else _WHOLE
        token = self._at(at)
        if token.key == "(":
            after, alias = self._alias(self._closing[at] + 1)
            self.refs.append(Ref("", alias, level, (at + 1, self._closing[at])))
            return after
        if token.kind not in {"word", "name"} or token.key in CLAUSE_WORDS:
            return at
        while self._at(at + 1).key == ".":
            at += 2
        if self._at(at + 1).key == "(":  # a table function
            return self._alias(self._closing[at + 1] + 1)[0]
        after, alias = self._alias(at + 1)
        self.refs.append(Ref(name_of(self._at(at)), alias, level))
        return after

    def _alias(self, at: int) -> tuple[int, str]:
        """Return where a table ends, and its alias; `at`: behind its name."""
        if self._at(at).key == "AS":
            at += 1
        elif self._at(at).key in CLAUSE_WORDS:
            return at, ""
        token = self._at(at)
        if token.kind not in {"word", "name"}:
            return at, ""
        at += 1
        if self._at(at).key == "(":
            at = self._closing[at] + 1
        return at, name_of(token)

    def _columns(self, ref: Ref, known: Columns, seen: dict[tuple[int, int], list[str]]) -> list[str]:
        """Return a table's columns; seen: those of queries by their places, of one that reads itself still []."""
        body = ref.body or self.ctes.get(ref.name.casefold())
        if body is None:
            return list(known(ref.name))
        if body not in seen:
            seen[body] = []
            seen[body] = self._outputs(body, known, seen)
        return seen[body]

    def _outputs(self, body: tuple[int, int], known: Columns, seen: dict[tuple[int, int], list[str]]) -> list[str]:
        """Return the columns of a query, given by its first token and the one behind its last."""
        start, end = body
        level = start - 1 if start - 1 in self._parents else _WHOLE
        tables = [(ref, self._columns(ref, known, seen)) for ref in self.refs if ref.level == level]
        own = (at for at in range(start, end) if self._tokens[at].key == "SELECT" and self._levels[at] == level)
        if (select := next(own, None)) is None:
            return list(dict.fromkeys(name for _, columns in tables for name in columns))
        made = (name for item in self._items(select + 1, end) for name in _made(item, tables))
        return list(dict.fromkeys(made))

    def _items(self, start: int, end: int) -> Iterator[list[Token]]:
        """Yield the items of a select list."""
        depth, item = 0, list[Token]()
        for token in self._tokens[start:end]:
            if depth == 0 and token.key in _ENDS_OF_LIST:
                break
            depth += (token.key in {"(", "[", "{"}) - (token.key in {")", "]", "}"})
            if depth == 0 and token.key == ",":
                yield item
                item = []
            else:
                item.append(token)
        yield item


def _made(item: list[Token], tables: Sequence[tuple[Ref, list[str]]]) -> list[str]:
    """Return the columns that an item of a select list makes; [] where it has no name that shows."""
    star = next((at for at, token in enumerate(item[:3]) if token.key == "*"), None)
    if star is not None and (star == 0 or item[star - 1].key == "."):
        return _starred(item[0] if star else None, item[star + 1 :], tables)
    if not item or item[-1].kind not in {"word", "name"}:
        return []
    before = item[-2] if len(item) > 1 else _NOTHING
    is_named = before.kind != "op" or before.key in {".", ")", "]"}
    return [name_of(item[-1])] if is_named else []


def _starred(table: Token | None, rest: list[Token], tables: Sequence[tuple[Ref, list[str]]]) -> list[str]:
    """Return the columns of `*` or `table.*`; rest: what follows, such as EXCLUDE (a, b)."""
    wanted = name_of(table).casefold() if table else None
    columns = [c for ref, own in tables if wanted in {None, ref.alias.casefold(), ref.name.casefold()} for c in own]
    left_out = {name_of(token).casefold() for token in rest} if rest and rest[0].key == "EXCLUDE" else set()
    return [column for column in columns if column.casefold() not in left_out]
