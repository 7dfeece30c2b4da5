"""`*` with EXCLUDE, REPLACE and RENAME."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from sqlglot import exp

from odibi_nb.sql.flows import path_of
from odibi_nb.sql.relations import Flow, Output, Rest, Untraceable
from odibi_nb.sql.scopes import Scope

__all__ = ["expanded"]


def expanded(star: exp.Expr, qualifier: str, scope: Scope, replaced: Mapping[str, Flow]) -> Iterator[Output | Rest]:
    """Yield the columns that a star stands for.

    qualifier: that of `t.*`. replaced: the flows of what REPLACE puts in, by name.
    Raises Untraceable where DuckDB has rules of its own.
    """
    if qualifier and not scope.has_alias(qualifier):
        raise Untraceable(f"'{qualifier}' in '{qualifier}.*' is no table of this query")
    change = _Change(star, replaced)
    parts = list(scope.star(qualifier))
    change.check([part.name.casefold() for _, part in parts if isinstance(part, Output)], scope)
    for alias, part in parts:
        yield from change.applied(alias, part)


class _Change:
    """What the words after a star do to its columns."""

    def __init__(self, star: exp.Expr, replaced: Mapping[str, Flow]) -> None:
        self._excluded = [path for one in star.args.get("except_") or () if (path := path_of(one))]
        self._replaced = {name.casefold(): flow for name, flow in replaced.items()}
        self._renamed = {one.this.name.casefold(): one.alias for one in star.args.get("rename") or ()}

    def check(self, names: Sequence[str], scope: Scope) -> None:
        if any(names.count(name) > 1 for name in (*self._replaced, *self._renamed)):
            raise Untraceable("REPLACE or RENAME of a name that two columns have is not traced")
        if any(len(path) > 1 and scope.is_merged(path[-1]) for path in self._excluded):
            raise Untraceable("EXCLUDE of one side of USING is not traced")

    def applied(self, alias: str, part: Output | Rest) -> Iterator[Output | Rest]:
        """Yield what is left of a part of the table of this alias."""
        excluded = {path[-1].casefold() for path in self._excluded if len(path) == 1 or path[0].casefold() == alias}
        if isinstance(part, Rest):
            yield from self._applied_to_rest(part.hiding(excluded))
        elif (name := part.name.casefold()) not in excluded:
            yield Output(self._renamed.get(name, part.name), self._replaced.get(name, part.flow), part.named)

    def _applied_to_rest(self, rest: Rest) -> Iterator[Output | Rest]:
        yield rest.hiding([*self._replaced, *self._renamed])
        yield from (Output(name, flow) for name, flow in self._replaced.items() if rest.may_have(name))
        yield from (Output(new, rest.flow(old)) for old, new in self._renamed.items() if rest.may_have(old))
