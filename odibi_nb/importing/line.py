"""Fields of a node as options of its line, as a person would write them there."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from odibi_nb.cells.body import parse_node_cell
from odibi_nb.cells.expectations import parse_expectation
from odibi_nb.cells.option_parser import key_value
from odibi_nb.exceptions import UsageError
from odibi_nb.importing.blocks import same_data
from odibi_nb.workspaces.mock_text import yaml_value

__all__ = ["option_texts", "quoted"]

_BARE = frozenset("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_-./:,=+*")
_MOST_TESTS, _LONGEST_TEXT = 3, 80


def option_texts(name: str, fields: Mapping[str, Any]) -> dict[str, str]:
    """Return, by field, the options that say it on the line of node `name`, of those fields that a line can say."""
    found: dict[str, str] = {}
    for field, words_of in _WORDS.items():
        if field not in fields:
            continue
        try:
            text = " ".join(map(quoted, words_of(fields[field])))
            said = parse_node_cell(f"{name} {_beside(field, fields)}{text}").fields
        except ValueError:  # YAML says it
            continue
        if same_data(said.get(field), fields[field]):
            found[field] = text
    return found


def quoted(word: str) -> str:
    """Return a word as a line says it; raises UsageError for one that it can't say."""
    if not word.isprintable():
        raise UsageError(f"no line can say {word!r}", hint="leave out what can't be printed")
    if word and _BARE.issuperset(word):
        return word
    mark = '"' if '"' not in word else "'"
    if mark in word:
        raise _belongs_in_yaml(word)
    return f"{mark}{word}{mark}"


def _belongs_in_yaml(what: object) -> UsageError:
    return UsageError(f"'{what}' can't be said on a line")


def _beside(field: str, fields: Mapping[str, Any]) -> str:
    """Return what stands before a field on the same line, for what `--format` is about."""
    return "--read a:b " if field == "write" and "read" in fields else ""


def _access(option: str, access: Any, known: set[str]) -> list[str]:
    if not isinstance(access, Mapping) or access.keys() - known or "path" not in access:
        raise _belongs_in_yaml(option)
    words = [option, f"{access['connection']}:{access['path']}"]
    return [*words, "--format", _text(access["format"])] if "format" in access else words


def _read(read: Any) -> list[str]:
    words = _access("--read", read, {"connection", "path", "format", "options"})
    for key, value in read.get("options", {}).items():
        words += ["--option", _pair(_text(key), value)]
    return words


def _pair(key: str, value: Any) -> str:
    """Return `key=value`, which reads back as just that value."""
    if isinstance(value, Mapping | list):
        raise _belongs_in_yaml(key)
    texts = [value, f"'{value}'", f'"{value}"'] if isinstance(value, str) else [yaml_value(value)]
    found = (f"{key}={text}" for text in texts if same_data(key_value(f"{key}={text}"), (key, value)))
    if (pair := next(found, None)) is None:
        raise _belongs_in_yaml(key)
    return pair


def _write(write: Any) -> list[str]:
    words = _access("--write", write, {"connection", "path", "format", "mode", "options"})
    words += ["--mode", _text(write["mode"])] if "mode" in write else []
    if "options" not in write:
        return words
    if write["options"].keys() != {"keys"}:
        raise _belongs_in_yaml("options")
    return [*words, "--key", *_texts(write["options"]["keys"])]


def _expectations(validation: Any) -> list[str]:
    tests = validation.get("tests")
    if validation.keys() != {"tests"} or not isinstance(tests, list) or len(tests) > _MOST_TESTS:
        raise _belongs_in_yaml("validation")
    return [word for test in tests for word in ("--expect", _expectation(test))]


def _expectation(test: Any) -> str:
    """Return the text of a data test; raises UsageError for one that has none."""
    prefix = "warn: " if test.get("on_fail") == "warn" else ""
    texts = _EXPECTED.get(test.get("type"), lambda test: [])(test)
    found = (prefix + text for text in texts if same_data(_sorted(parse_expectation(prefix + text)), _sorted(test)))
    if (text := next(found, None)) is None:
        raise _belongs_in_yaml("validation")
    return text


def _sorted(test: Mapping[str, Any]) -> list[tuple[str, Any]]:
    return sorted(test.items(), key=lambda item: item[0])


def _of_columns(test: Mapping[str, Any]) -> list[str]:
    return [f"{test['type']}({', '.join(map(_column, _texts(test.get('columns'))))})"]


def _of_values(test: Mapping[str, Any]) -> list[str]:
    values = [_literal(one) for one in test.get("values", [])]
    return [f"accepted_values({', '.join([_column(_text(test.get('column'))), *values])})"]


def _of_counts(test: Mapping[str, Any]) -> list[str]:
    least, most = test.get("min"), test.get("max")
    return [f"row_count {sign}" for sign in ("> 0", f"= {least}", f">= {least}", f"<= {most}")]


def _of_condition(test: Mapping[str, Any]) -> list[str]:
    return [_text(test.get("condition"))]


_EXPECTED: dict[Any, Callable[[Any], list[str]]] = {
    "not_null": _of_columns,
    "unique": _of_columns,
    "accepted_values": _of_values,
    "row_count": _of_counts,
    "custom_sql": _of_condition,
}


def _column(name: str) -> str:
    return name if name.isidentifier() else '"' + name.replace('"', '""') + '"'


def _literal(value: Any) -> str:
    return "'" + value.replace("'", "''") + "'" if isinstance(value, str) else yaml_value(value)


def _description(description: Any) -> list[str]:
    if len(_text(description)) > _LONGEST_TEXT:
        raise _belongs_in_yaml("description")
    return ["--describe", description]


def _text(value: Any) -> str:
    if not isinstance(value, str):
        raise _belongs_in_yaml(str(value))
    return value


def _texts(values: Any) -> list[str]:
    if not isinstance(values, list) or not values:
        raise _belongs_in_yaml(str(values))
    return [_text(value) for value in values]


_WORDS: dict[str, Callable[[Any], list[str]]] = {
    "read": _read,
    "write": _write,
    "materialize": lambda form: ["--materialize", _text(form)],
    "returns": lambda kind: ["--returns", _text(kind)],
    "preview": lambda rows: ["--preview", str(rows)],
    "validation": _expectations,
    "tags": lambda tags: [word for tag in _texts(tags) for word in ("--tag", tag)],
    "depends_on": lambda names: ["--depends-on", *_texts(names)],
    "description": _description,
}
