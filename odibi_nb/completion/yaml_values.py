"""What may stand at a place in the dialect's YAML: its keys, its words, and names of the workspace."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass

from odibi_nb.completion.known import Known
from odibi_nb.completion.offers import NOTHING, Offer, Offers, beginning_with, of_kind
from odibi_nb.completion.sql import sql_offers
from odibi_nb.completion.statement import Columns
from odibi_nb.completion.targets import target_offers
from odibi_nb.completion.yaml import YamlSpot, yaml_spot
from odibi_nb.formats import format_names
from odibi_nb.sql.operations import OPERATIONS

__all__ = ["Grammar", "yaml_offers"]


@dataclass(frozen=True, slots=True)
class Grammar:
    """What a YAML text may say, by the path of keys that leads to a place.

    keys: those of a mapping there; [] where it has none of its own. words: the values to choose from.
    columns: those that names of columns mean. tables: gives the columns of each table in SQL.
    """

    keys: Callable[[Sequence[str]], Iterable[str]]
    words: Callable[[Sequence[str]], Iterable[str]]
    columns: Callable[[], Sequence[str]] = tuple
    tables: Columns = lambda name: ()


def yaml_offers(text: str, offset: int, known: Known, grammar: Grammar) -> Offers:
    """Return what may stand at an offset of a YAML text."""
    spot = yaml_spot(text, offset)
    if spot is None:
        return NOTHING
    keys = [key for key in grammar.keys(spot.path) if key not in spot.beside]
    if spot.is_key and keys:
        return beginning_with(spot.begun, of_kind("key", (f"{key}: " for key in keys)))
    last = spot.path[-1] if spot.path else ""
    if last == "sql":
        return sql_offers(spot.text, spot.offset, known, grammar.tables, known.nodes())
    if last == "condition":
        return sql_offers(spot.text, spot.offset, known, grammar.tables)
    if last == "path" and "connection" in spot.beside:
        return target_offers(f"{spot.beside['connection']}:{spot.begun}", known, spaces=True)
    return beginning_with(spot.begun, _values(spot, known, grammar))


def _values(spot: YamlSpot, known: Known, grammar: Grammar) -> list[Offer]:
    words = of_kind("value", grammar.words(spot.path))
    rule = _BY_KEY.get(spot.path[-1]) if spot.path else None
    if spot.path[:1] == ("inputs",) and len(spot.path) == 2:
        return of_kind("node", known.nodes())
    return words if rule is None else [*words, *of_kind(rule[0], rule[1](known, grammar))]


_COLUMNS = ("column", lambda known, grammar: grammar.columns())

_BY_KEY: Mapping[str, tuple[str, Callable[[Known, Grammar], Iterable[str]]]] = {
    "connection": ("connection", lambda known, grammar: known.connections()),
    "format": ("format", lambda known, grammar: format_names()),
    "depends_on": ("node", lambda known, grammar: known.nodes()),
    "function": ("function", lambda known, grammar: known.functions()),
    "operation": ("operation", lambda known, grammar: OPERATIONS),
    "tags": ("tag", lambda known, grammar: known.tags()),
    **dict.fromkeys(("column", "columns", "keys", "by", "subset"), _COLUMNS),
}
