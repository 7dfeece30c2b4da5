"""A few rows of each source of a graph, chosen by key so that the joins below them find their rows."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager
from typing import TYPE_CHECKING, NamedTuple

from odibi_nb.engine.base import Query, Readers
from odibi_nb.exceptions import plural
from odibi_nb.sql import analyze
from odibi_nb.sql.quote import quote_name
from odibi_nb.workspaces.key_names import is_key_name
from odibi_nb.workspaces.sampling import columns_by_fold, matches
from odibi_nb.workspaces.source_joins import Join

if TYPE_CHECKING:
    from odibi_nb.engine.base import Dataset, Engine

__all__ = ["SourceSampler"]

_LOOKED_AT = 10
"""So many times the rows wanted are looked at to tell whether a key is unique."""


class _Link(NamedTuple):
    """A column of a source, and the one of chosen rows that it has to match."""

    own: str
    other: str
    other_column: str


class SourceSampler:
    """Chooses the first rows of the largest source, and of the others those that match; small ones are taken whole.

    sizes: how large the sources are, in whatever unit. rows: about so many of each. blaming: gives a block in which a
    source is read, for errors. notes: what was chosen, and why.
    """

    def __init__(
        self,
        engine: Engine,
        sources: Mapping[str, Dataset],
        joins: Sequence[Join],
        sizes: Mapping[str, float],
        *,
        rows: int,
        blaming: Callable[[str], AbstractContextManager[None]],
    ) -> None:
        self._engine, self._sources, self._joins, self._sizes = engine, sources, joins, sizes
        self._rows, self._blaming = rows, blaming
        self.notes: list[str] = []

    def choose(self) -> dict[str, Dataset]:
        """Return the chosen rows by source."""
        first = {name: self._first(name, data) for name, data in self._sources.items()}
        whole = {name: data for name, data in first.items() if data.count() <= self._rows}
        large = sorted(first.keys() - whole.keys(), key=lambda name: (-self._sizes.get(name, 0), name))
        chosen, alone = self._led(large, first)
        if alone is not None:  # the first rows of the largest are none that it has to do with
            self.notes.clear()
            chosen, _ = self._led(large, first, partner=alone)
        self.notes += [f"{name}: whole, {plural(data.count(), 'row')}" for name, data in whole.items()]
        return {name: chosen.get(name) or whole[name] for name in self._sources}

    def _led(
        self, large: Sequence[str], first: Mapping[str, Dataset], *, partner: str | None = None
    ) -> tuple[dict[str, Dataset], str | None]:
        """Return chosen rows, those of the largest source first; and a source that is joined to it and has no match.

        partner: a source that the rows of the largest one have to match.
        """
        waiting, alone = list(large), None
        chosen: dict[str, Dataset] = {}
        while waiting:
            name = next((one for one in waiting if any(self._links(one, chosen))), waiting[0])
            waiting.remove(name)
            given = chosen or ({partner: self._sources[partner]} if partner is not None else {})
            links = list(self._links(name, given))
            with self._blaming(name):
                found = self._matching(name, links, given) if links else None
            if found is not None and found.count():
                names = dict.fromkeys(f"{link.own} of {link.other}" for link in links)
                self.notes.append(f"{name}: {plural(found.count(), 'row')} that match by {', '.join(names)}")
                rows = found if chosen else self._query(f"SELECT * FROM df LIMIT {self._rows}", {"df": found})
                chosen[name] = self._with_own(name, rows)
                continue
            alone = name if links and alone is None and any(link.other == large[0] for link in links) else alone
            apart = "; no row matches those of the others" if links else "; nothing joins it to the others"
            self.notes.append(f"{name}: its first {self._rows:,} rows{apart if chosen else ''}")
            rows = self._query(f"SELECT * FROM df LIMIT {self._rows}", {"df": first[name]})
            chosen[name] = self._with_own(name, rows)
        return chosen, alone

    def _matching(self, name: str, links: Sequence[_Link], chosen: Mapping[str, Dataset]) -> Dataset:
        """Return the rows that the chosen ones refer to; of those that refer to chosen ones, what finds all of them.

        A row that is referred to by its unique key is wanted by whoever refers to it, one that refers to several
        others is of use only where they all are.
        """
        data = self._sources[name]
        aliases = {other: f"chosen_{at}" for at, other in enumerate(dict.fromkeys(link.other for link in links))}
        inputs = {"df": data, **{alias: chosen[other] for other, alias in aliases.items()}}
        conditions = [
            matches(aliases[link.other], (link.other_column, chosen[link.other]), (link.own, data)) for link in links
        ]
        most = _LOOKED_AT * self._rows + 1
        found = self._query(f"SELECT * FROM df WHERE {' OR '.join(conditions)} LIMIT {most}", inputs)
        referring = [one for one, link in zip(conditions, links, strict=True) if not self._is_unique(found, link.own)]
        if not referring:
            return found if found.count() < most else self._query(f"SELECT * FROM df LIMIT {self._rows}", {"df": found})
        return self._query(f"SELECT * FROM df WHERE {' AND '.join(referring)} LIMIT {self._rows}", inputs)

    def _is_unique(self, data: Dataset, column: str) -> bool:
        name = quote_name(column)
        query = f"SELECT count({name}) = count(DISTINCT {name}) FROM"
        return bool(self._engine.inspect(data, lambda table, run: run(f"{query} {table}")[0][0]))

    def _links(self, name: str, chosen: Mapping[str, Dataset]) -> Iterator[_Link]:
        """Yield what ties a source to chosen rows: what SQL sets equal; where it doesn't, keys of one name."""
        own = columns_by_fold(self._sources[name])
        found = [link for other, data in chosen.items() for link in self._joined(name, own, other, data)]
        if found:
            yield from dict.fromkeys(found)
            return
        for other, data in chosen.items():
            shared = ((column, own[fold]) for fold, column in columns_by_fold(data).items() if fold in own)
            yield from (_Link(mine, other, theirs) for theirs, mine in shared if is_key_name(mine))

    def _joined(self, name: str, own: Mapping[str, str], other: str, data: Dataset) -> Iterator[_Link]:
        theirs = columns_by_fold(data)
        for left, right in self._joins:
            for mine, others in ((left, right), (right, left)):
                here = [own[one.column] for one in mine if one.source == name and one.column in own]
                there = [theirs[one.column] for one in others if one.source == other and one.column in theirs]
                yield from (_Link(column, other, other_column) for column in here for other_column in there)

    def _with_own(self, name: str, rows: Dataset) -> Dataset:
        """Return chosen rows with those that belong to them, where a source is joined to itself."""
        data = self._sources[name]
        found = self._joined(name, columns_by_fold(data), name, rows)
        links = [link for link in dict.fromkeys(found) if link.own != link.other_column]
        keys = [link for link in links if self._is_unique(rows, link.own)] or links
        if not keys:
            return rows
        pairs = [(link.own, link.other_column) for link in keys]
        own = keys[0].own  # tells the chosen rows themselves
        same = [matches("chosen", (column, rows), (key, data)) for key, column in dict.fromkeys([(own, own), *pairs])]
        most = rows.count() * len(same)
        both = self._query(f"SELECT * FROM df WHERE {' OR '.join(same)} LIMIT {most}", {"df": data, "chosen": rows})
        if (more := both.count() - rows.count()) <= 0:
            return rows
        columns = ", ".join(dict.fromkeys(" = ".join(sorted(pair)) for pair in pairs))
        self.notes.append(f"{name}: {plural(more, 'more row')} that belong to these by {columns}")
        return both

    def _first(self, name: str, data: Dataset) -> Dataset:
        """Return one row more than wanted, which tells whether there are more."""
        with self._blaming(name):
            return self._query(f"SELECT * FROM df LIMIT {self._rows + 1}", {"df": data})

    def _query(self, sql: str, inputs: Mapping[str, Dataset]) -> Dataset:
        query = Query("odibi sample", analyze(sql), inputs, readers=Readers(overrule="table"), private=True)
        return self._engine.query(query)
