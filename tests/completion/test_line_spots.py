"""What the end of an option line expects."""

from __future__ import annotations

import pytest

from odibi_nb.cells.option_parser import Option, OptionParser
from odibi_nb.completion.lines import line_spot

PARSER = OptionParser(
    "p",
    [
        Option("--read", metavar="CONN:PATH"),
        Option("--key", takes="many", metavar="COLUMN…", also=("-k",)),
        Option("--tag", repeatable=True, metavar="TAG"),
        Option("--mock", takes="optional", metavar="auto"),
        Option("--no-run", takes="nothing"),
    ],
    words=("NAME", "[MORE…]"),
)


@pytest.mark.parametrize(
    ("line", "begun", "wants"),
    [
        ("", "", "NAME"),
        ("na", "na", "NAME"),
        ("name ", "", "MORE"),
        ("name a b", "b", "MORE"),
        ("name --", "--", "MORE"),
        ("name --read ", "", "CONN:PATH"),
        ("name --read lo", "lo", "CONN:PATH"),
        ("name --read=lo", "lo", "CONN:PATH"),
        ("name --read 'lo cal", "lo cal", "CONN:PATH"),
        ("name --read local:x ", "", "MORE"),
        ("name --key a ", "", "COLUMN"),
        ("name -k a b", "b", "COLUMN"),
        ("name --key a --no-run ", "", "MORE"),
        ("name --mock ", "", "MORE"),
        ("name --mock=a", "a", "auto"),
        ("name --nope x", "x", "MORE"),
    ],
)
def test_the_last_word_stands_for_something(line: str, begun: str, wants: str) -> None:
    spot = line_spot(PARSER, line)
    assert (spot.begun, spot.wants) == (begun, wants)


def test_options_that_were_given_dont_come_again_unless_repeatable() -> None:
    others = [option.name for option in line_spot(PARSER, "n --tag a --no-run --key x ").others]
    assert others == ["--read", "--tag", "--mock"]


def test_an_option_that_needs_a_value_lets_no_other_come() -> None:
    assert line_spot(PARSER, "n --read ").others == ()
    assert line_spot(PARSER, "n --mock=").others == ()


def test_words_and_values_so_far_are_known() -> None:
    spot = line_spot(PARSER, "n 'two words' --key a b --read=x:y ")
    assert spot.words == ("n", "two words")
    assert spot.values == {"key": ["a", "b"], "read": ["x:y"]}


def test_a_line_of_no_more_words_wants_none() -> None:
    assert line_spot(OptionParser("p", words=("NODE",)), "a ").wants == ""
