"""The author's own text of a mapping's keys, comments and all."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from odibi_nb.exceptions import ConfigValidationError
from odibi_nb.project_file import parse_yaml, yaml_text

if TYPE_CHECKING:
    from odibi_nb.project_file.tree import Tree

__all__ = ["comments_above", "mapping_text", "same_data"]

_KEY = r"(\s*(?:-\s+)*)([\"']?){}\2\s*:(\s|$)"


@dataclass(frozen=True, slots=True)
class _Block:
    """The lines of a key, at the left margin; apart: whether a blank line stands above them."""

    key: Any
    lines: Sequence[str]
    apart: bool = False


def mapping_text(tree: Tree, data: Mapping[Any, Any], *, but: Collection[Any] = ()) -> str:
    """Return the YAML of a mapping, as its author wrote what `data` still says, without the keys in `but`.

    data: the mapping as it is to be; tree: as it was written.
    """
    wanted = {key: value for key, value in data.items() if key not in but}
    blocks = [_block_of(tree, key, value) for key, value in wanted.items()]
    orders = [blocks, [*blocks[-1:], *blocks[:-1]]]
    # A cell's text ends without a line break, and so would a text that ends it; to SQL that is all the same.
    orders_for_sql = [one for one in orders if one and one[-1].key == "transform"]
    ends = [(one, "") for one in orders] + [(one, "\n") for one in (*orders_for_sql, blocks)]
    texts = ((_joined(one), end) for one, end in ends)
    return next((text for text, end in texts if _reads(text + end, wanted)), None) or yaml_text(wanted).rstrip()


def comments_above(tree: Tree) -> str:
    """Return the comments right above an item of a list, without their marks; "" where there are none."""
    lines = tree.source.lines
    first = tree.index
    while first and not lines[first].lstrip().startswith("-"):
        first -= 1
    found = list(_comments(lines, first, len(lines[first]) - len(lines[first].lstrip())))
    return "\n".join(line.removeprefix("#").strip() for line in found)


def _joined(blocks: Iterable[_Block]) -> str:
    lines: list[str] = []
    for block in blocks:
        lines += ["", *block.lines] if lines and block.apart else block.lines
    return "\n".join(lines)


def _block_of(tree: Tree, key: Any, value: Any) -> _Block:
    """Return the author's text of a key; where that says something else by now, or is no text of its own, new text."""
    below = tree.child(key)
    block = _written(key, below, is_top=not tree.path) if below is not None else None
    is_same = block is not None and _reads("\n".join([*block.lines, ""]), {key: value})
    return (
        block if block is not None and is_same else _Block(key, yaml_text({key: value}).removesuffix("\n").split("\n"))
    )


def _written(key: Any, tree: Tree, *, is_top: bool) -> _Block | None:
    """Return the lines of a key, with the comments above it; None where others stand on them too."""
    lines = tree.source.lines
    found = re.match(_KEY.format(re.escape(str(key))), lines[tree.index]) if tree.index < len(lines) else None
    if found is None:
        return None
    indent = len(found[1])
    above = [] if "-" in found[1] else list(_comments(lines, tree.index, indent))
    if is_top and not any(line.strip() and not line.startswith("#") for line in lines[: tree.index]):
        above = [line.rstrip() for line in lines[: tree.index]]  # the head of the file
    own = [lines[tree.index][indent:], *(_outdented(line, indent) for line in _below(lines, tree.index + 1, indent))]
    start = tree.index - len(above)
    return _Block(key, [*above, *own], apart=start > 0 and not lines[start - 1].strip())


def _below(lines: Sequence[str], start: int, indent: int) -> list[str]:
    """Return the lines that belong to a key above them; a list may stand at its key's own margin.

    Comments at that margin belong to it where no other key follows.
    """
    last = comments = start
    for at, line in enumerate(lines[start:], start=start + 1):
        text = line.lstrip()
        margin = len(line) - len(text)
        if margin == indent and text.startswith("#"):
            comments = at
        elif text and margin < indent:
            break
        elif text and margin == indent and not f"{text} ".startswith("- "):
            comments = last
            break
        elif text:
            last = at
    return list(lines[start : max(last, comments)])


def _comments(lines: Sequence[str], below: int, indent: int) -> Iterator[str]:
    first = below
    while first and lines[first - 1].strip().startswith("#") and lines[first - 1].find("#") == indent:
        first -= 1
    yield from (line[indent:].rstrip() for line in lines[first:below])


def _outdented(line: str, indent: int) -> str:
    return line[indent:] if not line[:indent].strip() else line.lstrip()


def _reads(text: str, data: Mapping[Any, Any]) -> bool:
    """Whether a text says these keys, in whatever order."""
    try:
        said = parse_yaml(text).data
    except ConfigValidationError:
        return False
    return said.keys() == data.keys() and all(same_data(said[key], value) for key, value in data.items())


def same_data(one: Any, other: Any) -> bool:
    """Whether two values of YAML are the same, in the same order, 1 being neither 1.0 nor true."""
    return repr(one) == repr(other)
