"""The line of `%%odibi_node NAME [options]` and of its one-line form `%odibi_node`."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

from odibi_nb.cells.option_parser import (
    Option,
    OptionParser,
    collect,
    is_option,
    key_value,
    number_of_rows,
    split_line,
    variable_name,
)
from odibi_nb.exceptions import UsageError

__all__ = ["MOCK_OPTION", "NEEDS", "NODE_LINE", "UPSTREAM", "NodeOptions", "Target", "as_target", "parse_node_line"]


@dataclass(frozen=True, slots=True)
class Target:
    """A place to read or write: a connection's name and a path within it."""

    connection: str
    path: str


@dataclass(frozen=True, slots=True)
class NodeOptions:
    """What the line says; None or () where it says nothing.

    options: those of the read. key: the columns that identify a row, for the write.
    mock: "given" for `--mock`, "auto" for `--mock=auto`. upstream: what its cell takes for the nodes above it.
    """

    name: str
    lang: Literal["sql", "python", "yaml"] | None = None
    read: Target | None = None
    format: str | None = None
    options: Mapping[str, Any] = field(default_factory=dict)
    write: Target | None = None
    mode: str | None = None
    key: tuple[str, ...] = ()
    depends_on: tuple[str, ...] = ()
    expect: tuple[str, ...] = ()
    mock: Literal["given", "auto"] | None = None
    upstream: Literal["fresh", "stored", "sample"] | None = None
    no_run: bool = False
    into: str | None = None
    tags: tuple[str, ...] = ()
    describe: str | None = None
    pipeline: str | None = None
    preview: int | None = None
    materialize: Literal["view", "table", "store"] | None = None
    returns: Literal["frame", "object", "none"] | None = None


def as_target(text: str) -> Target:
    """Read CONN:PATH; raises ValueError, which says the form."""
    connection, colon, path = text.partition(":")
    if not colon or not connection or not path:
        raise ValueError(f"CONN:PATH, such as local:{(path if colon else text) or 'sales.csv'}")
    return Target(connection, path)


UPSTREAM = ("fresh", "stored", "sample")
MOCK_OPTION = Option(
    "--mock",
    takes="optional",
    choices=("auto",),
    bare="given",
    metavar="auto",
    help="run on mock rows and write nothing; auto makes some up",
)
NODE_LINE = OptionParser(
    "odibi_node",
    [
        Option(
            "--lang",
            choices=("sql", "python", "yaml"),
            metavar="LANG",
            help="the body's language, if not to be guessed",
        ),
        Option("--read", convert=as_target, metavar="CONN:PATH", help="read a source"),
        Option("--format", metavar="FORMAT", help="of the source, or of the write where nothing is read"),
        Option(
            "--option",
            repeatable=True,
            convert=key_value,
            metavar="KEY=VALUE",
            help="an option of the read; in braces or brackets it is YAML",
        ),
        Option("--write", convert=as_target, metavar="CONN:PATH", help="write the result when the node is run"),
        Option(
            "--mode",
            choices=("overwrite", "append", "upsert", "append_once"),
            metavar="MODE",
            help="what a write does with rows that are there",
        ),
        Option(
            "--key", takes="many", metavar="COLUMN…", help="columns that identify a row, for upsert and append_once"
        ),
        Option("--depends-on", takes="many", metavar="NODE…", help="upstream nodes beside those inferred"),
        Option(
            "--expect", repeatable=True, metavar="EXPR", help="what must hold of the rows: 'not_null(id)', 'amount > 0'"
        ),
        MOCK_OPTION,
        Option(
            "--upstream",
            choices=UPSTREAM,
            metavar="WHAT",
            help="what its cell runs on: fresh results, the stored ones as they are, or a sample of the sources",
        ),
        Option("--no-run", takes="nothing", help="declare the node without running it"),
        Option("--into", convert=variable_name, metavar="VAR", help="bind the result to a variable"),
        Option("--tag", repeatable=True, metavar="TAG", help="a tag, to select nodes by"),
        Option("--describe", metavar="TEXT", help="a description"),
        Option("--pipeline", metavar="PIPELINE", help="the pipeline the node belongs to"),
        Option("--preview", convert=number_of_rows, metavar="N", help="rows shown; 0 shows none"),
        Option(
            "--materialize",
            choices=("view", "table", "store"),
            metavar="FORM",
            help="what the result becomes: view, table or store",
        ),
        Option("--returns", choices=("frame", "object", "none"), metavar="WHAT", help="what a Python body returns"),
    ],
    words=("NAME",),
)

# An option that says more about another one means nothing without it.
NEEDS = {"option": ("read",), "mode": ("write",), "key": ("write",), "format": ("read", "write")}


def parse_node_line(line: str) -> NodeOptions:
    """Read the line of a node; UsageError says what is wrong with it.

    CONN ends at the first colon. Values are quoted as in a POSIX shell; backslashes are literal.

    >>> parse_node_line("load_sales --read local:sales.csv --option sep=';'").read
    Target(connection='local', path='sales.csv')
    """
    words = split_line(line)
    if words and is_option(words[0]):
        raise UsageError(f"odibi_node: NAME comes first, before {words[0]}", hint=f"usage: {NODE_LINE.usage}")
    parsed = NODE_LINE.parse(words)
    values = parsed.values
    for name, needed in NEEDS.items():
        if name in values and not any(other in values for other in needed):
            others = " or ".join(f"--{other}" for other in needed)
            raise UsageError(f"odibi_node: --{name} needs {others}")
    if "mock" in values and "upstream" in values:
        raise UsageError("odibi_node: --mock and --upstream both say what the cell runs on", hint="keep one of the two")
    values["tags"] = values.pop("tag", ())
    values["options"] = collect("odibi_node", "--option", values.pop("option", ()))
    return NodeOptions(parsed.words[0], **values)
