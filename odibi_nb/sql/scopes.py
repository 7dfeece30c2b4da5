"""What names mean inside one SELECT: its tables, joins by USING, aliases of its own, and what stands around it.

The rules are DuckDB's. Where a table's columns aren't known, a name is taken for one of them only if it can be
nothing else, provided that DuckDB accepts the query.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

from odibi_nb.sql.relations import Flow, Output, Relation, Rest, Untraceable

__all__ = ["Found", "Scope"]


class Found(NamedTuple):
    """What a name means.

    known: it is listed; else it has to be a column of a table whose columns aren't. name: as its table spells it.
    """

    flow: Flow
    known: bool
    name: str = ""


@dataclass(frozen=True, slots=True)
class _Source:
    """A table in FROM; alias: folded."""

    alias: str
    relation: Relation


@dataclass(frozen=True, slots=True)
class _Merged:
    """A column that USING makes of several; name: folded. sources: positions of those that it stands for."""

    name: str
    sources: frozenset[int]
    flow: Flow


class Scope:
    """The names that a query's expressions may use.

    around: the scope in which the query stands; its names are visible here, after the own ones.
    ctes: relations by folded name. aliases: flows of the select list so far, by folded name.
    windows: definitions of the WINDOW clause, by folded name.
    """

    def __init__(self, around: Scope | None = None) -> None:
        self._around = around
        self._sources: list[_Source] = []
        self._merged: list[_Merged] = []
        self.ctes: dict[str, Relation] = {}
        self.aliases: dict[str, Flow] = {}
        self.windows: dict[str, Any] = {}

    def __len__(self) -> int:
        return len(self._sources)

    def add(self, alias: str, relation: Relation) -> None:
        """Add a table of FROM; alias: "" for one that can't be named."""
        self._sources.append(_Source(alias.casefold(), relation))

    def cte(self, name: str) -> Relation | None:
        """Return the CTE of a name, the innermost first."""
        found = self.ctes.get(name.casefold())
        return found if found is not None or self._around is None else self._around.cte(name)

    def window(self, name: str) -> Any:
        """Return the definition of a named window, or None."""
        return self.windows.get(name.casefold())

    def join_using(self, names: Sequence[str], left: range, right: range, *, side: str) -> None:
        """Make one column of those on both sides, as JOIN … USING does; left, right: positions of the sources."""
        for name in names:
            ours, theirs = self._one_side(name, left), self._one_side(name, right)
            flow = {"RIGHT": theirs.flow, "FULL": Flow.merged([ours.flow, theirs.flow])}.get(side, ours.flow)
            self._merged = [one for one in self._merged if one not in (ours, theirs)]
            self._merged.append(_Merged(name.casefold(), ours.sources | theirs.sources, flow))

    def common_names(self, left: range, right: range) -> list[str]:
        """Return the names that NATURAL JOIN joins by, in order."""
        ours, theirs = (self._all(positions) for positions in (left, right))
        folded = {one.name.casefold() for one in theirs}
        return list(dict.fromkeys(one.name for one in ours if one.name.casefold() in folded))

    def star(self, qualifier: str = "") -> Iterator[tuple[str, Output | Rest]]:
        """Yield what `*` or `qualifier.*` stands for, each with the alias of its table."""
        shown: list[_Merged] = []
        for position, source in enumerate(self._sources):
            if qualifier and source.alias != qualifier.casefold():
                continue
            merged = {} if qualifier else {one.name: one for one in self._merged if position in one.sources}
            for part in _with_open_columns(source.relation.parts, merged):
                one = merged.get(part.name.casefold()) if isinstance(part, Output) else None
                if one is None:
                    yield source.alias, part
                elif one not in shown and isinstance(part, Output):
                    shown.append(one)
                    yield "", Output(part.name, one.flow)

    def is_merged(self, name: str) -> bool:
        """Whether USING has made this column."""
        return any(one.name == name.casefold() for one in self._merged)

    def find(self, path: Sequence[str]) -> Found | None:
        """Return what a dotted name means; None when it means nothing here. A field counts as its whole column."""
        return self._qualified(path) or self._unqualified(path) or self._outside(path)

    def has_alias(self, *names: str) -> bool:
        """Whether one of these names is that of a table in FROM."""
        return not {name.casefold() for name in names}.isdisjoint(one.alias for one in self._sources)

    def _qualified(self, path: Sequence[str]) -> Found | None:
        for source in self._sources if len(path) > 1 else ():
            if source.alias == path[0].casefold():
                listed, flow = source.relation.listed(path[1]), source.relation.find(path[1])
                return _found(flow, listed) if flow is not None else None
        return None

    def _unqualified(self, path: Sequence[str]) -> Found | None:
        found = self._column(path[0])
        if found is None:
            return self._row(path[0]) if len(path) == 1 else None
        if not found.known and self.has_alias(*path[1:]):  # main.sales.amount, or a field of a column `main`?
            return Found(Flow(unknown=(f"'{'.'.join(path)}' may be a column or a field",)), known=False)
        return found

    def _column(self, name: str) -> Found | None:
        """A listed column wins: if another table had it too, DuckDB would refuse the name."""
        folded = name.casefold()
        if merged := [one for one in self._merged if one.name == folded]:
            return Found(merged[0].flow, known=True)
        found = [(one.relation.find(name), one.relation.listed(name)) for one in self._sources]
        possible = [(flow, listed) for flow, listed in found if flow is not None]
        if sure := [_found(flow, listed) for flow, listed in possible if listed is not None]:
            return sure[0]
        alias = self.aliases.get(folded)
        if not possible:
            return Found(alias, known=True) if alias is not None else None
        if len(possible) > 1 or alias is not None or self.has_alias(name) or self._is_known_outside(name):
            doubt = f"'{name}' can't be told apart: not all columns of its tables are known"
            return Found(Flow(unknown=(doubt,)), known=False)
        return _found(*possible[0])

    def _row(self, name: str) -> Found | None:
        """A table's name alone stands for its whole row."""
        for source in self._sources:
            if source.alias == name.casefold():
                why_open = source.relation.why_open
                unknown = Flow(unknown=(why_open,)) if why_open else Flow()
                return Found(Flow.merged([*(one.flow for one in source.relation.outputs), unknown]), known=True)
        return None

    def _outside(self, path: Sequence[str]) -> Found | None:
        return self._around.find(path) if self._around is not None else None

    def _is_known_outside(self, name: str) -> bool:
        return self._around is not None and self._around.find([name]) is not None

    def _one_side(self, name: str, positions: range) -> _Merged:
        """Return a side's column for USING, be it a merged one already."""
        folded = name.casefold()
        for one in self._merged:
            if one.name == folded and one.sources <= set(positions):
                return one
        relations = {position: self._sources[position].relation for position in positions}
        having = [at for at, relation in relations.items() if relation.listed(name)]
        having = having or [at for at, relation in relations.items() if relation.find(name)]
        if not having:
            raise Untraceable(f"there is no column '{name}' to join by")
        flow = relations[having[0]].find(name) if len(having) == 1 else None
        if flow is None:
            raise Untraceable(f"USING ({name}) can't be told apart: not all columns of its tables are known")
        return _Merged(folded, frozenset(having), flow)

    def _all(self, positions: range) -> list[Output]:
        relations = [self._sources[position].relation for position in positions]
        if not all(relation.is_closed for relation in relations):
            raise Untraceable("NATURAL JOIN joins by the columns of its tables, which aren't all known")
        return [one for relation in relations for one in relation.outputs if one.named]


def _found(flow: Flow, listed: Output | None) -> Found:
    return Found(flow, listed is not None, listed.name if listed is not None else "")


def _with_open_columns(parts: Sequence[Output | Rest], merged: dict[str, _Merged]) -> Iterator[Output | Rest]:
    """Yield a table's parts, a column of USING that isn't listed before the rest that has it."""
    listed = {part.name.casefold() for part in parts if isinstance(part, Output)}
    for part in parts:
        if isinstance(part, Rest):
            own = [one for name, one in merged.items() if name not in listed and part.may_have(name)]
            yield from (Output(one.name, one.flow) for one in own)
            yield part.hiding(one.name for one in own)
        else:
            yield part
