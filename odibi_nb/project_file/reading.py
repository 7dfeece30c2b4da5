"""YAML text → a located tree, by the rules of YAML 1.2's core schema.

Only `true` and `false` are booleans (NO, on, off, yes are text), dates stay text, `017` is seventeen. Safe: no
tag makes anything but a scalar, a list or a mapping. Merge keys (`<<: *anchor`) work as in YAML 1.1.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import replace
from typing import Any

import yaml
from yaml.reader import ReaderError

from odibi_nb.exceptions import ConfigValidationError
from odibi_nb.project_file.tree import KeyPath, Source, Tree, YamlDocument

__all__ = ["core_resolvers", "parse_yaml"]

MAX_DEPTH = 64
MAX_VALUES = 1_000_000

_TAG = "tag:yaml.org,2002:"
_LINE_BREAK = re.compile(r"\r\n|[\n\r\x85\u2028\u2029]")
_NULL = re.compile(r"~|null|Null|NULL|")
_BOOL = re.compile(r"true|True|TRUE|false|False|FALSE")
_INT = re.compile(r"[-+]?[0-9]+|0o[0-7]+|0x[0-9a-fA-F]+")
_FLOAT = re.compile(r"[-+]?(\.[0-9]+|[0-9]+(\.[0-9]*)?)([eE][-+]?[0-9]+)?|[-+]?\.(inf|Inf|INF)|\.(nan|NaN|NAN)")


class _CoreLoader(getattr(yaml, "CSafeLoader", yaml.SafeLoader)):  # type: ignore[misc]
    """PyYAML's parser with the core schema's reading of plain scalars."""

    yaml_implicit_resolvers: Mapping[Any, Any] = {}


for _name, _pattern in {"null": _NULL, "bool": _BOOL, "int": _INT, "float": _FLOAT, "merge": re.compile("<<")}.items():
    _CoreLoader.add_implicit_resolver(_TAG + _name, re.compile(rf"(?:{_pattern.pattern})\Z"), None)


def core_resolvers() -> Mapping[Any, Any]:
    """Return what tells a plain scalar's tag, as PyYAML keeps it: for whoever writes YAML that is read here."""
    return _CoreLoader.yaml_implicit_resolvers


def _int(text: str) -> int:
    base = {"0o": 8, "0x": 16}.get(text[:2], 10)
    return int(text, base)


def _float(text: str) -> float:
    return float(re.sub(r"\.(?=inf|nan)", "", text.lower()))


_SCALARS: Mapping[str, Callable[[str], Any]] = {
    "null": lambda text: None,
    "bool": lambda text: text.lower() == "true",
    "int": _int,
    "float": _float,
    "str": str,
    "merge": str,
}


def parse_yaml(text: str, *, file: str | None = None, cell: str | None = None, first_line: int = 1) -> YamlDocument:
    """Read one YAML document; an empty text is an empty mapping.

    first_line: the number that errors give to the text's first line (a cell's YAML may start below its magic).
    Raises ConfigValidationError, at the line, for what isn't YAML, for tags and for keys given twice.
    """
    source = Source(tuple(_LINE_BREAK.split(text)), file, cell, first_line)
    try:
        root = yaml.compose(text, Loader=_CoreLoader)
    except yaml.MarkedYAMLError as error:
        raise _syntax_error(error, source) from error
    except (ReaderError, UnicodeEncodeError) as error:
        position = error.position if isinstance(error, ReaderError) else error.start
        # The line itself isn't quoted: what YAML refuses would garble a terminal too.
        place = {**source.place(len(_LINE_BREAK.split(text[:position])) - 1), "source": None}
        raise ConfigValidationError(f"not YAML: {error.reason}", hint="delete the character", **place) from error
    except RecursionError as error:
        raise _too_deep(source, 0) from error
    if root is None or (isinstance(root, yaml.ScalarNode) and root.tag == _TAG + "null"):
        return YamlDocument(Tree({}, source, 0))
    return YamlDocument(_Reader(source).tree(root))


class _Reader:
    """Turns PyYAML's nodes into trees, each node once however many aliases lead to it."""

    def __init__(self, source: Source) -> None:
        self._source = source
        self._done: dict[int, Tree] = {}

    def tree(self, node: yaml.Node, path: KeyPath = ()) -> Tree:
        """Return the tree of a node; path: the keys that lead to it."""
        index = node.start_mark.line
        # An alias to a node around itself has no end; it shows as depth.
        if len(path) > MAX_DEPTH:
            raise _too_deep(self._source, index)
        if id(node) not in self._done:
            value = self._value(node, path)
            tree = Tree(value, self._source, index, path, _size(value))
            if tree.size > MAX_VALUES:
                message = f"the aliases here stand for more than {MAX_VALUES:,} values"
                raise self._error(message, index, "an alias is a copy: lists of aliases of lists grow without bound")
            self._done[id(node)] = tree
        return self._done[id(node)]

    def _value(self, node: yaml.Node, path: KeyPath) -> Any:
        if isinstance(node, yaml.ScalarNode):
            return self._scalar(node)
        expected = "map" if isinstance(node, yaml.MappingNode) else "seq"
        if node.tag != _TAG + expected:
            raise self._refused_tag(node)
        if isinstance(node, yaml.MappingNode):
            return self._mapping(node, path)
        return tuple(self.tree(item, (*path, index)) for index, item in enumerate(node.value))

    def _scalar(self, node: yaml.ScalarNode) -> Any:
        convert = _SCALARS.get(node.tag.removeprefix(_TAG)) if node.tag.startswith(_TAG) else None
        if convert is None:
            raise self._refused_tag(node)
        try:
            value: Any = convert(node.value)
        except ValueError as error:
            kind = node.tag.removeprefix(_TAG)
            raise self._error(f"not a YAML {kind}: {node.value[:40]}", node.start_mark.line) from error
        return value

    def _mapping(self, node: yaml.MappingNode, path: KeyPath) -> dict[Any, Tree]:
        own: dict[Any, Tree] = {}
        inherited: dict[Any, Tree] = {}
        for key_node, value_node in node.value:
            if key_node.tag == _TAG + "merge":
                inherited = self._inherited(self.tree(value_node, (*path, "<<"))) | inherited
                continue
            key = self._key(key_node, own)
            below = (*path, key)
            # A value met before as an alias was built at its anchor; here it stands on this key's line.
            own[key] = replace(self.tree(value_node, below), index=key_node.start_mark.line, path=below)
        return inherited | own

    def _inherited(self, anchor: Tree) -> dict[Any, Tree]:
        anchors = anchor.value if isinstance(anchor.value, tuple) else (anchor,)
        entries: dict[Any, Tree] = {}
        for tree in anchors:
            if not isinstance(tree.value, dict):
                raise self._error("'<<' takes a mapping, or a list of mappings", anchor.index)
            entries = tree.value | entries
        return entries

    def _key(self, node: yaml.Node, taken: Mapping[Any, Tree]) -> Any:
        line: int = node.start_mark.line
        if not isinstance(node, yaml.ScalarNode):
            raise self._error(
                "a key is a single value, not a list or mapping", line, "quote it if it starts with [ or {"
            )
        key = self._scalar(node)
        if key in taken:
            first: int = self._source.place(taken[key].index)["line"]
            raise self._error(f"the key '{key}' is given twice, first on line {first}", line, "keep one of them")
        return key

    def _refused_tag(self, node: yaml.Node) -> ConfigValidationError:
        tag = node.tag.replace(_TAG, "!!")
        return self._error(f"the tag '{tag}' is not allowed", node.start_mark.line, "write plain values")

    def _error(self, message: str, index: int, hint: str | None = None) -> ConfigValidationError:
        return ConfigValidationError(message, hint=hint, **self._source.place(index))


def _size(value: Any) -> int:
    children: Iterable[Tree] = value.values() if isinstance(value, dict) else value if isinstance(value, tuple) else ()
    return 1 + sum(child.size for child in children)


def _too_deep(source: Source, index: int) -> ConfigValidationError:
    hint = "flatten it, or look for an alias inside its own anchor"
    return ConfigValidationError(f"more than {MAX_DEPTH} levels deep", hint=hint, **source.place(index))


def _syntax_error(error: yaml.MarkedYAMLError, source: Source) -> ConfigValidationError:
    mark = error.problem_mark
    # What is never closed is noticed at the end; where it was opened says more.
    if error.context_mark and (mark is None or not "".join(source.lines[mark.line :]).strip()):
        mark = error.context_mark
    if "nesting depth" in (error.problem or ""):  # libyaml has a limit of its own, which newer wheels keep
        return _too_deep(source, mark.line if mark else 0)
    place = source.place(mark.line if mark else 0)
    text = place["source"] or ""
    if "\t" in text[: len(text) - len(text.lstrip())]:
        hint = "YAML indents with spaces, not tabs"
        return ConfigValidationError("a tab in the indentation", hint=hint, column=1, **place)
    column = mark.column + 1 if mark else None
    return ConfigValidationError(f"not YAML: {error.problem}", hint=_syntax_hint(error), column=column, **place)


def _syntax_hint(error: yaml.MarkedYAMLError) -> str | None:
    hints = {
        "mapping values are not allowed": "quote the text if it holds ': ', or check the indentation",
        "cannot start any token": "quote the text",
        "did not find expected": "check the indentation and the brackets",
        "undefined alias": "an alias follows its anchor: &name, then *name",
        "but found another document": "a file is one document: remove the line '---'",
    }
    return next((hint for part, hint in hints.items() if part in str(error)), None)
