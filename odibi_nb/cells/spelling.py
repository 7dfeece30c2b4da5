"""Hints that name YAML, said as they are written where a node stands on one line."""

from __future__ import annotations

import re

__all__ = ["as_new_node", "on_the_line"]

# One key in braces, its value perhaps in brackets or braces itself.
_OPTION = re.compile(r"(?:options: )?\{(\w+): ((?:[^{}]|\{[^{}]*\})*)\}")
_OPTIONS, _FORMAT = "options: {", "set format: "


def on_the_line(hint: str) -> str:
    """Say `set options: {sep: ';'}` as `set --option sep=';'`, and a format so too.

    >>> on_the_line("mend it, or set options: {types: {zip: VARCHAR}}")
    'mend it, or set --option "types={zip: VARCHAR}"'
    """
    if hint.startswith(_FORMAT):
        return f"say --format, one of {hint.removeprefix(_FORMAT)}"
    return _OPTION.sub(_option, hint) if _OPTIONS in hint else hint


def as_new_node(hint: str, read: str) -> str:
    """Say of a source of a query, which can be given neither options nor a format, how a node reads it."""
    spelt = on_the_line(hint)
    return spelt if spelt == hint else f"make it a node: %odibi_node NAME --read {read}; {spelt}"


def _option(found: re.Match[str]) -> str:
    key, value = found.groups()
    if key == "keys":  # of a write
        return f"--key {value.strip('[]').replace(',', '')}"
    if not re.search(r"[\s\[{\"]", value):
        return f"--option {key}={value}"
    mark = "'" if '"' in value else '"'
    return f"--option {mark}{key}={value}{mark}"
