from __future__ import annotations

import pytest

from odibi_nb.sql.tokens import name_of, position, text_of, tokenize


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("a.b", ["a", ".", "b"]),
        ("'it''s' \"a\"\"b\"", ["'it''s'", '"a""b"']),
        ("E'it\\'s' x", ["E'it\\'s'", "x"]),
        ("$$ a ' b $$ $t$ $$ $t$", ["$$ a ' b $$", "$t$ $$ $t$"]),
        ("$a||$b", ["$a", "|", "|", "$b"]),
        ("a /* b /* c */ d */ e -- f\ng", ["a", "e", "g"]),
        ("1.5e3 .5 0xFF", ["1.5e3", ".5", "0xFF"]),
        ("größe", ["größe"]),
        ("'open", ["'open"]),
        ("/* open", []),
    ],
)
def test_tokens(text: str, expected: list[str]) -> None:
    assert [token.text for token in tokenize(text)] == expected


def test_tokens_from_the_end_of_one_on_are_the_others() -> None:
    text = "SELECT 'a -- b' /* c */ AS \"d\", $e -- f\nFROM g "
    tokens = tokenize(text)
    assert [tokenize(text, token.end) for token in tokens] == [tokens[at:] for at in range(1, len(tokens) + 1)]
    assert all(text[token.start : token.end] == token.text for token in tokens)


def test_names_and_texts_lose_their_quotes() -> None:
    quoted, text, dollars, tagged = tokenize("\"a\"\"b\" 'it''s' $$x$$ $t$y$t$")
    assert (name_of(quoted), text_of(text), text_of(dollars), text_of(tagged)) == ('a"b', "it's", "x", "y")


def test_positions_are_one_based() -> None:
    assert [position("ab\ncd", offset) for offset in (0, 1, 3, 4)] == [(1, 1), (1, 2), (2, 1), (2, 2)]


def test_a_long_text_is_taken_apart() -> None:
    assert len(tokenize("SELECT x, 'y' /* z */ FROM \"t\"\n" * 20_000)) == 120_000
