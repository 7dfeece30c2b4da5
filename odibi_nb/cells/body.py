"""The text of a node's cell: its line, its YAML header and its body, as one declaration."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from odibi_nb.cells.expectations import parse_expectation
from odibi_nb.cells.language import Language, detect_language, node_fields, opens_with_key
from odibi_nb.cells.options import NEEDS, NODE_LINE, NodeOptions, Target, parse_node_line
from odibi_nb.exceptions import ConfigValidationError, UsageError, did_you_mean

if TYPE_CHECKING:
    from odibi_nb.project_file import YamlDocument

__all__ = ["Declaration", "SplitCell", "parse_node_cell", "split_header"]

_DIVIDER = "---"


@dataclass(frozen=True, slots=True)
class SplitCell:
    """A cell's text in two: the YAML header ("" without one) and the body, with their first lines."""

    header: str
    header_line: int
    body: str
    body_line: int


@dataclass(frozen=True, slots=True)
class Declaration:
    """A node as its cell declares it.

    fields: of the node, as the dialect's YAML would give them, from the line and from YAML together;
    never `transform` for a body of SQL or Python: that is `body`.
    body: without blank lines around it. body_line: the cell's line where it begins; the magic's is 1.
    options: the whole line. yaml: the header, or the YAML body, with the lines of its keys.
    """

    name: str
    language: Language
    fields: Mapping[str, Any]
    body: str
    body_line: int
    options: NodeOptions
    magic_line: int = 1
    yaml: YamlDocument | None = field(default=None, compare=False)

    def place(self, path: Iterable[Any] = ()) -> dict[str, Any]:
        """Return where a key path of `fields` is written, as errors take it: `build(…, locate=declared.place)`."""
        keys = tuple(path)
        if self.yaml and keys and keys[0] in self.yaml.data:
            return {**self.yaml.place(keys), "node": self.name}
        return {"node": self.name, "line": self.magic_line}


def split_header(text: str, *, first_line: int = 1) -> SplitCell:
    """Split off the node fields in YAML that a line `---` closes.

    `---` is also an empty comment of SQL: it closes a header only where a `key:` opens the text.
    """
    lines = text.split("\n")
    is_content = [bool(line.strip()) and line.rstrip() != _DIVIDER and not line.startswith("#") for line in lines]
    opening = next((at for at, content in enumerate(is_content) if content), None)
    end = -1
    if opening is not None and opens_with_key(lines[opening]):
        end = next((at for at in range(opening, len(lines)) if lines[at].rstrip() == _DIVIDER), -1)
    body = end + 1
    while body < len(lines) and not lines[body].strip():
        body += 1
    header = "".join(f"{line}\n" for line in lines[: max(end, 0)])
    return SplitCell(header, first_line, "\n".join(lines[body:]).rstrip(), first_line + body)


def parse_node_cell(line: str, cell: str = "", *, magic_line: int = 1) -> Declaration:
    """Read a node's cell: `line` is what follows `%%odibi_node`, `cell` the text below it.

    magic_line: where the magic stands in its cell; every line of the declaration counts with it.
    Raises UsageError (line), ConfigValidationError (YAML), each with its line in the cell.
    """
    try:
        options = parse_node_line(line)
        on_line = _fields_of(options)
    except UsageError as exc:
        exc.at(line=magic_line)
        raise
    split = split_header(cell, first_line=magic_line + 1)
    language = detect_language(split.body, options.lang)
    document = _yaml(split, language)
    in_yaml = _fields_in(document, on_line, language) if document else {}
    fields = {**on_line, **in_yaml}
    return Declaration(options.name, language, fields, split.body, split.body_line, options, magic_line, document)


def _yaml(split: SplitCell, language: Language) -> YamlDocument | None:
    from odibi_nb.project_file import parse_yaml

    if language != "yaml":
        return parse_yaml(split.header, first_line=split.header_line) if split.header else None
    # One document, so that a field in both parts is a doubled key; the padding keeps the lines.
    padding = "\n" * (split.body_line - split.header_line - split.header.count("\n"))
    return parse_yaml(split.header + padding + split.body, first_line=split.header_line)


def _fields_in(document: YamlDocument, on_line: Mapping[str, Any], language: Language) -> Mapping[str, Any]:
    fields, node = document.data, on_line["name"]
    if not isinstance(fields, Mapping):
        hint = "for instance `tags: [daily]`"
        raise ConfigValidationError(
            "the YAML of a node is a mapping of its fields", hint=hint, node=node, **document.place()
        )
    for key in fields:
        if said := _on_the_line(key):
            raise ConfigValidationError(f"unknown key '{key}'", hint=said, node=node, **document.place([key]))
        if conflict := _conflict(key, on_line, language):
            message, hint = conflict
            raise UsageError(message, hint=hint, node=node, **document.place([key]))
    return fields


def _on_the_line(key: Any) -> str | None:
    """Say of a key that no field is like, if an option of the line is called so, that it stands there."""
    option = NODE_LINE.option(f"--{str(key).replace('_', '-')}")
    if option is None or option.field in NEEDS or key in node_fields() or did_you_mean(str(key), node_fields()):
        return None
    return f"it is said on the node's line: {option.name}{'' if option.takes == 'nothing' else f' {option.metavar}'}"


def _conflict(key: str, on_line: Mapping[str, Any], language: Language) -> tuple[str, str] | None:
    """Return message and hint where a field of the YAML is said elsewhere too."""
    if key == "name":
        return "'name' is in the YAML, but a node's name stands on its line", "leave it out of the YAML"
    if key in on_line:
        return f"'{key}' is both on the node's line and in the YAML", "keep one of the two"
    if key == "transform" and language in {"sql", "python"}:
        return "the node has a 'transform' in its header and a body", "keep one of the two"
    return None


def _fields_of(options: NodeOptions) -> dict[str, Any]:
    """Return the node fields that a line states, in the dialect's form."""
    stated: dict[str, Any] = {
        "name": options.name,
        "description": options.describe,
        "tags": list(options.tags),
        "depends_on": list(options.depends_on),
        "read": _read(options),
        "write": _write(options),
        "materialize": options.materialize,
        "returns": options.returns,
        "preview": options.preview,
        "validation": {"tests": [parse_expectation(text) for text in options.expect]} if options.expect else None,
    }
    return {key: value for key, value in stated.items() if value is not None and value != []}


def _read(options: NodeOptions) -> dict[str, Any] | None:
    if options.read is None:
        return None
    read = _access(options.read, options.format)
    return {**read, "options": dict(options.options)} if options.options else read


def _write(options: NodeOptions) -> dict[str, Any] | None:
    if options.write is None:
        return None
    write = _access(options.write, options.format if options.read is None else None)
    if options.mode:
        write["mode"] = options.mode
    return {**write, "options": {"keys": list(options.key)}} if options.key else write


def _access(target: Target, format_name: str | None) -> dict[str, Any]:
    access = {"connection": target.connection, "path": target.path}
    return {**access, "format": format_name} if format_name else access
