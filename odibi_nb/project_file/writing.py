"""Data → YAML text that reads back as the same data, laid out as people write it."""

from __future__ import annotations

from collections.abc import Mapping
from io import StringIO
from typing import Any

import yaml

from odibi_nb.exceptions import ConfigValidationError
from odibi_nb.project_file.reading import core_resolvers, parse_yaml

__all__ = ["yaml_text"]

_SHORT = 88
_NO_FOLDING = 1_000_000


class _Dumper(yaml.SafeDumper):
    """PyYAML's writer; it quotes every text that YAML 1.1 or 1.2 would read as something else."""

    def ignore_aliases(self, data: Any) -> bool:
        return True

    def increase_indent(self, flow: bool = False, indentless: bool = False) -> None:
        super().increase_indent(flow, False)


def _text(dumper: yaml.SafeDumper, text: str) -> yaml.ScalarNode:
    is_block = "\n" in text and text.isascii() and all(line == line.rstrip() for line in text.split("\n"))
    # YAML 1.1 takes these for line breaks; only a quoted text can hold them.
    is_odd = any(char in text for char in "\x85\u2028\u2029")
    return dumper.represent_scalar("tag:yaml.org,2002:str", text, style="|" if is_block else '"' if is_odd else None)


_Dumper.add_representer(str, _text)
_Dumper.yaml_implicit_resolvers = {
    first: [*_Dumper.yaml_implicit_resolvers.get(first, ()), *core_resolvers().get(None, ())]
    for first in {*_Dumper.yaml_implicit_resolvers, *map(chr, range(32, 127))}
}


def yaml_text(data: Mapping[str, Any]) -> str:
    """Return data as YAML; raises ConfigValidationError for what YAML can't say.

    Lists and mappings of plain values stand on one line where they fit.
    """
    dumper = _Dumper(StringIO(), sort_keys=False)
    try:
        root: Any = dumper.represent_data(data)
    except yaml.representer.RepresenterError as exc:
        kind = type(exc.args[-1]).__name__
        raise ConfigValidationError(f"YAML can't say a {kind}", hint="give a plain value, a list or a mapping") from exc
    _lay_out(root)
    root.flow_style = False
    text: str = yaml.serialize(root, Dumper=_Dumper, allow_unicode=True, width=_NO_FOLDING)
    if parse_yaml(text).data != data:
        raise ConfigValidationError("the data doesn't read back from its YAML", hint="give plain values")
    return text


def _lay_out(node: Any) -> int | None:
    """Decide which collections stand on one line; return the width of a node, None for one that doesn't."""
    if isinstance(node, yaml.ScalarNode):
        return None if "\n" in node.value else len(node.value) + 2
    pairs = isinstance(node, yaml.MappingNode)
    children = [child for pair in node.value for child in pair] if pairs else node.value
    widths = [_lay_out(child) for child in children]
    is_nested = any(_holds_mapping(child) for child in children)
    width = sum(2 + width for width in widths if width is not None)
    fits = None not in widths and width <= _SHORT
    node.flow_style = fits and (not is_nested or (not pairs and width <= _SHORT // 2))
    return width if node.flow_style else None


def _holds_mapping(node: Any) -> bool:
    """Whether a node is a mapping that says something, or a list of such."""
    if isinstance(node, yaml.SequenceNode):
        return any(isinstance(child, yaml.CollectionNode) and child.value for child in node.value)
    return isinstance(node, yaml.MappingNode) and bool(node.value)
