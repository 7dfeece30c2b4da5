"""A line of options, read as a shell reads it; for magics and for commands alike.

Unlike argparse it never prints or exits, takes no abbreviations, and answers a wrong line with a
`UsageError` that names what was meant.
"""

from __future__ import annotations

import re
import shlex
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from keyword import iskeyword
from typing import Any, Literal

from odibi_nb.exceptions import ConfigValidationError, UsageError, did_you_mean

__all__ = [
    "LIKENESS",
    "Option",
    "OptionParser",
    "ParsedLine",
    "collect",
    "count_of",
    "is_option",
    "key_text",
    "key_value",
    "number_of_rows",
    "scalar",
    "scalar_like",
    "split_line",
    "variable_name",
]

_INTEGER = re.compile(r"[-+]?[0-9]+")
_FLOAT = re.compile(r"[-+]?(\.[0-9]+|[0-9]+(\.[0-9]*)?)([eE][-+]?[0-9]+)?")
_FLOW = re.compile(r"\{.*\}|\[.*\]", re.DOTALL)
LIKENESS = 0.75
"""Of a choice; at less, 'stale' would be taken for 'sample'."""
_CONSTANTS = {"true": True, "false": False, "null": None, "~": None}


@dataclass(frozen=True, slots=True)
class Option:
    """One option of a line.

    name: with its dashes; also: other spellings ("-s").
    takes: nothing, one value, all values up to the next option, or at most one (after "=").
    repeatable: may be given several times; its value is then a tuple, as that of "many" is.
    convert: text → value; raises ValueError with what was expected. bare: the value of "optional" alone.
    help: one sentence, for help texts.
    """

    name: str
    takes: Literal["nothing", "one", "many", "optional"] = "one"
    also: tuple[str, ...] = ()
    repeatable: bool = False
    choices: tuple[str, ...] = ()
    convert: Callable[[str], Any] = str
    bare: Any = True
    metavar: str = "VALUE"
    help: str = ""

    @property
    def field(self) -> str:
        """The name of its value: `--depends-on` → `depends_on`."""
        return self.name.lstrip("-").replace("-", "_")


@dataclass(slots=True)
class ParsedLine:
    """What a line says: its words before and between options, and the value of each option given."""

    words: tuple[str, ...] = ()
    values: dict[str, Any] = field(default_factory=dict)


class OptionParser:
    """Reads the line of `prog`.

    words: what the words that aren't options are called, in order; a last one with "…" takes any
    number, one in brackets may be left out ("NAME", "[DIR]", "[SELECTOR…]").
    elsewhere: the line that an option, which isn't one here, may have been meant for.
    """

    def __init__(
        self,
        prog: str,
        options: Iterable[Option] = (),
        *,
        words: Sequence[str] = (),
        elsewhere: OptionParser | None = None,
    ) -> None:
        self.prog = prog
        self.options = tuple(options)
        self.words = tuple(words)
        self._elsewhere = elsewhere
        self._by_spelling = {name: option for option in self.options for name in (option.name, *option.also)}

    @property
    def usage(self) -> str:
        return " ".join([self.prog, *self.words, *(["[options]"] if self.options else [])])

    def option(self, spelling: str) -> Option | None:
        """Return the option of a spelling (`--select`, `-s`), None where there is none."""
        return self._by_spelling.get(spelling)

    def parse(self, line: str | Sequence[str]) -> ParsedLine:
        """Read a line, or its words where a shell has split them; UsageError says what is wrong."""
        tokens = split_line(line) if isinstance(line, str) else list(line)
        parsed, words, after = ParsedLine(), list[str](), ""
        while tokens:
            token = tokens.pop(0)
            if not is_option(token):
                self._check_room(words, token, after)
                words.append(token)
                continue
            after = token
            self._take(token, tokens, parsed.values)
        if missing := [word for word in self.words[len(words) :] if not word.startswith("[")]:
            raise UsageError(f"{self.prog}: {missing[0]} is missing", hint=f"usage: {self.usage}")
        parsed.words = tuple(words)
        return parsed

    def _check_room(self, words: list[str], token: str, after: str) -> None:
        if len(words) < len(self.words) or (self.words and "…" in self.words[-1]):
            return
        option = self._by_spelling.get(after)
        if option is not None and option.takes == "optional":
            hint = f"its value follows '=': {after}={token}" if token in option.choices else f"usage: {self.usage}"
        else:
            hint = f"quote a value with spaces: {after} '…'" if after else f"usage: {self.usage}"
        raise UsageError(f"{self.prog}: unexpected '{token}'", hint=hint)

    def _take(self, token: str, tokens: list[str], values: dict[str, Any]) -> None:
        spelling, equals, text = token.partition("=")
        option = self._by_spelling.get(spelling)
        if option is None:
            raise UsageError(f"{self.prog}: unknown option {spelling}", hint=self._meant(spelling))
        if equals and option.takes == "nothing":
            raise UsageError(f"{self.prog}: {option.name} takes no value")
        value = self._value(option, [text] if equals else _operands(option, tokens), equals=bool(equals))
        if option.repeatable or option.takes == "many":
            values[option.field] = (*values.get(option.field, ()), *value)
        elif option.field in values:
            raise UsageError(f"{self.prog}: {option.name} is given twice")
        else:
            values[option.field] = value[0]

    def _meant(self, spelling: str) -> str:
        """Return what to say of an option that there isn't."""
        if self._elsewhere is not None and (other := self._elsewhere.option(spelling)):
            return f"{spelling} is for lines of %%{self._elsewhere.prog}: {other.help}"
        known = "the options are " + ", ".join(each.name for each in self.options)
        near = did_you_mean(spelling, self._by_spelling)
        return near or (known if self.options else f"{self.prog} takes no options")

    def _value(self, option: Option, texts: list[str], *, equals: bool) -> tuple[Any, ...]:
        if not texts and option.takes in {"one", "many"}:
            raise UsageError(f"{self.prog}: {option.name} needs a value", hint=f"{option.name} {option.metavar}")
        if option.takes == "nothing" or (option.takes == "optional" and not equals):
            return (option.bare,)
        return tuple(self._converted(option, text) for text in texts)

    def _converted(self, option: Option, text: str) -> Any:
        if option.choices and text not in option.choices:
            choices = ", ".join(option.choices)
            hint = did_you_mean(text, option.choices, likeness=LIKENESS) or option.help or None
            raise UsageError(f"{self.prog}: {option.name} is one of {choices}, not '{text}'", hint=hint)
        try:
            return option.convert(text)
        except ValueError as exc:
            raise UsageError(f"{self.prog}: {option.name} expects {exc}, not '{text}'") from exc


def split_line(line: str) -> list[str]:
    """Split a line into words: quotes as in a POSIX shell, but a backslash stays as it is (`C:\\data`)."""
    lexer = shlex.shlex(line, posix=True, punctuation_chars=False)
    lexer.whitespace_split = True
    lexer.commenters = lexer.escape = ""
    try:
        return list(lexer)
    except ValueError as exc:
        raise UsageError("a quote is opened but not closed", hint=f"on the line: {line.strip()}") from exc


def scalar(text: str) -> str | int | float | bool | None:
    """Type a text as a YAML 1.2 scalar: `5`, `2.5`, `true`, `null`; anything else, or in quotes, is text."""
    if text.lower() in _CONSTANTS and (text.islower() or text.istitle() or text.isupper() or text == "~"):
        return _CONSTANTS[text.lower()]
    if _INTEGER.fullmatch(text):
        return int(text)
    if _FLOAT.fullmatch(text):
        return float(text)
    return _unquoted(text)


def scalar_like(text: str, present: Any) -> str | int | float | bool | None:
    """Type a text as `scalar` does, but one that replaces a text stays one: `00999` is no number then."""
    return _unquoted(text) if isinstance(present, str) else scalar(text)


def key_text(text: str) -> tuple[str, str]:
    """Read `key=value`, the value as it is written."""
    key, equals, value = text.partition("=")
    if not equals or not key.strip():
        raise ValueError("key=value")
    return key.strip(), value


def key_value(text: str) -> tuple[str, Any]:
    """Read `key=value`, the value typed as a YAML scalar; in braces or brackets it is YAML's flow style."""
    key, value = key_text(text)
    if not _FLOW.fullmatch(value):
        return key, scalar(value)
    from odibi_nb.project_file import parse_yaml  # a line without such a value needs no YAML

    try:
        return key, parse_yaml(value).data
    except ConfigValidationError as exc:
        raise ValueError(f"YAML in braces or brackets ({exc.message})") from exc


def count_of(things: str, *, least: int = 0) -> Callable[[str], int]:
    """Return what reads a number of things."""

    def count(text: str) -> int:
        if not text.isdecimal() or int(text) < least:
            raise ValueError(f"a number of {things}" + (f", {least} or more" if least else ""))
        return int(text)

    return count


number_of_rows = count_of("rows")


def variable_name(text: str) -> str:
    """Read the name of a variable."""
    if not text.isidentifier() or iskeyword(text):
        raise ValueError("the name of a variable")
    return text


def collect(prog: str, option: str, pairs: Iterable[tuple[str, Any]]) -> Mapping[str, Any]:
    """Make a mapping of `key_value` or `key_text` pairs; a key given twice is a UsageError."""
    collected: dict[str, Any] = {}
    for key, value in pairs:
        if key in collected:
            raise UsageError(f"{prog}: {option} {key} is given twice")
        collected[key] = value
    return collected


def is_option(token: str) -> bool:
    """Tell an option (`--read`, `-s`) from a value (`-`, `-5`)."""
    return bool(re.match(r"--?[A-Za-z]", token))


def _unquoted(text: str) -> str:
    quoted = len(text) > 1 and text[0] == text[-1] and text[0] in "'\""
    return text[1:-1] if quoted else text


def _operands(option: Option, tokens: list[str]) -> list[str]:
    """Take an option's values off the front of `tokens`."""
    if option.takes in {"nothing", "optional"}:
        return []
    most = 1 if option.takes == "one" else len(tokens)
    count = next((at for at, token in enumerate(tokens[:most]) if is_option(token)), min(most, len(tokens)))
    taken = tokens[:count]
    del tokens[:count]
    return taken
