"""SQL of nodes (DuckDB's dialect): what it reads, what its errors mean, and SQL for the usual operations.

Nothing here opens a database; DuckDB itself is imported only to check syntax.
"""

from __future__ import annotations

from odibi_nb.sql.analysis import analyze
from odibi_nb.sql.errors import SqlProblem, explain_sql_error
from odibi_nb.sql.facts import FileRef, SqlFacts, TableRef
from odibi_nb.sql.quote import quote_name, quote_text

__all__ = [
    "FileRef",
    "SqlFacts",
    "SqlProblem",
    "TableRef",
    "analyze",
    "explain_sql_error",
    "quote_name",
    "quote_text",
]
