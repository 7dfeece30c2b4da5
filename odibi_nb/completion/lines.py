"""A line of words and options: which of them is begun at its end, and what it may be."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from odibi_nb.cells.option_parser import Option, OptionParser, is_option

__all__ = ["LineSpot", "line_spot"]

# A quote that isn't closed yet runs to the end.
_WORD = re.compile(r"""(?:[^\s"']|"[^"]*(?:"|\Z)|'[^']*(?:'|\Z))+""")


@dataclass(frozen=True, slots=True)
class LineSpot:
    """The end of a line that is being written.

    begun: what is written of its last word, without its quotes; quoted: whether it has any.
    wants: what that word stands for ("NODE", "CONN:PATH"), "" where only an option can stand.
    option: the one whose value it is. others: the options that may stand here instead.
    words: those before it that aren't options. values: by field of an option, the texts given so far.
    """

    begun: str
    quoted: bool = False
    wants: str = ""
    option: Option | None = None
    others: tuple[Option, ...] = ()
    words: tuple[str, ...] = ()
    values: Mapping[str, Sequence[str]] = field(default_factory=dict)


def line_spot(parser: OptionParser, line: str) -> LineSpot:
    """Return what the end of a line expects; `line` is what stands before the cursor."""
    words = [match[0] for match in _WORD.finditer(line)]
    last = words.pop() if words and line.endswith(words[-1]) else ""
    reader = _Reader(parser)
    for word in words:
        reader.take(word)
    return reader.spot(last)


class _Reader:
    """Follows a line's words as `OptionParser` does, but forgives what isn't right or not finished."""

    def __init__(self, parser: OptionParser) -> None:
        self._parser = parser
        self._option: Option | None = None
        self._words: list[str] = []
        self._values: dict[str, list[str]] = {}

    def take(self, word: str) -> None:
        spelling, equals, text = word.partition("=")
        if not is_option(word):
            self._take_value(_bare(word))
        elif (option := self._parser.option(spelling)) is not None:
            values = self._values.setdefault(option.field, [])
            values.extend([_bare(text)] if equals else [])
            self._option = option if not equals and option.takes in {"one", "many"} else None

    def _take_value(self, text: str) -> None:
        if self._option is None:
            self._words.append(text)
            return
        self._values[self._option.field].append(text)
        if self._option.takes == "one":
            self._option = None

    def spot(self, last: str) -> LineSpot:
        spelling, equals, text = last.partition("=")
        option, others = self._option, tuple(one for one in self._parser.options if self._may_come(one))
        if is_option(last) and equals:
            option, last, others = self._parser.option(spelling), text, ()
        elif option is not None and option.takes == "one":
            others = ()
        begun, wants = _bare(last), option.metavar if option is not None else self._next_word()
        wants = re.sub(r"[\[\]…]", "", wants)
        return LineSpot(begun, begun != last, wants, option, others, tuple(self._words), self._values)

    def _may_come(self, option: Option) -> bool:
        return option.repeatable or option.field not in self._values

    def _next_word(self) -> str:
        """Return what the next word that is no option stands for; "" where none may follow."""
        named, count = self._parser.words, len(self._words)
        if count < len(named):
            return named[count]
        return named[-1] if named and "…" in named[-1] else ""


def _bare(word: str) -> str:
    """Return a word without the quotes around it, the second of which may still be missing."""
    return word[1:].removesuffix(word[0]) if word[:1] in {"'", '"'} else word
