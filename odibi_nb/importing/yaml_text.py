"""Data as YAML that people would write, and that reads back as the same."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any

from odibi_nb.exceptions import ConfigValidationError
from odibi_nb.project_file import parse_yaml
from odibi_nb.workspaces.mock_text import yaml_value

__all__ = ["flow", "yaml_text"]

_WIDTH = 100
_PLAIN = re.compile(r"[\w./][\w./-]*( [\w./()-]+)*")
_LINES = re.compile(r"[\x0b\x0c\x1c-\x1e\x85\u2028\u2029]")


def yaml_text(data: Mapping[Any, Any]) -> str:
    """Return a mapping in YAML's block style; what is short stands on one line."""
    return "\n".join(_entries(data, ""))


def flow(value: Any) -> str:
    """Return a value in one line of YAML."""
    if isinstance(value, Mapping):
        return f"{{{', '.join(f'{flow(key)}: {flow(item)}' for key, item in value.items())}}}"
    if isinstance(value, list | tuple):
        return f"[{', '.join(map(flow, value))}]"
    if isinstance(value, float) and value != value:  # noqa: PLR0124 - NaN
        return ".nan"
    return value if isinstance(value, str) and _is_plain(value) else yaml_value(value)


def _is_plain(text: str) -> bool:
    try:
        return bool(_PLAIN.fullmatch(text)) and bool(parse_yaml(f"[{text}]").data == [text])
    except ConfigValidationError:
        return False


def _entries(data: Mapping[Any, Any], indent: str) -> Iterator[str]:
    for key, value in data.items():
        yield from _entry(f"{indent}{flow(key)}:", value, f"{indent}  ")


def _entry(head: str, value: Any, indent: str) -> Iterator[str]:
    if isinstance(value, str) and (literal := _literal(value, indent)):
        yield f"{head} {literal[0]}"
        yield from literal[1:]
    elif _fits(head, value):
        yield f"{head} {flow(value)}"
    elif isinstance(value, Mapping):
        yield head
        yield from _entries(value, indent)
    else:
        yield head
        for item in value:
            yield from _item(item, indent)


def _item(item: Any, indent: str) -> Iterator[str]:
    if not isinstance(item, Mapping) or not item or _fits(indent, item):
        yield from _entry(f"{indent}-", item, f"{indent}  ")
        return
    first, *others = _entries(item, f"{indent}  ")
    yield f"{indent}- {first.lstrip()}"
    yield from others


def _fits(head: str, value: Any) -> bool:
    """Whether a value stands on its key's line: what is no list or mapping has no other place."""
    if not isinstance(value, Mapping | list | tuple) or not value:
        return True
    return not _has_lines(value) and len(head) + len(flow(value)) < _WIDTH


def _has_lines(value: Any) -> bool:
    if isinstance(value, Mapping):
        return any(map(_has_lines, value.values()))
    if isinstance(value, list | tuple):
        return any(map(_has_lines, value))
    return isinstance(value, str) and "\n" in value


def _literal(text: str, indent: str) -> list[str]:
    """Return a text of several lines as a block, its mark first; [] where a block can't say it."""
    lines = text.split("\n")
    is_odd = _LINES.search(text) or not all(char.isprintable() or char in "\n\t" for char in text)
    if len(lines) == 1 or is_odd or not lines[0].strip() or lines[0][0] in " \t":
        return []
    ends = len(text) - len(text.rstrip("\n"))
    mark = {0: "|-", 1: "|"}.get(ends, "|+")
    return [mark, *(f"{indent}{line}" if line else "" for line in (lines if ends == 0 else lines[:-1]))]
