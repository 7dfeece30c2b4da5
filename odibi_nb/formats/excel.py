"""Excel: calamine reads, openpyxl writes; DuckDB takes part through Arrow."""

from __future__ import annotations

import datetime as dt
import json
import math
from collections.abc import Callable, Iterable, Sequence
from contextlib import ExitStack
from decimal import Decimal
from typing import TYPE_CHECKING, Any, BinaryIO

from odibi_nb.exceptions import ConfigValidationError, FormatError, did_you_mean
from odibi_nb.formats.base import Format, Opener, Options, accepted, known_options

if TYPE_CHECKING:
    import pandas as pd
    import pyarrow as pa

__all__ = ["ExcelFormat"]

_ALIASES = {"sheet_name": "sheet", "skiprows": "skip"}
# The limits of the file format itself; openpyxl cuts or rounds beyond them in silence.
_MAX_ROWS = 1_048_576
_MAX_TEXT = 32_767
_MAX_EXACT_INTEGER = 2**53


class ExcelFormat(Format):
    """A sheet of a workbook: the first one, or `sheet` (a name or a 0-based index).

    Options: `sheet`, `header` (default true), `skip` (rows above the header). Reading: numbers of a column are
    integers when all are whole; an empty cell is NULL; a column of several kinds becomes text. Writing: nested
    values become JSON text, times with a zone ISO text.
    """

    name = "excel"
    extensions = (".xlsx", ".xlsm", ".xlsb", ".xls", ".ods")
    typed = True
    snapshot_bytes = 50_000  # it is packed, and slow to parse
    packages = ("python-calamine",)

    def read_options(self, options: Options) -> dict[str, Any]:
        own_names = {_ALIASES.get(name, name): value for name, value in options.items()}
        return {name: own_names[name] for name in ("sheet", "header") if name in own_names}

    def read_arrow(self, opener: Opener, uris: Sequence[str], options: Options) -> pa.Table:
        import pyarrow as pa

        given = known_options(options, ("sheet", "header", "skip"), aliases=_ALIASES, owner="excel reads")
        tables = [_read_sheet(opener, uri, given) for uri in uris]
        for uri, table in zip(uris, tables, strict=True):
            if set(table.column_names) != set(tables[0].column_names):
                raise FormatError(f"the sheet's columns differ from those of '{uris[0]}'", file=uri)
        return pa.concat_tables(tables, promote_options="permissive")

    def write_arrow(self, reader: pa.RecordBatchReader, file: BinaryIO, options: Options) -> None:
        from openpyxl import Workbook

        given = known_options(options, ("sheet", "header"), aliases=_ALIASES, owner="excel writes")
        book = Workbook(write_only=True)
        sheet = book.create_sheet(given.get("sheet", "Sheet1"))
        with ExitStack() as on_failure:
            # A sheet left open complains when it is collected.
            on_failure.callback(sheet.close)
            if given.get("header", True):
                sheet.append([_text_cell(sheet, name) for name in reader.schema.names])
            _append_rows(sheet, reader)
            on_failure.pop_all()
        book.save(file)

    def read_pandas(self, opener: Opener, uris: Sequence[str], options: Options) -> pd.DataFrame:
        import pandas as pd

        given: dict[str, Any] = {"engine": "calamine", "dtype_backend": "numpy_nullable"}
        given |= accepted(pd.read_excel, options, "pandas.read_excel")
        frames = [_read_frame(opener, uri, given) for uri in uris]
        return frames[0] if len(frames) == 1 else pd.concat(frames, ignore_index=True)

    def write_pandas(self, frame: pd.DataFrame, file: BinaryIO, path: str, options: Options) -> None:
        given: dict[str, Any] = {"index": False, "engine": "openpyxl"}
        given |= accepted(frame.to_excel, options, "DataFrame.to_excel")
        frame.to_excel(file, **given)


def _read_sheet(opener: Opener, uri: str, given: dict[str, Any]) -> pa.Table:
    import pyarrow as pa

    rows = _rows(opener, uri, given.get("sheet", 0))[given.get("skip", 0) :]
    if not rows:
        raise FormatError("the sheet is empty", hint="it needs at least a row of column names", file=uri)
    with_header = given.get("header", True)
    names = _names(rows.pop(0), uri) if with_header else [f"column{i}" for i in range(len(rows[0]))]
    columns = list(zip(*rows, strict=True)) or [()] * len(names)
    return pa.table([_column(values) for values in columns], names=names)


def _rows(opener: Opener, uri: str, sheet: str | int) -> list[list[Any]]:
    from python_calamine import CalamineError, CalamineWorkbook

    with opener(uri) as file:
        try:
            book = CalamineWorkbook.from_filelike(file)
            if isinstance(sheet, int) and not 0 <= sheet < len(book.sheet_names):
                raise ConfigValidationError(f"there is no sheet {sheet}", hint=f"0 to {len(book.sheet_names) - 1}")
            if isinstance(sheet, str) and sheet not in book.sheet_names:
                hint = did_you_mean(sheet, book.sheet_names) or f"sheets: {', '.join(book.sheet_names)}"
                raise ConfigValidationError(f"there is no sheet '{sheet}'", hint=hint, file=uri)
            name = book.sheet_names[sheet] if isinstance(sheet, int) else sheet
            return book.get_sheet_by_name(name).to_python()
        except CalamineError as exc:
            raise FormatError(f"the file is no workbook: {exc}", hint="is it really Excel?", file=uri) from exc


def _names(header: list[Any], uri: str) -> list[str]:
    names = [_as_text(cell) if cell != "" else f"column{i}" for i, cell in enumerate(header)]
    folded = [name.casefold() for name in names]
    for name in names:
        if folded.count(name.casefold()) > 1:
            raise FormatError(f"two columns have one name: '{name}'", hint="rename one", file=uri, line=1)
    return names


def _column(values: Sequence[Any]) -> pa.Array:
    import pyarrow as pa

    cells = [None if value == "" else value for value in values]
    kinds = {type(cell) for cell in cells if cell is not None}
    if kinds <= {float, int} and kinds:
        whole = all(cell is None or float(cell).is_integer() for cell in cells)
        return pa.array([None if cell is None else int(cell) for cell in cells] if whole else cells)
    if kinds == {dt.date, dt.datetime}:
        return pa.array([_as_timestamp(cell) for cell in cells], pa.timestamp("us"))
    if kinds == {dt.datetime}:
        return pa.array(cells, pa.timestamp("us"))
    if len(kinds) == 1 and kinds != {str}:
        return pa.array(cells)
    return pa.array([None if cell is None else _as_text(cell) for cell in cells], pa.string())


def _as_timestamp(cell: dt.date | None) -> dt.datetime | None:
    if cell is None or isinstance(cell, dt.datetime):
        return cell
    return dt.datetime.combine(cell, dt.time())


def _as_text(cell: Any) -> str:
    return str(int(cell)) if isinstance(cell, float) and cell.is_integer() else str(cell)


def _append_rows(sheet: Any, reader: pa.RecordBatchReader) -> None:
    names = reader.schema.names
    row = 1
    for batch in reader:
        columns = [_cells(sheet, name, batch.column(i).to_pylist()) for i, name in enumerate(names)]
        for values in zip(*columns, strict=True):
            row += 1
            if row > _MAX_ROWS:
                raise FormatError(f"an Excel sheet holds {_MAX_ROWS:,} rows at most", hint="write Parquet or CSV")
            sheet.append(values)


def _cells(sheet: Any, column: str, values: Iterable[Any]) -> list[Any]:
    return [None if value is None else _cell(sheet, column, value) for value in values]


def _cell(sheet: Any, column: str, value: Any) -> Any:
    for kinds, fitted in _FITTING:
        if isinstance(value, kinds):
            return fitted(sheet, column, value)
    return _text_cell(sheet, str(value), column)


def _number_cell(sheet: Any, column: str, value: float | Decimal) -> Any:
    if isinstance(value, int) and abs(value) > _MAX_EXACT_INTEGER:
        raise FormatError(f"column '{column}': Excel can't hold the integer {value} exactly", hint="cast it to VARCHAR")
    return value if math.isfinite(value) else _text_cell(sheet, str(value), column)


def _time_cell(sheet: Any, column: str, value: dt.datetime | dt.time) -> Any:
    return value if value.tzinfo is None else _text_cell(sheet, value.isoformat(), column)


def _json_cell(sheet: Any, column: str, value: Any) -> Any:
    return _text_cell(sheet, json.dumps(value, default=str, ensure_ascii=False), column)


def _text_cell(sheet: Any, text: str, column: str = "") -> Any:
    from openpyxl.cell import WriteOnlyCell
    from openpyxl.utils.exceptions import IllegalCharacterError

    if len(text) > _MAX_TEXT:
        raise FormatError(f"column '{column}': an Excel cell holds {_MAX_TEXT:,} characters at most")
    try:
        cell = WriteOnlyCell(sheet, text)
    except IllegalCharacterError as exc:
        raise FormatError(f"column '{column}': Excel can't hold the control characters in {text!r}") from exc
    # openpyxl takes a text that begins with "=" for a formula.
    cell.data_type = "s"
    return cell


_FITTING: tuple[tuple[type | tuple[type, ...], Callable[[Any, str, Any], Any]], ...] = (
    (bool, lambda _sheet, _column, value: value),
    ((int, float, Decimal), _number_cell),
    ((dt.datetime, dt.time), _time_cell),
    ((dt.date, dt.timedelta), lambda _sheet, _column, value: value),
    (str, lambda sheet, column, value: _text_cell(sheet, value, column)),
    ((list, dict, tuple), _json_cell),
)


def _read_frame(opener: Opener, uri: str, given: dict[str, Any]) -> pd.DataFrame:
    import pandas as pd
    from python_calamine import CalamineError

    with opener(uri) as file:
        try:
            frame = pd.read_excel(file, **given)
        except (CalamineError, ValueError) as exc:
            raise FormatError(f"the file can't be read as excel: {exc}", hint="is it really Excel?", file=uri) from exc
    if not isinstance(frame, pd.DataFrame):
        raise ConfigValidationError("excel reads give one sheet", hint="set sheet_name to one name or index")
    return frame
