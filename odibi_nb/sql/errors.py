"""DuckDB's complaints about SQL, as a message, a place in the user's text, and a hint."""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass

from odibi_nb.exceptions import TransformError, did_you_mean
from odibi_nb.sql.places import source_line
from odibi_nb.sql.tokens import name_of, position, tokenize

__all__ = ["SqlProblem", "explain_sql_error", "mentioned_at", "unknown_column"]

_KIND = re.compile(r"[A-Z][\w ]*? Error: ")
_PICTURE = re.compile(r"\n+LINE (\d+): ([^\n]*)\n( *)\^+\s*\Z")
_SUGGESTION = re.compile(r'\n+Did you mean:? "([^"]+)"[^\n]*')
_EXTENSION = re.compile(r"require[sd] (?:the )?extension '?(\w+)|exists in the (\w+) extension")
_OWN_SCHEMA = re.compile(r"odibi_\d+\.")
_CANDIDATES = re.compile(r"\n+(Candidate [\w ]+):[ :]*([^\n]*)")
_SIGNATURES = re.compile(r"\n\tCandidate functions:\n(.*)", re.DOTALL)
_QUOTED = re.compile(r'"((?:[^"]|"")+)"')
# DuckDB's own advice: a node can't SET anything, and what to do stands in the hint.
_ADVICE = re.compile(r'\n+Use "SET .*|\. Use TRY\(.*|\. You might need to add explicit type casts', re.DOTALL)
# The name that is complained of; a column of a table rather than the table.
_MISSING = (
    re.compile(r'with name "?([^\s"!]+)'),
    re.compile(r'column named "([^"]+)"'),
    re.compile(r'(?:column|table|near|key) "([^"]+)"', re.IGNORECASE),
    re.compile(r"argument types '(\w+)\("),
    re.compile(r"no column '([^']+)'"),
)
_UNKNOWN_COLUMN = re.compile(r'(?:Referenced column|does not have a column named) "((?:[^"]|"")+)"')
_SHOWN_SIGNATURES = 4
_CLAUSES = frozenset(
    ("SELECT", "DISTINCT", "FROM", "WHERE", "GROUP", "ORDER", "HAVING", "LIMIT", "OFFSET", "QUALIFY", "WINDOW", "JOIN",
     "LEFT", "RIGHT", "INNER", "OUTER", "CROSS", "USING", "UNION", "EXCEPT", "INTERSECT", "VALUES", "WITH", "CASE",
     "WHEN", "THEN", "ELSE", "END", "BETWEEN", "AND", "NOT", "NULL", "LIKE", "CAST")
)  # fmt: skip

_REMEDIES = {
    "Conversion Error": "find the rows with TRY_CAST(… AS …) IS NULL; TRY_CAST turns them into NULL",
    "Out of Range Error": "cast to a wider type first, such as HUGEINT or DOUBLE",
    "Values were not provided for": "give it a value: vars of the project, or --param NAME=VALUE",
    "Division by zero": "divide by nullif(…, 0): NULL instead",
    "Could not parse string": "try_strptime gives NULL where the text doesn't fit",
    "More than one row returned by a subquery": "let it give one row: max(…) or another aggregate, or LIMIT 1",
    "No files found that match": "paths of SQL start at the notebook's or project's folder",
}


@dataclass(frozen=True, slots=True)
class SqlProblem:
    """An SQL error explained; line and column are 1-based, None where DuckDB doesn't tell and no name gives it away.

    line: counted from the `first_line` that was asked for. source: the text of that line.
    """

    message: str
    line: int | None = None
    column: int | None = None
    source: str | None = None
    hint: str | None = None

    def as_error(self) -> TransformError:
        return TransformError(self.message, hint=self.hint, line=self.line, column=self.column, source=self.source)


def explain_sql_error(exc: Exception, text: str, *, first_line: int = 1) -> SqlProblem:
    """Explain an exception that DuckDB raised on `text`.

    first_line: the line number of the text's first line, if it is part of a longer one.
    Errors about the contents of a file (CSV) are kept whole.
    """
    report = str(exc)
    if "CSV Error" in report or "Error when sniffing file" in report:
        return SqlProblem(report)
    picture = _PICTURE.search(report)
    complaint = report[: picture.start()] if picture else report
    message, hint = _message(complaint), _hint(complaint)
    place = _pictured(picture, text, complaint) if picture else _found(complaint, text)
    if place is None:
        return SqlProblem(message, hint=hint)
    line, column = place
    source = source_line(text, line)
    if "syntax error" in message and hint is None:
        hint = _misspelt(text, line, column)
    return SqlProblem(message, line + first_line - 1, column, source, hint)


def mentioned_at(complaint: str, text: str) -> tuple[int | None, int | None]:
    """Return line and column in `text` of what is complained of, if it is mentioned once.

    The line alone where the text has no other; (None, None) where nothing tells.
    """
    if (found := _found(complaint, text)) is not None:
        return found
    filled = [number for number, line in enumerate(text.split("\n"), start=1) if line.strip()]
    return (filled[0] if len(filled) == 1 else None), None


def unknown_column(complaint: str) -> str | None:
    """Return the column that DuckDB complains of not finding; None where it complains of something else."""
    found = _UNKNOWN_COLUMN.search(complaint)
    return found[1].replace('""', '"') if found else None


def _message(complaint: str) -> str:
    if (extension := _EXTENSION.search(complaint)) is not None:
        return f"DuckDB's extension {extension[1] or extension[2]} is needed, and not installed"
    for pattern in (_SIGNATURES, _CANDIDATES, _SUGGESTION, _ADVICE):
        complaint = pattern.sub("", complaint)
    message = _KIND.sub("", complaint, count=1).strip()
    if "GROUP BY clause" in message:  # its second line is a hint
        message = message.split("\n")[0]
    return message.removesuffix("!").removesuffix(".")


def _hint(complaint: str) -> str | None:
    if _EXTENSION.search(complaint):
        return "nodes load no extensions: read files through a connection, and do the rest in Python"
    if suggestion := _SUGGESTION.search(complaint):
        if _OWN_SCHEMA.match(suggestion[1]):
            return "a macro is there in the node alone that creates it: write its CREATE MACRO above this query too"
        return f"did you mean '{suggestion[1]}'?"
    if candidates := _CANDIDATES.search(complaint):
        names = [name.replace('""', '"') for name in _QUOTED.findall(candidates[2])]
        near = did_you_mean(missing, names) if (missing := _missing(complaint)) else None
        return near or f"{candidates[1].lower()}: {', '.join(names)}"
    if signatures := _SIGNATURES.search(complaint):
        return _signatures(signatures[1])
    return _remedy(complaint)


def _remedy(complaint: str) -> str | None:
    if "GROUP BY clause" in complaint and "\n" in complaint:
        return complaint.split("\n")[1].strip().replace("Either add", "add", 1)
    return next((remedy for start, remedy in _REMEDIES.items() if start in complaint), None)


def _misspelt(text: str, line: int, column: int) -> str:
    """Suggest a keyword for the word at a place or the one before it: the parser takes `were` for an alias."""
    words = [token for token in tokenize(text) if position(text, token.start) <= (line, column)][-2:]
    if len(words) > 1 and words[0].key in ("FROM", "JOIN") and words[1].kind == "word":
        return f'if it is a name, quote it: "{words[1].text}"; else a table is missing before it'
    strange = [word.text for word in words if word.kind == "word" and len(word.text) > 2 and word.key not in _CLAUSES]
    near = (did_you_mean(word, _CLAUSES) for word in strange)
    return next(filter(None, near), "look before it too: a comma, bracket or keyword may be missing")


def _signatures(block: str) -> str:
    signatures = [line.strip() for line in block.splitlines() if line.strip()]
    more = f"; and {len(signatures) - _SHOWN_SIGNATURES} more" if len(signatures) > _SHOWN_SIGNATURES else ""
    return f"cast the arguments; it takes {'; '.join(signatures[:_SHOWN_SIGNATURES])}{more}"


def _missing(complaint: str) -> str | None:
    found = (pattern.search(complaint) for pattern in _MISSING)
    return next((match[1] for match in found if match), None)


def _pictured(picture: re.Match[str], text: str, complaint: str) -> tuple[int, int] | None:
    """Return the place that DuckDB's picture of the line, cut to some 100 characters, points at."""
    line = int(picture[1])
    source = source_line(text, line)
    if source is None:
        return None
    shown = picture[2]
    width = len(picture[3]) - len(f"LINE {line}: ")
    cut = shown.startswith("...")
    excerpt = shown.removeprefix("...").removesuffix("...") if cut or len(shown) < len(source) else shown
    start = max(source.find(excerpt), 0)
    column = start + _characters(excerpt, width - 3 * cut)
    return line, _snapped(source, column, complaint) + 1


def _characters(shown: str, width: int) -> int:
    """Return how many characters of `shown` fill `width` cells, as DuckDB counts cells: a tab fills none."""
    for index, character in enumerate(shown):
        if width <= 0 and character != "\t":
            return index
        wide = unicodedata.east_asian_width(character) in "WF"
        width -= 0 if character == "\t" else 2 if wide else 1
    return len(shown)


def _snapped(source: str, column: int, complaint: str) -> int:
    """Move a column to the nearest mention of what is complained of: DuckDB 1.5 counts bytes now and then."""
    name = _missing(complaint)
    if not name or source.startswith(name, column):
        return column
    starts = [match.start() for match in re.finditer(re.escape(name), source)]
    near = [start for start in starts if abs(start - column) <= len(source.encode()) - len(source)]
    return min(near, key=lambda start: abs(start - column), default=column)


def _found(complaint: str, text: str) -> tuple[int, int] | None:
    """Return the place of a name in the complaint, if the text mentions it once, or that of the text's end."""
    if "at end of input" in complaint and (tokens := tokenize(text)):  # DuckDB 1; later ones show what stands there
        return position(text, tokens[-1].start)
    name = _missing(complaint)
    if name is None:
        return None
    places = [token.start for token in tokenize(text) if name_of(token).casefold() == name.casefold()]
    return position(text, places[0]) if len(places) == 1 else None
