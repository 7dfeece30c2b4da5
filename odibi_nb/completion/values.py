"""What the words and options of a line may be, by the names that help pages give them."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass

from odibi_nb.cells.expectations import EXPECTATIONS
from odibi_nb.cells.option_parser import Option, OptionParser
from odibi_nb.commands.settings import SETTINGS
from odibi_nb.commands.table import commands_at
from odibi_nb.completion.known import Known
from odibi_nb.completion.lines import LineSpot, line_spot
from odibi_nb.completion.offers import NOTHING, Offer, Offers, beginning_with, of_kind
from odibi_nb.completion.sql import sql_offers
from odibi_nb.completion.targets import target_offers
from odibi_nb.formats import format_names
from odibi_nb.workspaces.selectors import STATES

__all__ = ["LineAround", "line_offers"]


@dataclass(frozen=True, slots=True)
class LineAround:
    """What a line stands among; columns: gives those that its node may have, as far as they are known."""

    known: Known
    columns: Callable[[], Sequence[str]] = tuple


def line_offers(parser: OptionParser, line: str, around: LineAround) -> Offers:
    """Return what may stand at the end of a line; `line` is what stands before the cursor."""
    spot = line_spot(parser, line)
    if spot.option is not None and spot.option.choices:
        return beginning_with(spot.begun, of_kind("value", spot.option.choices))
    by_name = _VALUES.get(spot.option.name) if spot.option is not None else None
    value = (by_name or _VALUES.get(spot.wants.upper(), _nothing))(spot, around)
    options = beginning_with(spot.begun, map(_as_offer, spot.others))
    if value.fragment != spot.begun:  # a part of the word: no option could go on from there
        return value
    return Offers(spot.begun, (*value.found, *options.found))


def _as_offer(option: Option) -> Offer:
    return Offer(option.name, "option")


def _names(kind: str, names: Callable[[LineAround], Iterable[str]]) -> Callable[[LineSpot, LineAround], Offers]:
    """Make a rule for a plain list of names; those given already aren't offered again."""

    def rule(spot: LineSpot, around: LineAround) -> Offers:
        given = {*spot.words, *(spot.values.get(spot.option.field, ()) if spot.option else ())}
        return beginning_with(spot.begun, of_kind(kind, (name for name in names(around) if name not in given)))

    return rule


def _new_name(spot: LineSpot, around: LineAround) -> Offers:
    """A new node's name, the first word of its line; a name that comes later is something else's."""
    return _names("node", lambda around: () if spot.words else around.known.wanted())(spot, around)


def _target(spot: LineSpot, around: LineAround) -> Offers:
    return target_offers(spot.begun, around.known, spaces=spot.quoted)


def _selector(spot: LineSpot, around: LineAround) -> Offers:
    core = spot.begun.rpartition(",")[2].removeprefix("+")
    method, colon, value = core.partition(":")
    if colon:
        return beginning_with(value, of_kind("value", _METHODS.get(method, _no_names)(around.known)))
    return beginning_with(
        core, [*of_kind("node", around.known.nodes()), *of_kind("selector", (f"{m}:" for m in _METHODS))]
    )


def _node_column(spot: LineSpot, around: LineAround) -> Offers:
    node, dot, column = spot.begun.partition(".")
    if dot:
        return beginning_with(column, of_kind("column", around.known.columns(node)))
    return beginning_with(node, of_kind("node", around.known.nodes()))


def _column(spot: LineSpot, around: LineAround) -> Offers:
    return _names("column", lambda around: _columns(spot, around))(spot, around)


def _columns(spot: LineSpot, around: LineAround) -> Sequence[str]:
    """Return the columns of the node that the line has named, else those of the line's own node."""
    return (around.known.columns(spot.words[0]) if spot.words else []) or around.columns()


def _parameter(spot: LineSpot, around: LineAround) -> Offers:
    """A parameter to be set; with `--ui` selectors say whose parameters are shown."""
    found = beginning_with(spot.begun, of_kind("parameter", (f"{name}=" for name in around.known.parameters())))
    selectors = _selector(spot, around) if "ui" in spot.values else Offers(spot.begun, NOTHING.found)
    if selectors.fragment != spot.begun:
        return selectors
    return Offers(spot.begun, (*found.found, *selectors.found))


def _setting(spot: LineSpot, around: LineAround) -> Offers:
    key, equals, value = spot.begun.partition("=")
    if equals:
        return beginning_with(value, of_kind("value", SETTINGS.get(key) or ()))
    return beginning_with(key, of_kind("setting", (f"{name}=" for name in SETTINGS)))


def _expectation(spot: LineSpot, around: LineAround) -> Offers:
    promise = re.sub(r"^\s*warn:\s*", "", spot.begun)
    offers = sql_offers(promise, len(promise), around.known, lambda table: around.columns())
    if "(" in promise or " " in promise:
        return offers
    return beginning_with(promise, [*of_kind("function", (f"{name}(" for name in EXPECTATIONS)), *offers.found])


def _condition(spot: LineSpot, around: LineAround) -> Offers:
    return sql_offers(spot.begun, len(spot.begun), around.known, lambda table: _columns(spot, around))


def _against(spot: LineSpot, around: LineAround) -> Offers:
    """What a result is compared with: itself before, its target, or any place."""
    target = _target(spot, around)
    words = beginning_with(spot.begun, of_kind("value", ("previous", "written")))
    return target if ":" in spot.begun else Offers(spot.begun, (*words.found, *target.found))


def _file(spot: LineSpot, around: LineAround) -> Offers:
    folder, _, last = spot.begun.rpartition("/")
    names = (name for name in around.known.files(folder) if spot.quoted or " " not in name)
    return beginning_with(last, of_kind("path", names))


def _nothing(spot: LineSpot, around: LineAround) -> Offers:
    return Offers(spot.begun, NOTHING.found)


def _no_names(known: Known) -> Iterable[str]:
    return ()


_METHODS: Mapping[str, Callable[[Known], Iterable[str]]] = {
    "tag": Known.tags,
    "pipeline": Known.pipelines,
    "state": lambda known: STATES,
}

_VALUES: Mapping[str, Callable[[LineSpot, LineAround], Offers]] = {
    "NODE": (_nodes := _names("node", lambda around: around.known.nodes())),
    "OLD": _nodes,
    "NAME": _new_name,
    "NODE.COLUMN": _node_column,
    "SELECTOR": _selector,
    "COLUMN": _column,
    "COMMAND": _names("command", lambda around: (row.name for row in commands_at("cell"))),
    "PIPELINE": _names("pipeline", lambda around: around.known.pipelines()),
    "TAG": _names("tag", lambda around: around.known.tags()),
    "FORMAT": _names("format", lambda around: format_names()),
    "CONN:PATH": _target,
    "FILE": _file,
    "NOTEBOOK": _file,
    "PROJECT": _file,
    "K=V": _parameter,
    "SETTING=VALUE": _setting,
    "EXPR": _expectation,
    "SQL": _condition,
    "--against": _against,
    "--input": _nodes,
    "-k": _nothing,
}
