"""What a command is: one definition, called as `%odibi NAME …` in a cell and `odibi-nb NAME …` in a shell."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Literal

from odibi_nb.cells.option_parser import Option, OptionParser
from odibi_nb.cells.options import NODE_LINE
from odibi_nb.commands.outputs import OUTPUTS, exit_statuses

if TYPE_CHECKING:
    from odibi_nb.runner import Listener
    from odibi_nb.views import NodeView
    from odibi_nb.workspaces import Workspace

__all__ = ["Call", "Command", "Door", "Live", "LiveCard", "LiveGraph", "LiveInputs", "Shown", "described_options"]

Door = Literal["cell", "shell"]


@dataclass(frozen=True, slots=True)
class LiveGraph:
    """A graph of the nodes that `names` returns; collapse: by what they are collapsed at first, or ""."""

    names: Callable[[], list[str]]
    collapse: str = ""


@dataclass(frozen=True, slots=True)
class LiveInputs:
    """Inputs for the parameters of the nodes that `names` returns."""

    names: Callable[[], list[str]]


@dataclass(frozen=True, slots=True)
class LiveCard:
    """A node's card with all of its rows, page by page."""

    card: NodeView


Live = LiveGraph | LiveInputs | LiveCard


@dataclass(frozen=True, slots=True)
class Shown:
    """What a command shows: as text, as HTML, and (for `--json`) as plain values.

    error: raised once the rest is shown. exit_status: of the shell command. next_cell: a text for the notebook's next
    cell. notes: said beside it in a shell, on stderr. live: what may be shown in its stead where widgets are.
    afterwards: does what may be done once it is shown, and returns what is to be shown of that; None: nothing.
    """

    text: str = ""
    html: str | None = None
    svg: str | None = None
    data: Any = None
    error: BaseException | None = None
    exit_status: int = 0
    next_cell: str | None = None
    notes: Sequence[str] = ()
    live: Live | None = None
    afterwards: Callable[[], Shown] | None = None


@dataclass(frozen=True, slots=True)
class Call:
    """A command with its words and options read.

    workspace: that of the kernel or of the target; None for commands that need none.
    """

    door: Door
    words: tuple[str, ...] = ()
    values: Mapping[str, Any] = field(default_factory=dict)
    workspace: Workspace | None = None
    left_out: Sequence[Any] = ()
    notes: Sequence[str] = ()
    listeners: tuple[Listener, ...] = ()

    @property
    def ws(self) -> Workspace:
        """The workspace, for commands that have one."""
        assert self.workspace is not None  # noqa: S101 - the doors see to it
        return self.workspace


@dataclass(frozen=True, slots=True)
class Command:
    """A command.

    words: as for `OptionParser`; in a shell TARGET comes before them when `needs_target`. executes: whether it may run
    the target's code, or what tells so of a call. for_files: in a shell its stdout is meant for a file, so that what
    fails and what user code prints goes to stderr. takes_broken: whether cells that can't be read are its business.
    """

    name: str
    summary: str
    example: str
    run: Callable[[Call], Shown]
    words: tuple[str, ...] = ()
    options: tuple[Option, ...] = ()
    needs_target: bool = True
    executes: bool | Callable[[Call], bool] = False
    takes_broken: bool = False
    details: str = ""
    for_files: bool = False

    def parser(self, door: Door) -> OptionParser:
        """Return the parser of its line at this door."""
        if door == "cell":
            options = tuple(option for option in self.options if option is not JSON)  # a cell shows it as it is
            return OptionParser(f"%odibi {self.name}", options, words=self.words, elsewhere=NODE_LINE)
        target = ("TARGET",) if self.needs_target else ()
        extra = (ENV, JSON) if self.needs_target else ()
        options, words = (*self.options, *extra), (*target, *self.words)
        return OptionParser(f"odibi-nb {self.name}", options, words=words, elsewhere=NODE_LINE)

    def runs_code(self, call: Call) -> bool:
        """Whether it may run the target's code in a call."""
        return self.executes(call) if callable(self.executes) else self.executes

    def help(self, door: Door) -> str:
        """Return its help page."""
        parser = self.parser(door)
        lines = [f"usage: {parser.usage}", "", self.summary]
        if self.needs_target and door == "shell":
            lines += ["", "TARGET: a notebook, a YAML file, or a folder with odibi.yaml"]
        if self.details:
            lines += ["", self.details]
        if parser.options:
            lines += ["", *described_options(parser.options)]
        if door == "shell" and self.name in OUTPUTS:
            lines += ["", f"exit status: {exit_statuses(self.name)}"]
        prefix = "%odibi " if door == "cell" else "odibi-nb "
        return "\n".join([*lines, "", f"example: {prefix}{self.example_at(door)}"])

    def example_at(self, door: Door) -> str:
        """Return its example, with a target where the door wants one."""
        if door == "cell" or not self.needs_target:
            return self.example
        name, _, rest = self.example.partition(" ")
        return f"{name} sales.ipynb {rest}".rstrip()


JSON = Option("--json", takes="nothing", help="print one JSON object and nothing else")
ENV = Option("--env", metavar="NAME", help="the overlay of the project's environments to use")


def described_options(options: Sequence[Option]) -> list[str]:
    """Return the lines of a help page that explain options."""
    spelled = [(", ".join((*option.also, option.name)) + _operand(option), option) for option in options]
    width = max(len(name) for name, _ in spelled)
    return ["options:", *(f"  {name:<{width}}  {option.help}" for name, option in spelled)]


def _operand(option: Option) -> str:
    if option.takes == "optional":
        return f"[={option.metavar}]"
    return f" {option.metavar}" if option.takes in ("one", "many") else ""
