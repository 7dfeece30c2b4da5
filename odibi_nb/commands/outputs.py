"""What `--json` prints: a JSON Schema for each command, beside this file, and the page that is made of them."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from odibi_nb.exceptions import UsageError, did_you_mean

__all__ = ["OUTPUTS", "exit_statuses", "output_schema", "outputs_page"]

OUTPUTS = ("status", "graph", "plan", "run", "test", "validate", "ls", "doctor", "error")
"""The commands whose object is kept as it is; error: what any command prints when it can't do its work."""

_HEAD = """\
`odibi-nb COMMAND … --json` prints one JSON object and nothing else on stdout; what nodes print goes to stderr.
Keys may be added, those below stay. `odibi-nb schema COMMAND` prints the JSON Schema of one of them."""


def output_schema(name: str) -> dict[str, Any]:
    """Return the JSON Schema of what a command prints; raises UsageError for a name that has none."""
    if name not in OUTPUTS:
        hint = did_you_mean(name, OUTPUTS) or f"known: {', '.join(OUTPUTS)}"
        raise UsageError(f"there is no schema of '{name}'", hint=hint)
    file = Path(__file__).with_name("schemas") / f"{name}.json"
    schema: dict[str, Any] = json.loads(file.read_text("utf-8"))
    return schema


def exit_statuses(name: str) -> str:
    """Return what the exit statuses of a command say, in a line."""
    return "; ".join(f"{status} {text}" for status, text in output_schema(name)["x-exit-status"].items())


def outputs_page() -> str:
    """Return the shape of each object, with an example and the exit statuses."""
    return "\n\n".join([_HEAD, *(_section(output_schema(name)) for name in OUTPUTS)])


def _section(schema: Mapping[str, Any]) -> str:
    keys = list(_keys(schema, ""))
    width = max(len(path) for path, _ in keys)
    statuses = [f"  {status:<3} {text}" for status, text in schema["x-exit-status"].items()]
    lines = [schema["title"], f"{schema['description']}:", "", *(f"  {path:<{width}}  {text}" for path, text in keys)]
    example = json.dumps(schema["examples"][0], ensure_ascii=False)
    return "\n".join([*lines, "", "exit status:", *statuses, "", f"example: {example}"])


def _keys(schema: Mapping[str, Any], above: str) -> Iterator[tuple[str, str]]:
    """Yield each key below a schema as a path, with what it says."""
    if isinstance(items := schema.get("items"), dict):
        yield from _keys(items, f"{above}[]")
    if isinstance(value := schema.get("additionalProperties"), dict):
        name = schema.get("propertyNames", {}).get("title", "NAME")
        yield from _keys(value, f"{above}.{name}")
    for key, below in schema.get("properties", {}).items():
        path = f"{above}.{key}".lstrip(".")
        yield path, f"{_kind(below)}{below['description']}" if "description" in below else _kind(below).rstrip(": ")
        yield from _keys(below, path)


def _kind(schema: Mapping[str, Any]) -> str:
    if "enum" in schema:
        return f"{' | '.join('null' if word is None else word for word in schema['enum'])}: "
    kinds = schema.get("type", [])
    named = [kinds] if isinstance(kinds, str) else kinds
    return f"{' or '.join(named)}: "
