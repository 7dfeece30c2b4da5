"""What runs there have been: one SQLite file beside the store, which says how they went and holds none of the data."""

from odibi_nb.history.database import Database
from odibi_nb.history.finding import find_run, known_ids
from odibi_nb.history.history import RunHistory
from odibi_nb.history.models import NodeRecord, RunRecord
from odibi_nb.history.revision import Revision, commit_of, revision_of

__all__ = [
    "Database",
    "NodeRecord",
    "Revision",
    "RunHistory",
    "RunRecord",
    "commit_of",
    "find_run",
    "known_ids",
    "revision_of",
]
