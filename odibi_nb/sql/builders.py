"""One function an operation: the frame's columns and the arguments → a SELECT from `df`.

Each keeps the order of the rows, unless it is there to change it, and works on a frame without rows.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, TypeAlias

from odibi_nb.exceptions import ParameterError, TransformError, did_you_mean
from odibi_nb.sql.arguments import Aggregate, Flags, Keep, Name, Names, Renaming, Types, Values
from odibi_nb.sql.quote import quote_name, quote_text

__all__ = ["Columns", "duckdb_type"]

# A frame's columns, in order: name and DuckDB type.
Columns: TypeAlias = Sequence[tuple[str, str]]

_BITS = {8: "TINYINT", 16: "SMALLINT", 32: "INTEGER", 64: "BIGINT"}
_INTEGERS = frozenset({*_BITS.values(), *(f"U{name}" for name in _BITS.values()), "HUGEINT", "UHUGEINT"})

# Where pandas and DuckDB give one name to two types (int8, float), the spelling of pandas is pandas' type.
_PANDAS_TYPES = {
    **{f"{prefix}{bits}": name for prefix in ("int", "Int") for bits, name in _BITS.items()},
    **{f"{prefix}{bits}": f"U{name}" for prefix in ("uint", "UInt") for bits, name in _BITS.items()},
    **dict.fromkeys(("float64", "Float64", "float"), "DOUBLE"),
    **dict.fromkeys(("float32", "Float32"), "FLOAT"),
    **dict.fromkeys(("str", "string", "object", "category"), "VARCHAR"),
    **dict.fromkeys(("bool", "boolean"), "BOOLEAN"),
    **dict.fromkeys(("datetime64[ns]", "datetime64[us]", "datetime64", "datetime"), "TIMESTAMP"),
    **dict.fromkeys(("datetime64[ns, UTC]", "datetime64[us, UTC]"), "TIMESTAMPTZ"),
    **dict.fromkeys(("timedelta64[ns]", "timedelta64", "timedelta"), "INTERVAL"),
    "int": "BIGINT",
}


def duckdb_type(name: str) -> str:
    """Return DuckDB's type for a name of pandas'; other names are DuckDB's own."""
    return _PANDAS_TYPES.get(name, name)


def drop(frame: Columns, /, *, columns: Names) -> str:
    gone = set(_resolved(frame, columns))
    left = [name for name, _ in frame if name not in gone]
    if not left:
        raise TransformError("drop() would leave no column")
    return f"SELECT {_list(left)} FROM df"


def select(frame: Columns, /, *, columns: Names) -> str:
    return f"SELECT {_list(_resolved(frame, columns))} FROM df"


def rename(frame: Columns, /, *, columns: Renaming) -> str:
    new = dict(zip(_resolved(frame, list(columns)), columns.values(), strict=True))
    names = [new.get(name, name) for name, _ in frame]
    folded = [name.casefold() for name in names]
    if doubled := next((name for name in names if folded.count(name.casefold()) > 1), None):
        raise TransformError(f"rename() would give two columns the name '{doubled}'")
    items = (_aliased(quote_name(old), name) for (old, _), name in zip(frame, names, strict=True))
    return f"SELECT {', '.join(items)} FROM df"


def fillna(frame: Columns, /, *, value: Values) -> str:
    if isinstance(value, Mapping):
        fills = dict(zip(_resolved(frame, list(value)), value.values(), strict=True))
    else:
        fills = {name: value for name, type_ in frame if _suits(value, type_)}
    items = (_filled(name, type_, fills[name]) if name in fills else quote_name(name) for name, type_ in frame)
    return f"SELECT {', '.join(items)} FROM df"


def drop_duplicates(frame: Columns, /, *, subset: Names | None = None, keep: Keep = "first") -> str:
    row = _free_name(frame)
    keys = _list(_resolved(frame, subset) if subset else [name for name, _ in frame])
    if keep is False:
        chosen = f"count(*) OVER (PARTITION BY {keys}) = 1"
    else:
        chosen = f"row_number() OVER (PARTITION BY {keys} ORDER BY {row}{' DESC' if keep == 'last' else ''}) = 1"
    return f"SELECT {_list(_names(frame))} FROM {_numbered(row)} QUALIFY {chosen} ORDER BY {row}"


def sort(frame: Columns, /, *, by: Names, ascending: Flags = True) -> str:
    names, row = _resolved(frame, by), _free_name(frame)
    flags = [ascending] * len(names) if isinstance(ascending, bool) else ascending
    if len(flags) != len(names):
        raise ParameterError(f"sort() has {len(names)} columns and {len(flags)} values of ascending")
    keys = (f"{quote_name(name)} {'ASC' if up else 'DESC'} NULLS LAST" for name, up in zip(names, flags, strict=True))
    return f"SELECT {_list(_names(frame))} FROM {_numbered(row)} ORDER BY {', '.join(keys)}, {row}"


def sample(
    frame: Columns, /, *, n: int | None = None, frac: float | None = None, random_state: int | None = None
) -> str:
    row, luck, rank, total = (_free_name(frame, name) for name in ("row", "luck", "rank", "total"))
    # md5 rather than hash(): its values are the same in every version of DuckDB.
    drawn = "random()" if random_state is None else f"md5(concat({row}, ':', {random_state}))"
    lots = f"(SELECT *, {drawn} AS {luck} FROM {_numbered(row)})"
    ranks = f"row_number() OVER (ORDER BY {luck}, {row}) AS {rank}, count(*) OVER () AS {total}"
    size = str(n) if n is not None else f"round({frac} * {total})"
    chosen = f"(SELECT *, {ranks} FROM {lots}) WHERE {rank} <= {size}"
    return f"SELECT {_list(_names(frame))} FROM {chosen} ORDER BY {row}"


def pivot(frame: Columns, /, *, index: Names, columns: Name, values: Names, aggfunc: Aggregate = "first") -> str:
    keys, (across,), cells = _resolved(frame, index), _resolved(frame, columns), _resolved(frame, values)
    row = _free_name(frame)
    calls = [_aggregate(aggfunc, quote_name(name), row) for name in cells]
    if len(cells) > 1:
        calls = [_aliased(call, name) for call, name in zip(calls, cells, strict=True)]
    on, using = quote_name(across), ", ".join(calls)
    grouped = f"PIVOT {_numbered(row)} ON {on} USING {using} GROUP BY {_list(keys)}"
    return f"SELECT * FROM ({grouped}) ORDER BY {_list(keys, ' NULLS LAST')}"


def filter_(_frame: Columns, /, *, condition: str) -> str:
    return f"SELECT * FROM df WHERE (\n{condition}\n)"  # the line break ends a trailing comment


def cast(frame: Columns, /, *, columns: Types) -> str:
    if isinstance(columns, str):
        types = dict.fromkeys(_names(frame), columns)
    else:
        types = dict(zip(_resolved(frame, list(columns)), columns.values(), strict=True))
    items = (_cast(name, types[name]) if name in types else quote_name(name) for name, _ in frame)
    return f"SELECT {', '.join(items)} FROM df"


def _names(frame: Columns) -> list[str]:
    return [name for name, _ in frame]


def _resolved(frame: Columns, names: Names) -> list[str]:
    """Return the frame's own spelling of column names; DuckDB folds case."""
    known = {name.casefold(): name for name, _ in frame}
    return [_one(known, name) for name in ([names] if isinstance(names, str) else names)]


def _one(known: Mapping[str, str], name: str) -> str:
    if name.casefold() in known:
        return known[name.casefold()]
    hint = did_you_mean(name, known.values()) or f"columns: {', '.join(known.values())}"
    raise TransformError(f"there is no column '{name}'", hint=hint)


def _list(names: Iterable[str], suffix: str = "") -> str:
    return ", ".join(quote_name(name) + suffix for name in names)


def _aliased(expression: str, name: str) -> str:
    return f"{expression} AS {quote_name(name)}"


def _aggregate(function: Aggregate, column: str, row: str) -> str:
    # Like pandas, first and last pass over NULLs; so do DuckDB's arg_min and arg_max.
    if function in {"first", "last"}:
        return f"{'arg_min' if function == 'first' else 'arg_max'}({column}, {row})"
    return f"{'avg' if function == 'mean' else function}({column})"


def _cast(name: str, type_: str) -> str:
    return _aliased(f"CAST({quote_name(name)} AS {duckdb_type(type_)})", name)


def _numbered(row: str) -> str:
    """Return `df` with its row numbers in the column `row`: what tells the order of equal rows."""
    return f"(SELECT *, row_number() OVER () AS {row} FROM df)"


def _free_name(frame: Columns, name: str = "row") -> str:
    taken = {other.casefold() for other, _ in frame}
    while name in taken:
        name += "_"
    return quote_name(name)


def _suits(value: Any, type_: str) -> bool:
    if isinstance(value, bool):
        return type_ == "BOOLEAN"
    if isinstance(value, str):
        return type_ == "VARCHAR"
    return type_ in _INTEGERS or type_ in {"FLOAT", "DOUBLE"} or type_.startswith("DECIMAL")


def _filled(name: str, type_: str, value: Any) -> str:
    if type_ in _INTEGERS and isinstance(value, float) and not value.is_integer():
        raise TransformError(f"column '{name}' is {type_} and can't hold {value}", hint="cast it to DOUBLE first")
    literal = quote_text(str(value))
    if isinstance(value, float) and type_ in _INTEGERS:
        literal = str(int(value))
    return _aliased(f"coalesce({quote_name(name)}, CAST({literal} AS {type_}))", name)
