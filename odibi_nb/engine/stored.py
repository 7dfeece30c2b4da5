"""What a file holds now, to be compared with a result that is there or might be."""

from __future__ import annotations

import itertools
from dataclasses import replace

from odibi_nb.engine.base import Dataset, Engine, Readers, Source, Target
from odibi_nb.engine.schema import Schema
from odibi_nb.sql.quote import quote_name

__all__ = ["stored_rows"]

_NUMBERS = itertools.count(1)
_PARSED_ONCE = Readers(overrule="table")


def stored_rows(engine: Engine, target: Target, like: Schema) -> Dataset:
    """Return what the target holds; see `Engine.stored`."""
    form, name = target.format, f"stored {next(_NUMBERS)}"
    source = Source(target.connection, form, target.path, form.read_options(target.options))
    if form.typed:
        return engine.read(source, name, Readers(count=1))
    found = engine.read(source, name, _PARSED_ONCE)
    types = _fitting_types(engine, found, like)
    if types == dict(found.schema):
        return found
    return engine.read(replace(source, types=types), f"{name} typed", _PARSED_ONCE)


def _fitting_types(engine: Engine, found: Dataset, like: Schema) -> dict[str, str]:
    """Return the types of `like` for the columns that are there, but for values that they can't hold."""
    known = {column.name.casefold(): column.type for column in like}
    wanted = {column.name: known.get(column.name.casefold(), column.type) for column in found.schema}
    quoted = ((quote_name(name), kind) for name, kind in wanted.items())
    fits = (f"count({name}) = count(TRY_CAST({name} AS {kind}))" for name, kind in quoted)
    (told,) = engine.inspect(found, lambda table, run: run(f"SELECT {', '.join(fits)} FROM {table}"))
    return {
        column.name: wanted[column.name] if fit else column.type for column, fit in zip(found.schema, told, strict=True)
    }
