"""`schema`: the JSON Schema of YAML files, and of what commands print."""

from __future__ import annotations

import json
from pathlib import Path

from odibi_nb.cells.option_parser import Option
from odibi_nb.commands.base import Call, Command, Shown
from odibi_nb.commands.outputs import OUTPUTS, output_schema
from odibi_nb.exceptions import UsageError

__all__ = ["COMMANDS"]


def schema(call: Call) -> Shown:
    """Print the schema of the dialect, or of what `COMMAND --json` prints; with --out into a file."""
    text = _text(call.words[0] if call.words else None)
    out = call.values.get("out")
    if out is None:
        return Shown(text.rstrip("\n"))
    try:
        Path(out).write_text(text, "utf-8")
    except OSError as exc:
        hint = "give a file that this user may write"
        raise UsageError(f"the schema can't be written to '{out}': {exc.strerror}", hint=hint) from exc
    return Shown(f"wrote {out}")


def _text(name: str | None) -> str:
    if name is not None:
        return json.dumps(output_schema(name), indent=2, ensure_ascii=False) + "\n"
    from odibi_nb.config.schema import json_schema_text

    return json_schema_text()


COMMANDS = {
    "schema": Command(
        "schema",
        "Print the JSON Schema of odibi.yaml, by which editors complete and check; or of what COMMAND --json prints.",
        "schema --out odibi.schema.json",
        schema,
        words=("[COMMAND]",),
        options=(Option("--out", metavar="FILE", help="write it into a file"),),
        needs_target=False,
        details="Editors find it by the first line of odibi.yaml: # yaml-language-server: $schema=odibi.schema.json\n"
        f"COMMAND: {', '.join(OUTPUTS)}",
    )
}
