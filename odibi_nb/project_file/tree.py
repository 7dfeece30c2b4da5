"""YAML values that know their place, so that an error found late still names file, line and key."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass, replace
from typing import Any, TypeAlias

__all__ = ["KeyPath", "Source", "TextPlace", "Tree", "YamlDocument", "key_text", "merged"]

KeyPath: TypeAlias = tuple[Any, ...]

# The end of a line that opens a block scalar.
_BLOCK = re.compile(r"[|>][-+0-9]*\s*(#.*)?$")


@dataclass(frozen=True, slots=True)
class Source:
    """A text that was read: a file's, or a cell's; `first_line` is the number of its first line there."""

    lines: tuple[str, ...]
    file: str | None = None
    cell: str | None = None
    first_line: int = 1

    def place(self, index: int) -> dict[str, Any]:
        """Return file, cell, line and source line; index: 0-based."""
        line = self.lines[index].rstrip() if index < len(self.lines) else None
        return {"file": self.file, "cell": self.cell, "line": self.first_line + index, "source": line}


@dataclass(frozen=True, slots=True)
class Tree:
    """A value with the place where it was written, which stays with it through imports and overlays.

    value: a scalar, a tuple of trees, or a dict of trees.
    index: its 0-based line; for an entry of a mapping, that of its key. path: its keys in its own text.
    size: how many values it stands for, those reached through several aliases counted each time.
    """

    value: Any
    source: Source
    index: int
    path: KeyPath = ()
    size: int = 1

    @property
    def place(self) -> dict[str, Any]:
        """Its file, cell, line, source line and key, named as `OdibiException` takes them."""
        return {**self.source.place(self.index), "key": key_text(self.path) or None}

    def plain(self) -> Any:
        """Return the value as lists, dicts and scalars."""
        if isinstance(self.value, dict):
            return {key: child.plain() for key, child in self.value.items()}
        if isinstance(self.value, tuple):
            return [child.plain() for child in self.value]
        return self.value

    def child(self, key: Any) -> Tree | None:
        """Return the tree below a key or a list's index, None when there is none."""
        if isinstance(self.value, dict):
            return self.value.get(key)
        if isinstance(self.value, tuple) and isinstance(key, int) and 0 <= key < len(self.value):
            return self.value[key]  # type: ignore[no-any-return]
        return None


@dataclass(frozen=True, slots=True)
class TextPlace:
    """Where a text within YAML begins: 1-based line of its file or cell, and all lines of that."""

    file: str | None
    cell: str | None
    first_line: int
    lines: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class YamlDocument:
    """A YAML text as data, with the place of every key path in it."""

    tree: Tree

    @property
    def data(self) -> Any:
        return self.tree.plain()

    def at(self, path: Iterable[Any]) -> YamlDocument:
        """Return what stands below a path, or below what of it exists."""
        tree = self.tree
        for key in path:
            if (below := tree.child(key)) is None:
                break
            tree = below
        return YamlDocument(tree)

    def place(self, path: Iterable[Any] = ()) -> dict[str, Any]:
        """Return file, cell, line, source line and key of a path, or of what of it exists."""
        return self.at(path).tree.place

    def text_place(self, path: Iterable[Any]) -> TextPlace:
        """Return where the text of a scalar begins: a block's (`|`, `>`) on the line after its key."""
        tree = self.at(path).tree
        source = tree.source
        begin = tree.index + bool(_BLOCK.search(source.lines[tree.index]))
        above = ("",) * (source.first_line - 1)
        return TextPlace(source.file, source.cell, source.first_line + begin, (*above, *source.lines))


def key_text(path: Iterable[Any]) -> str:
    """Write a path as people read it: `pipelines[0].nodes[2].read`."""
    parts = (f"[{key}]" if type(key) is int else f".{key}" for key in path)
    return "".join(parts).removeprefix(".")


def merged(under: Tree, over: Tree, *, appended: str | None = None) -> Tree:
    """Lay one tree over another: mappings merge key by key, everything else is replaced.

    appended: the name of a top-level list whose items are kept, those of `over` first.
    """
    if not (isinstance(under.value, dict) and isinstance(over.value, dict)):
        return over
    value: dict[Any, Tree] = dict(under.value)
    for key, child in over.value.items():
        value[key] = _laid(value.get(key), child, append=key == appended)
    return replace(over, value=value)


def _laid(under: Tree | None, over: Tree, *, append: bool) -> Tree:
    if under is None:
        return over
    if append and isinstance(under.value, tuple) and isinstance(over.value, tuple):
        return replace(over, value=over.value + under.value)
    return merged(under, over)
