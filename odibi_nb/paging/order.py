"""The rows that are wanted: sorted by columns, and only those for which filters hold."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from odibi_nb.engine.base import ROW
from odibi_nb.exceptions import UsageError
from odibi_nb.paging.filters import Condition, condition_of
from odibi_nb.sql.quote import quote_name

if TYPE_CHECKING:
    from odibi_nb.engine.schema import Schema

__all__ = ["Compiled", "Order", "WrongFilters", "compile_order"]


class WrongFilters(UsageError):
    """Filters that can't be understood; messages: by the number of their column."""

    def __init__(self, messages: Mapping[int, str]) -> None:
        super().__init__("; ".join(messages.values()), hint="such as > 10, a..b, in (a, b), null, or a part of a text")
        self.messages = dict(messages)


@dataclass(frozen=True, slots=True)
class Order:
    """What somebody wants to see; columns are told by their numbers.

    sort: the first key first, with whether it falls. filters: what is typed into the boxes.
    """

    sort: tuple[tuple[int, bool], ...] = ()
    filters: tuple[tuple[int, str], ...] = ()


@dataclass(frozen=True, slots=True)
class Compiled:
    """An order as SQL; conditions: by column."""

    where: str = ""
    by: str = ""
    values: Mapping[str, Any] = field(default_factory=dict)
    conditions: Mapping[int, Condition] = field(default_factory=dict)


def compile_order(order: Order, schema: Schema) -> Compiled:
    """Return an order as SQL: NULL comes last, whichever way. Raises WrongFilters; their values aren't checked yet."""
    conditions, wrong = dict[int, Condition](), dict[int, str]()
    for number, text in order.filters:
        try:
            if (condition := condition_of(text, schema[number], f"f{number}")) is not None:
                conditions[number] = condition
        except UsageError as exc:
            wrong[number] = f"{exc.message} ({exc.hint})" if exc.hint else exc.message
    if wrong:
        raise WrongFilters(wrong)
    keys = (f"{ROW}.{quote_name(schema[n].name)} {'DESC' if falls else 'ASC'} NULLS LAST" for n, falls in order.sort)
    values = {name: value for one in conditions.values() for name, value in one.values.items()}
    return Compiled(" AND ".join(one.sql for one in conditions.values()), ", ".join(keys), values, conditions)
