"""A project's files → a notebook that a person would have written, and that means the same."""

from __future__ import annotations

from odibi_nb.importing.importer import Imported, import_project

__all__ = ["Imported", "import_project"]
