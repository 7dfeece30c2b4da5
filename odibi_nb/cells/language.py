"""Which language a node's body is written in."""

from __future__ import annotations

import ast
import re
from typing import Literal

from odibi_nb.cells.parsing import parse_python
from odibi_nb.exceptions import did_you_mean

__all__ = ["Language", "detect_language", "node_fields", "opens_with_key"]

Language = Literal["sql", "python", "yaml", "none"]

_ALWAYS_SQL = frozenset({"select", "values", ""})
"""Words that open SQL whatever Python makes of it; none at all is a template, to Python a set of a set."""
_WORK = frozenset({"read", "inputs", "transform", "write"})
_COMMENT = re.compile(r"\s+|--[^\n]*|#[^\n]*|/\*.*?(?:\*/|\Z)|;", re.DOTALL)
_KEY = re.compile(r"([\"']?)(\w+)\1\s*:(?:\s|$)")
_SQL_WORD = re.compile(r"\(*\s*([A-Za-z_]+)")
_SQL_WORDS = frozenset(
    {
        "alter", "analyze", "attach", "begin", "call", "checkpoint", "commit", "copy", "create", "deallocate",
        "delete", "desc", "describe", "detach", "drop", "execute", "explain", "export", "from", "grant",
        "insert", "install", "load", "merge", "pivot", "pragma", "prepare", "replace", "reset", "rollback",
        "select", "set", "show", "summarize", "table", "truncate", "unpivot", "update", "use", "vacuum",
        "values", "with",
    }
)  # fmt: skip
# After a first word, what only Python goes on with: `values = …`, `table.x`, `show: int`, `set, y = …`.
_PYTHON_GOES_ON = re.compile(r"\s*(?:=(?!=)|,|:(?!:))|\.[A-Za-z_]|\[")
_PYTHON_IMPORT = re.compile(r"from\s+\.*[\w.]*\s+import\b")
_PYTHON_WITH = re.compile(r"(?:async\s+)?with\b[^\n#]*:\s*(?:#[^\n]*)?(?:\n|$)")
# A CTE may go on with a line that ends in a colon: `with t as ( -- note:`.
_CTE = re.compile(
    r"with\s+(?:recursive\s+)?\w+\s*(?:\([\w\s,]*\)\s*)?as\s+(?:not\s+)?(?:materialized\s+)?\(", re.IGNORECASE
)
_TEMPLATE = re.compile(r"\{\{|\{%")


def detect_language(body: str, lang: Language | None = None) -> Language:
    """Return the language of a body; `lang` is what the cell says, "none" is a body without content.

    YAML has only node fields at its top, one of `read`, `inputs`, `transform`, `write` among them. After
    comments, `SELECT` and `VALUES` open SQL, `from … import` and `with …:` Python; another keyword of SQL opens
    SQL unless the body is valid Python; the rest is Python.
    """
    code = _without_comments(body)
    if not code:
        return "none"
    if lang is not None:
        return lang
    keys = _top_level_keys(body)
    if keys is not None and keys & _WORK and keys <= node_fields():
        return "yaml"
    if _opens_sql(code) and not (_sql_word(code) not in _ALWAYS_SQL and _is_python(body)):
        return "sql"
    # Nothing that Python could do: a misspelt key should be answered as a key.
    if keys is not None and any(map(_is_meant_as_field, keys)) and not _is_code(body):
        return "yaml"
    return "python"


def node_fields() -> frozenset[str]:
    """Return the node fields of the dialect, also those whose feature isn't built yet."""
    from odibi_nb.config import NodeConfig
    from odibi_nb.config.unbuilt import UNBUILT_KEYS

    return frozenset(NodeConfig.model_fields) | UNBUILT_KEYS["NodeConfig"]


def opens_with_key(line: str) -> bool:
    """Tell whether a line is a top-level `key:` of YAML."""
    return bool(_KEY.match(line))


def _without_comments(body: str) -> str:
    position = 0
    while found := _COMMENT.match(body, position):
        position = found.end()
    return body[position:]


def _top_level_keys(body: str) -> frozenset[str] | None:
    """Return the keys at the left margin, or None where something else stands there."""
    keys = set()
    for line in body.split("\n"):
        # Lists may stand at their key's column, and brackets may close there.
        if not line.strip() or line[0] in " \t#]}" or line.startswith(("- ", "---")) or line == "-":
            continue
        found = _KEY.match(line)
        if found is None:
            return None
        keys.add(found[2])
    return frozenset(keys) or None


def _sql_word(code: str) -> str:
    found = _SQL_WORD.match(code)
    return found[1].lower() if found else ""


def _opens_sql(code: str) -> bool:
    if _TEMPLATE.match(code):
        return True
    found = _SQL_WORD.match(code)
    if found is None or found[1].lower() not in _SQL_WORDS:
        return False
    if _PYTHON_IMPORT.match(code) or (_PYTHON_WITH.match(code) and not _CTE.match(code)):
        return False
    return not _PYTHON_GOES_ON.match(code, found.end())


def _is_meant_as_field(key: str) -> bool:
    return key in node_fields() or did_you_mean(key, _WORK, likeness=0.8) is not None


def _is_python(body: str) -> bool:
    return _statements(body) is not None


def _is_code(body: str) -> bool:
    """Tell Python from YAML that Python would take for annotations: `tags: [daily]`."""
    statements = _statements(body) or []
    return any(not isinstance(one, ast.AnnAssign) or one.value is not None for one in statements)


def _statements(body: str) -> list[ast.stmt] | None:
    try:
        return parse_python(body).body
    except SyntaxError:
        return None
