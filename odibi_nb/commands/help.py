"""`help`: the list of commands, or one command's page."""

from __future__ import annotations

from odibi_nb.commands.base import Call, Command, Shown
from odibi_nb.commands.outputs import outputs_page
from odibi_nb.commands.table import find_command, overview

__all__ = ["COMMANDS"]


def help_(call: Call) -> Shown:
    """Show the list of commands, one command's page, or what `--json` prints."""
    if call.words == ("json",):
        return Shown(outputs_page())
    if call.words:
        return Shown(find_command(call.words[0], call.door).help(call.door))
    return Shown(overview(call.door))


COMMANDS = {
    "help": Command(
        "help",
        "Show the commands, or one command's page.",
        "help run",
        help_,
        words=("[COMMAND]",),
        needs_target=False,
        details="`help json` says what --json prints.",
    )
}
