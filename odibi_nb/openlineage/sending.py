"""Where lineage events go: into a file below `.odibi`, or where the OpenLineage client is told to send them."""

from __future__ import annotations

import json
import os
import time
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from odibi_nb.openlineage.events import events_of

if TYPE_CHECKING:
    from openlineage.client import OpenLineageClient
    from openlineage.client.event_v2 import RunEvent

    from odibi_nb.pipeline.finished import FinishedRun

__all__ = ["client_event", "send_events"]

_FOLDER = "openlineage"
_PATIENCE_S = 5.0
_SETTINGS = ("OPENLINEAGE_CONFIG", "OPENLINEAGE_URL")


def send_events(run: FinishedRun) -> list[str]:
    """Send the events of a run; return what there is to say of that: nothing here fails a run."""
    if os.environ.get("OPENLINEAGE_DISABLED", "").strip().lower() == "true":
        return []
    try:
        events = list(events_of(run))
        client = _client() if _is_configured() else None
        if client is None:
            _append(run.folder / _FOLDER, events)
        else:
            _emit(client, events)
    except Exception as exc:  # noqa: BLE001 - whatever is wrong with it, the run that it tells of is over
        said = exc.strerror if isinstance(exc, OSError) and exc.strerror else f"{type(exc).__name__}: {exc}"
        return [f"lineage events can't be sent: {said.splitlines()[0]}"]
    return []


def _is_configured() -> bool:
    """Whether the client has been told anything: only then is it worth importing, which takes 0.3 s."""
    folders = (Path.cwd(), Path.home() / ".openlineage")
    names = [name for name in os.environ if name in _SETTINGS or name.startswith("OPENLINEAGE__")]
    return bool(names) or any((folder / "openlineage.yml").is_file() for folder in folders)


def _client() -> OpenLineageClient | None:
    """Return the client as it is configured; None where that says of no transport."""
    from openlineage.client import OpenLineageClient
    from openlineage.client.transport.noop import NoopConfig, NoopTransport

    said = OpenLineageClient(transport=NoopTransport(NoopConfig())).config.transport or {}
    return OpenLineageClient() if said.get("type") or os.environ.get("OPENLINEAGE_URL") else None


def _emit(client: OpenLineageClient, events: Iterable[Mapping[str, Any]]) -> None:
    """Send events; the first one that can't be sent is the last one that is tried."""
    for event in events:
        client.emit(client_event(event))
    client.close(timeout=_PATIENCE_S)


def client_event(event: Mapping[str, Any]) -> RunEvent:
    """Return an event as the client's own classes have it."""
    from openlineage.client import event_v2 as v2

    return v2.RunEvent(
        eventTime=event["eventTime"],
        eventType=v2.RunState(event["eventType"]),
        run=v2.Run(**event["run"]),
        job=v2.Job(**event["job"]),
        inputs=[v2.InputDataset(**one) for one in event["inputs"]],
        outputs=[v2.OutputDataset(**one) for one in event["outputs"]],
        producer=event["producer"],
    )


def _append(folder: Path, events: Iterable[Mapping[str, Any]]) -> None:
    """Add events to this month's file, a line each; in one write, for others may add to it too."""
    folder.mkdir(parents=True, exist_ok=True)
    ignored = folder.parent / ".gitignore"
    if not ignored.exists():
        ignored.write_text("*\n", encoding="utf-8")
    lines = "".join(f"{json.dumps(event, separators=(',', ':'))}\n" for event in events).encode("ascii")
    with (folder / f"events-{time.strftime('%Y-%m', time.gmtime())}.jsonl").open("ab", buffering=0) as file:
        file.write(lines)
