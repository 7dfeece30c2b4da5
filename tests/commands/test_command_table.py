"""Each command is defined once, and each door shows what it takes."""

from __future__ import annotations

import pytest

from odibi_nb.commands.base import Door
from odibi_nb.commands.shell import main
from odibi_nb.commands.table import COMMANDS, find_command, overview
from odibi_nb.exceptions import UsageError

PAIRS = [(row.name, door) for row in COMMANDS.values() for door in row.doors]


@pytest.mark.parametrize(("name", "door"), PAIRS)
def test_every_row_imports_and_has_a_page_with_an_example(name: str, door: Door) -> None:
    command = find_command(name, door)
    page = command.help(door)
    prefix = "%odibi" if door == "cell" else "odibi-nb"
    assert page.startswith(f"usage: {prefix} {name}")
    assert f"example: {prefix} {name}" in page
    assert all(option.name in page for option in command.parser(door).options)


@pytest.mark.parametrize(("name", "door"), PAIRS)
def test_every_example_parses(name: str, door: Door) -> None:
    command = find_command(name, door)
    _, _, rest = command.example_at(door).partition(" ")
    command.parser(door).parse(rest)


@pytest.mark.parametrize("door", ["cell", "shell"])
def test_the_overview_lists_the_commands_of_its_door(door: Door) -> None:
    listed = {line.split()[0] for line in overview(door).splitlines() if line.startswith("  ")}
    assert listed == {row.name for row in COMMANDS.values() if door in row.doors}


def test_a_command_of_the_other_door_says_so() -> None:
    with pytest.raises(UsageError, match="makes no sense here") as caught:
        find_command("doctor", "cell")
    assert caught.value.hint == "it is a command for a shell: odibi-nb doctor"


@pytest.mark.parametrize("name", [row.name for row in COMMANDS.values() if "shell" in row.doors])
def test_every_command_shows_its_page_in_a_shell(name: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main([name, "--help"]) == 0
    page = capsys.readouterr().out
    assert f"example: odibi-nb {name}" in page
    assert main(["help", name]) == 0
    assert capsys.readouterr().out == page
