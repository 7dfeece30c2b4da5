"""What is kept of a result or a failure, as plain JSON values and back; rows are kept elsewhere."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict, replace
from typing import Any

from odibi_nb import exceptions
from odibi_nb.capture import NodeOutput
from odibi_nb.engine.recalled import Told
from odibi_nb.engine.schema import Column, Schema
from odibi_nb.exceptions import NodeExecutionError, OdibiException
from odibi_nb.expectations import ExpectationResult
from odibi_nb.fingerprints import Fingerprint, Value
from odibi_nb.runner import NodeResult
from odibi_nb.workspaces.computed import has_rows
from odibi_nb.workspaces.kept import Kept, Written

__all__ = [
    "begun_record",
    "failure_of",
    "failure_record",
    "kept_of",
    "record_of",
    "told_of",
    "written_of",
    "written_record",
]

_PLAIN_FIELDS = ("node_name", "duration", "reason", "fused_into", "notes", "badges")


def record_of(kept: Kept, *, anew: bool) -> dict[str, Any]:
    """Return what can be kept of a result that has rows; anew: they are computed again when somebody asks for them."""
    data = kept.result.dataset
    assert data is not None  # noqa: S101 - only results with rows are kept
    rows = {**_fields(Told.of(data)), "anew": anew, "notes": data.notes}
    return _plain({**_said(kept), "rows": rows})


def failure_record(kept: Kept) -> dict[str, Any]:
    """Return what can be kept of a failure."""
    error = kept.result.error
    assert error is not None  # noqa: S101 - a failed node has one
    raised = error.__cause__ if isinstance(error, NodeExecutionError) else None
    loses_rows = has_rows(kept.result) and not kept.result.write_failed
    told = {
        "kind": type(error).__name__,
        "message": error.message,
        "hint": "run it again to see its rows; nothing was written" if loses_rows else error.hint,
        "where": _fields(error.where),
        "raised": (type(raised).__name__, str(raised)) if raised is not None else None,
    }
    return _plain({**_said(kept), "error": told, "write_failed": kept.result.write_failed})


def failure_of(record: Mapping[str, Any], name: str) -> Kept:
    """Return a recorded failure as that of a node."""
    kept, told = kept_of(record, name), record["error"]
    kind = getattr(exceptions, told["kind"], OdibiException)
    error: OdibiException = kind(told["message"], hint=told["hint"], **told["where"])
    if told["raised"] is not None:
        raised, text = told["raised"]
        error.__cause__ = type(raised, (Exception,), {})(text)
    result = replace(kept.result, status="failed", error=error, write_failed=record["write_failed"])
    return replace(kept, result=result)


def told_of(record: Mapping[str, Any]) -> Told:
    """Return what a record knows of the rows."""
    rows = record["rows"]
    return Told(_schema(rows["schema"]), rows["rows"], tuple(map(tuple, rows["head"])), rows["looked"])


def kept_of(record: Mapping[str, Any], name: str) -> Kept:
    """Return a recorded result, without rows, as that of a node; it came from an earlier run: it is `cached`."""
    said, kept = record["result"], record["kept"]
    output = NodeOutput()
    output.write(said["output"])
    result = NodeResult(
        name,
        "cached",
        said["duration"],
        reason=said["reason"],
        output=output,
        fused_into=tuple(said["fused_into"]),
        notes=tuple(said["notes"]),
        badges=tuple(said["badges"]),
        expectations=tuple(_expectation(one) for one in said["expectations"]),
        read={one: _schema(schema) for one, schema in said["read"].items()},
    )
    return Kept(
        result, _fingerprint(record["fingerprint"]), kept["identity"], kept["in_full"], False, kept["above"], kept["at"]
    )


def written_record(written: Written) -> dict[str, Any]:
    """Return what is known of a write."""
    return {**_fields(written), "before": sorted(written.before)}


def begun_record(beginning: Written, before: Written | None) -> dict[str, Any]:
    """Return what is known of a write that begins, with the file's stamp of before, and of the last one."""
    last = written_record(before) if before is not None else None
    return {"begun": written_record(beginning), "last": last, "at": beginning.at}


def written_of(record: Mapping[str, Any], stamp: object) -> Written | None:
    """Return a recorded write; stamp: the file's of now.

    Of one that nobody has said the end of, the file tells whether it was done: it is replaced whole or not at all.
    """
    if "begun" not in record:
        return replace(Written(**record), stamp=_stamp(record["stamp"]), before=frozenset(record["before"]))
    last = written_of(record["last"], stamp) if record["last"] is not None else None
    begun = written_of(record["begun"], stamp)
    return replace(begun, stamp=stamp).after(last) if begun is not None and begun.stamp != stamp else last


def _said(kept: Kept) -> dict[str, Any]:
    """Return what a record says of any result, with rows or without."""
    result = kept.result
    said = {name: getattr(result, name) for name in _PLAIN_FIELDS}
    said["output"] = result.output.text if result.output is not None else ""
    said["expectations"] = [{**asdict(one), "where": dict(one.where)} for one in result.expectations]
    said["read"] = dict(result.read)
    return {
        "result": said,
        "fingerprint": _fields(kept.fingerprint),
        "kept": {"identity": kept.identity, "in_full": kept.in_full, "above": dict(kept.above), "at": kept.at},
    }


def _plain(record: dict[str, Any]) -> dict[str, Any]:
    plain: dict[str, Any] = json.loads(json.dumps(record, default=str))  # bad rows may hold any value
    return plain


def _fields(value: Any) -> dict[str, Any]:
    """Return the fields of a dataclass, none of them copied."""
    return {name: getattr(value, name) for name in value.__dataclass_fields__}


def _schema(columns: Any) -> Schema:
    return tuple(Column(*column) for column in columns)


def _expectation(said: Mapping[str, Any]) -> ExpectationResult:
    return ExpectationResult(**{**said, "sample": tuple(said["sample"])})


def _fingerprint(said: Mapping[str, Any]) -> Fingerprint:
    values = {key: {name: _value(value) for name, value in said[key].items()} for key in ("params", "helpers")}
    files = {path: _stamp(stamp) for path, stamp in said["files"].items()}
    return Fingerprint(**{**said, **values, "files": files, "outside": tuple(said["outside"])})


def _value(said: Any) -> Value:
    digest, shown, unsure, own, uses = said
    return Value(digest, shown, unsure, own, tuple(uses))


def _stamp(said: Any) -> object:
    """Return a version of files as it is compared: JSON knows no tuples."""
    return [tuple(one) for one in said] if isinstance(said, list) else said
