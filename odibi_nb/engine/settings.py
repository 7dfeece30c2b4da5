"""DuckDB's own settings as users give them: what is wrong with one is said by its name."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any

from odibi_nb.exceptions import ConfigValidationError, EngineError, did_you_mean
from odibi_nb.sql.parsing import new_database
from odibi_nb.sql.quote import quote_name

if TYPE_CHECKING:
    import duckdb

__all__ = ["refuse_wrong_settings", "set_globally"]

_KIND = re.compile(r"[A-Z][\w ]*? Error: ")
_UNKNOWN = "unrecognized configuration parameter"
_EXTENSION = re.compile(r"install the required extension '(\w+)")
_CANDIDATES = re.compile(r"Candidate [\w ]+: (.+)")
_NEVER = ("cannot be set globally", "while database is running")
_UNTRIED = {"temp_directory", "log_query_path"}
"""What DuckDB isn't given as it is written, and what makes a file at once."""


def set_globally(database: duckdb.DuckDBPyConnection, key: str, value: Any) -> None:
    """Set one for all cursors; raises EngineError."""
    import duckdb

    if key.casefold() == "lock_configuration":
        raise EngineError(f"DuckDB setting '{key}' would keep the engine from setting up its own", hint="leave it out")
    try:
        database.execute(f"SET GLOBAL {quote_name(key)} = $value", {"value": value})
    except duckdb.Error as exc:
        raise _explained(exc, key, value) from exc


def refuse_wrong_settings(settings: Mapping[str, Any], locate: Callable[[tuple[Any, ...]], dict[str, Any]]) -> None:
    """Raise ConfigValidationError for a setting that DuckDB would refuse; without settings nothing is opened.

    locate: gives the place of a path of keys in the project.
    """
    if not settings.keys() - _UNTRIED:
        return
    database = new_database()
    try:
        for key, value in settings.items():
            if key not in _UNTRIED:
                set_globally(database, key, value)
    except EngineError as exc:
        place = locate(("settings", "duckdb", key))
        raise ConfigValidationError(exc.message, hint=exc.hint, **place) from exc.__cause__
    finally:
        database.close()


def _explained(exc: duckdb.Error, key: str, value: Any) -> EngineError:
    report, _, rest = _KIND.sub("", str(exc), count=1).partition("\n")
    known = _descriptions()
    if _UNKNOWN in report:
        hint = did_you_mean(key, known) or "SELECT name, description FROM duckdb_settings() lists all"
        return EngineError(f"DuckDB has no setting '{key}'", hint=hint)
    if extension := _EXTENSION.search(report):
        hint = f"leave it out, or install the extension once: duckdb.sql('INSTALL {extension[1]}')"
        return EngineError(f"DuckDB setting '{key}' is one of the extension '{extension[1]}'", hint=hint)
    message = f"DuckDB setting '{key}' can't be {value!r}: {report}"
    return EngineError(message, hint=_hint(report, rest, known.get(key.casefold(), "")))


def _hint(report: str, rest: str, described: str) -> str | None:
    if any(words in report for words in _NEVER):
        return "leave it out"
    if near := _CANDIDATES.search(rest):
        return f"candidates: {near[1]}"
    return f"it is {described[:1].lower()}{described[1:].rstrip('.')}" if described else None


def _descriptions() -> dict[str, str]:
    """Return what each setting is, also by its other names; read from a database that nobody has set up."""
    database = new_database()
    try:
        told = database.execute("SELECT name, aliases, description FROM duckdb_settings()").fetchall()
    finally:
        database.close()
    return {name.casefold(): description for one, others, description in told for name in (one, *others)}
