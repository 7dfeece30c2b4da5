"""What a query gives, column by column, and where each value comes from; nothing here knows SQL's grammar."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace

__all__ = ["Flow", "Origin", "Output", "Owner", "Relation", "Rest", "Untraceable", "leaf"]


class Untraceable(Exception):
    """Why a query, or a part of it, can't be followed; its text says so to the reader."""


@dataclass(frozen=True, slots=True)
class Owner:
    """What has columns of its own: a table, a file, or whatever kind the caller makes up."""

    kind: str
    name: str

    def __str__(self) -> str:
        return self.name


@dataclass(frozen=True, slots=True)
class Origin:
    """A column that a value comes from."""

    owner: Owner
    column: str

    @property
    def key(self) -> tuple[Owner, str]:
        """What two spellings of one column have in common."""
        return self.owner, self.column.casefold()


@dataclass(frozen=True, slots=True)
class Flow:
    """Where a value comes from; nothing at all of a constant.

    origins: for certain. likely: perhaps. unknown: reasons why there may be more. type: of a column that is
    passed on as it is, where known.
    """

    origins: tuple[Origin, ...] = ()
    likely: tuple[Origin, ...] = ()
    unknown: tuple[str, ...] = ()
    type: str = ""

    @classmethod
    def merged(cls, flows: Iterable[Flow]) -> Flow:
        """Return the flow of a value that is made of several."""
        found = list(flows)
        if len(found) == 1:
            return replace(found[0], type="")
        origins = {origin.key: origin for flow in found for origin in flow.origins}
        likely = {origin.key: origin for flow in found for origin in flow.likely if origin.key not in origins}
        unknown = dict.fromkeys(reason for flow in found for reason in flow.unknown)
        return cls(tuple(origins.values()), tuple(likely.values()), tuple(unknown))


@dataclass(frozen=True, slots=True)
class Output:
    """A column of a relation. named: the query says its name; else DuckDB makes one up, and `name` is a label."""

    name: str
    flow: Flow
    named: bool = True


@dataclass(frozen=True, slots=True)
class Rest:
    """Columns that there are and whose names nobody knows.

    reason: why. owners: each column comes from that of the same name here. hidden: names that these surely don't
    have, folded. likely_in: relations whose columns of the same name are likely origins.
    """

    reason: str
    owners: tuple[Owner, ...] = ()
    hidden: frozenset[str] = frozenset()
    likely_in: tuple[Relation, ...] = ()

    def may_have(self, name: str) -> bool:
        return name.casefold() not in self.hidden

    def hiding(self, names: Iterable[str]) -> Rest:
        """Return the same without the columns of these names."""
        return replace(self, hidden=self.hidden | {name.casefold() for name in names})

    def flow(self, name: str) -> Flow:
        """Return where a column of this name comes from, if there is one."""
        if self.owners:
            return Flow(tuple(Origin(owner, name) for owner in self.owners))
        below = [one.flow for relation in self.likely_in if (one := relation.listed(name)) is not None]
        return Flow(likely=Flow.merged(below).origins, unknown=(self.reason,))


@dataclass(frozen=True, slots=True)
class Relation:
    """What a query, table or file gives: its columns in order, among them what is not known of them."""

    parts: tuple[Output | Rest, ...]

    @property
    def outputs(self) -> tuple[Output, ...]:
        """The columns that are known."""
        return tuple(part for part in self.parts if isinstance(part, Output))

    @property
    def rests(self) -> tuple[Rest, ...]:
        return tuple(part for part in self.parts if isinstance(part, Rest))

    @property
    def is_closed(self) -> bool:
        """Whether all columns are known."""
        return not self.rests

    def listed(self, name: str) -> Output | None:
        """Return a column if it is known to be one."""
        return next((one for one in self.outputs if one.named and _same(one.name, name)), None)

    def find(self, name: str, *, unique: bool = False) -> Flow | None:
        """Return the flow of a column; None when there is surely none.

        unique: no two columns have one name, as in a node's result; else the first of them keeps it.
        """
        doubtful: list[Rest] = []
        for part in self.parts:
            if isinstance(part, Rest):
                doubtful += [part] if part.may_have(name) else []
            elif part.named and _same(part.name, name):
                return part.flow if unique or not doubtful else _either(name, doubtful)
        if len(doubtful) == 1:
            return doubtful[0].flow(name)
        if doubtful:
            return _either(name, doubtful)
        if not all(one.named for one in self.outputs):
            return Flow(unknown=(f"'{name}' may be a name that DuckDB has made up",))
        return None

    def with_names(self, names: Sequence[str]) -> Relation:
        """Return the relation with its first columns named anew, as by an alias with columns."""
        if not names:
            return self
        first = self.parts[: len(names)]
        if len(first) < len(names) or any(isinstance(part, Rest) for part in first):
            raise Untraceable(f"columns are named {', '.join(names)}, and {self.why_open or 'there are fewer'}")
        named = [Output(name, part.flow) for name, part in zip(names, first, strict=True) if isinstance(part, Output)]
        return Relation((*named, *self.parts[len(names) :]))

    def as_table(self) -> Relation:
        """Return the relation as an outer query sees it: of columns with one name the second gets a number."""
        seen: set[str] = set()
        return Relation(tuple(_numbered(part, seen) for part in self.parts))

    @property
    def why_open(self) -> str:
        """Why not all columns are known; empty when they are."""
        return "; ".join(dict.fromkeys(rest.reason for rest in self.rests))


def leaf(
    owners: Iterable[Owner], columns: Iterable[tuple[str, str]] | None, *, reason: str = "", unnamed: Iterable[str] = ()
) -> Relation:
    """Return something to read from.

    columns: names and types; None when they aren't known, for this reason. owners: mostly one; several files
    that are read as one. unnamed: those of the columns whose name is but a label.
    """
    named, labels = tuple(owners), frozenset(unnamed)
    if columns is None:
        return Relation((Rest(reason, named),))
    return Relation(tuple(_leaf_outputs(named, columns, labels)))


def _leaf_outputs(
    owners: Sequence[Owner], columns: Iterable[tuple[str, str]], labels: frozenset[str]
) -> Iterator[Output]:
    for name, type_ in columns:
        yield Output(name, Flow(tuple(Origin(owner, name) for owner in owners), type=type_), name not in labels)


def _either(name: str, rests: Iterable[Rest]) -> Flow:
    reasons = "; ".join(dict.fromkeys(rest.reason for rest in rests))
    return Flow(unknown=(f"'{name}' may be one of several columns: {reasons}",))


def _numbered(part: Output | Rest, seen: set[str]) -> Output | Rest:
    if isinstance(part, Rest) or not part.named:
        return part
    name, number = part.name, 0
    while name.casefold() in seen:
        number += 1
        name = f"{part.name}_{number}"
    seen.add(name.casefold())
    return replace(part, name=name)


def _same(name: str, other: str) -> bool:
    return name.casefold() == other.casefold()
