"""One pass over a query's tokens: its scopes, the tables read in each, and what each clause does to the rows.

DuckDB's own parser accepts the text, here or when it runs: so the words that open clauses are reserved and
parentheses match, and to follow those two is enough to tell every table from a CTE. Another parser would refuse
some of what DuckDB takes, and costs ten times as much.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from odibi_nb.sql.functions import AGGREGATES, ROW_MAKERS, VOLATILE_WORDS
from odibi_nb.sql.places import error_at
from odibi_nb.sql.reads import Reads
from odibi_nb.sql.tokens import Token, name_of

__all__ = ["QUERY_WORDS", "Frame", "Outline"]

_PIVOTS = frozenset({"PIVOT", "PIVOT_WIDER", "UNPIVOT", "PIVOT_LONGER"})
_ABOUT_TABLES = frozenset({"SUMMARIZE", "DESCRIBE", "DESC", "SHOW"})
QUERY_WORDS = frozenset({"SELECT", "FROM", "WITH", "VALUES", "TABLE"}) | _PIVOTS | _ABOUT_TABLES
_SET_WORDS = frozenset({"UNION", "INTERSECT", "EXCEPT"})
_BLOCKING_WORDS = frozenset({"GROUP", "HAVING", "ORDER", "LIMIT", "OFFSET", "FETCH", "QUALIFY", "WINDOW", "DISTINCT"})
_ENDS_OF_FROM = _BLOCKING_WORDS | {"SELECT", "WHERE"}
_CLAUSE_WORDS = _ENDS_OF_FROM | {"ON", "USING", "PIVOT", "UNPIVOT"}
_WRITING_WORDS = frozenset({"INSERT", "UPDATE", "DELETE", "MERGE"})
_CATALOGS = frozenset({"TABLES", "ALL", "DATABASES", "SCHEMAS", "VARIABLES"})
_NOTHING = Token("end", "", 0, 0, "")


@dataclass(slots=True)
class Frame:
    """A pair of parentheses, or the whole text, while it is read.

    kind: query, refs (a join in parentheses) or plain (anything else). expects: what has to come next in it:
    query, ref, ref-or-query, cte, or "". role: what it is to the frame around it: source, cte or expression.
    owner: the query that a plain frame's expressions belong to. label: the word that introduces the next table.
    sources: the inputs, None for those that are not a table outside the text. cte: the one being declared.
    ctes: those visible from here on, by folded name, and whether they block.
    """

    kind: str
    expects: str = ""
    role: str = "expression"
    owner: Frame | None = None
    label: str = "FROM"
    clause: str = ""
    blocks: bool = False
    recursive: bool = False
    cte: str = ""
    words: set[str] = field(default_factory=set)
    sources: list[str | None] = field(default_factory=list)
    ctes: dict[str, bool] = field(default_factory=dict)


class Outline:
    """The reader of a text's tokens; `reads` gathers over all that it has read."""

    def __init__(self, text: str, tokens: Sequence[Token]) -> None:
        self.reads = Reads(text, tokens)
        self._text = text
        self._tokens = tokens
        self._frames: list[Frame] = []
        self._next = 0

    def query(self, start: int, end: int) -> Frame:
        """Read a query, the tokens from `start` to `end`; return its outermost frame."""
        return self._read(start, end, Frame("query", expects="query"))

    def expression(self, start: int, end: int) -> Frame:
        """Read an expression likewise."""
        return self._read(start, end, Frame("plain"))

    def _read(self, start: int, end: int, base: Frame) -> Frame:
        self._frames, self._next = [base], start
        while self._next < end:
            index = self._next
            self._next += 1
            self._step(index, self._tokens[index], self._frames[-1])
        return base

    def _step(self, index: int, token: Token, frame: Frame) -> None:
        if token.key in {"(", "[", "{"}:
            self._open(index, frame)
        elif token.key in {")", "]", "}"}:
            self._close()
        elif frame.expects in {"ref", "ref-or-query"}:
            self._reference(index, token, frame)
        elif token.key == ",":
            self._comma(frame)
        elif token.kind in {"word", "name"}:
            self._name(index, token, frame)

    def _at(self, index: int) -> Token:
        return self._tokens[index] if 0 <= index < len(self._tokens) else _NOTHING

    def _open(self, index: int, frame: Frame) -> None:
        child = self._child(index, frame)
        if child.kind == "plain":
            child.owner = frame.owner or frame
        if child.role == "source":
            frame.sources.append(None)
            frame.expects = ""
        self._frames.append(child)

    def _child(self, index: int, frame: Frame) -> Frame:
        before, opens_query = self._at(index - 1).key, self._opens_query(index + 1)
        if self._tokens[index].key != "(":
            return Frame("plain")
        if frame.clause == "WITH" and before in {"AS", "MATERIALIZED"}:
            return Frame("query", expects="query", role="cte")
        if frame.expects == "query" or (frame.expects in {"ref", "ref-or-query"} and opens_query):
            return Frame("query", expects="query", role="source")
        if frame.expects in {"ref", "ref-or-query"}:
            return Frame("refs", expects="ref", role="source", label=frame.label)
        if opens_query and before != "TRIM":  # trim(FROM x) is a call
            return Frame("query", expects="query")
        return Frame("plain")

    def _opens_query(self, index: int) -> bool:
        key = self._at(index).key
        return key in QUERY_WORDS and (key != "VALUES" or self._at(index + 1).key == "(")

    def _close(self) -> None:
        child, frame = self._frames.pop(), self._frames[-1]
        if child.role == "source":
            frame.blocks |= child.blocks
        elif child.role == "cte":
            frame.ctes[frame.cte] = child.blocks or frame.recursive
            frame.expects = "query"

    def _comma(self, frame: Frame) -> None:
        if frame.clause == "WITH":
            frame.expects = "cte"
        elif frame.kind == "refs" or frame.clause == "FROM":
            frame.expects, frame.label = "ref", "FROM"

    def _name(self, index: int, token: Token, frame: Frame) -> None:
        if frame.expects == "cte":
            self._declare_cte(index, token, frame)
            return
        if self._at(index + 1).key == "(":
            self._call(index, token, frame.owner or frame)
        # After AS, a dot or a colon even a reserved word is but a name, or a type.
        if token.kind == "word" and self._at(index - 1).key not in {"AS", ".", ":"}:
            self._keyword(index, token.key, frame)

    def _declare_cte(self, index: int, token: Token, frame: Frame) -> None:
        if token.key == "RECURSIVE" and self._at(index + 1).key not in {"AS", "("}:
            frame.recursive = True
            return
        frame.cte, frame.expects = name_of(token).casefold(), ""
        if frame.recursive:  # only then does its own body see it
            frame.ctes[frame.cte] = True

    def _call(self, index: int, token: Token, query: Frame) -> None:
        function = name_of(token).lower()
        if function in AGGREGATES:
            query.blocks = True
        if function in AGGREGATES or function in ROW_MAKERS:
            query.words.add(function)
        self.reads.call(index)

    def _keyword(self, index: int, key: str, frame: Frame) -> None:
        if key.lower() in VOLATILE_WORDS:
            self.reads.volatile[key.lower()] = None
        elif key == "OVER" and self._at(index - 1).key == ")":
            (frame.owner or frame).blocks = True
        elif key in _SET_WORDS and not self._excludes(index):
            self._set_operation(index, key, frame)
        elif frame.expects == "query":
            self._open_query(index, key, frame)
        elif frame.kind != "plain":
            self._clause(index, key, frame)

    def _excludes(self, index: int) -> bool:
        return self._at(index - 1).key == "*" and self._at(index + 1).key == "("  # * EXCEPT (a)

    def _set_operation(self, index: int, key: str, frame: Frame) -> None:
        frame.blocks |= key != "UNION" or self._at(index + 1).key != "ALL"
        frame.words.add(key)
        frame.kind, frame.expects, frame.clause, frame.owner = "query", "query", "", None

    def _open_query(self, index: int, key: str, frame: Frame) -> None:
        if key in _WRITING_WORDS:
            hint = "SQL only reads here; rows are written by a node with --write CONN:PATH"
            raise error_at(self._text, self._tokens[index].start, f"{key} can't stand in a query", hint=hint)
        if key not in QUERY_WORDS:  # ALL, BY NAME
            return
        frame.words.add(key)
        frame.clause = frame.label = key
        frame.blocks |= key == "SUMMARIZE" or key.startswith("PIVOT")
        self.reads.pivots |= key.startswith("PIVOT")
        if key in _ABOUT_TABLES:
            frame.expects = "ref-or-query"
        else:
            frame.expects = {"WITH": "cte", "SELECT": "", "VALUES": ""}.get(key, "ref")

    def _clause(self, index: int, key: str, frame: Frame) -> None:
        if key == "JOIN":
            frame.words.add(key)
            frame.expects, frame.label = "ref", key
        elif key == "FROM" and not self._compares(index):
            frame.words.add(key)
            frame.clause, frame.label, frame.expects = key, key, "ref"
        elif key == "TABLESAMPLE" or (key == "SAMPLE" and self._at(index - 1).key == "USING"):
            self.reads.volatile["sample"] = None
            frame.words.add(key)
            frame.blocks = True
        elif key in _CLAUSE_WORDS and not (key == "DISTINCT" and self._compares(index + 1)):
            frame.words.add(key)
            frame.blocks |= key in _BLOCKING_WORDS or key == "PIVOT"
            frame.clause = key if key in _ENDS_OF_FROM else frame.clause

    def _compares(self, index: int) -> bool:
        # x IS [NOT] DISTINCT FROM y; index: FROM's
        return self._at(index - 1).key == "DISTINCT" and self._at(index - 2).key in {"IS", "NOT"}

    def _reference(self, index: int, token: Token, frame: Frame) -> None:
        if token.key == "LATERAL":
            return
        if self._at(index + 1).key == ":":  # FROM alias: table
            self._next = index + 2
            return
        expected, frame.expects = frame.expects, ""
        if expected == "ref-or-query" and self._opens_query(index):
            self._open_query(index, token.key, frame)
        elif token.key in _CLAUSE_WORDS or token.key in _SET_WORDS:  # after a trailing comma
            self._keyword(index, token.key, frame)
        else:
            frame.sources.append(self._source(token, frame))

    def _source(self, token: Token, frame: Frame) -> str | None:
        """Read what stands in FROM, from `token` on; return its name if it is a table outside the text."""
        parts = [token]
        while self._at(self._next).key == ".":
            parts.append(self._at(self._next + 1))
            self._next += 2
        if self._at(self._next).key == "(":
            self.reads.call(self._next - 1)
            return None
        if len(parts) > 1:
            self.reads.qualified(parts)
            return None
        return self._single(token, frame)

    def _single(self, token: Token, frame: Frame) -> str | None:
        if frame.label == "SHOW" and token.key in _CATALOGS:
            message = f"SHOW {token.key} lists a database, not a node's rows"
            raise error_at(self._text, token.start, message, hint="%odibi ls lists the nodes")
        if token.kind != "text":
            name = name_of(token).casefold()
            for scope in reversed(self._frames):
                if name in scope.ctes:
                    frame.blocks |= scope.ctes[name]
                    return None
        return self.reads.named(token, frame.label)
