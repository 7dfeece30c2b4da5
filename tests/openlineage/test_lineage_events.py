"""Lineage events of real runs, against the classes and the naming of the OpenLineage client."""

from __future__ import annotations

import json
import subprocess
import sys
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest

from odibi_nb.openlineage.events import events_of
from odibi_nb.openlineage.sending import client_event, send_events
from odibi_nb.pipeline.finished import FinishedRun
from odibi_nb.workspaces import RunRequest
from tests.story.shops import Shop

FACETS = {
    "columnLineage": "ColumnLineageDatasetFacet",
    "dataSource": "datasource_dataset.DatasourceDatasetFacet",
    "documentation": "documentation_job.DocumentationJobFacet",
    "errorMessage": "error_message_run.ErrorMessageRunFacet",
    "jobType": "job_type_job.JobTypeJobFacet",
    "outputStatistics": "output_statistics_output_dataset.OutputStatisticsOutputDatasetFacet",
    "parent": "parent_run.ParentRunFacet",
    "processing_engine": "processing_engine_run.ProcessingEngineRunFacet",
    "schema": "schema_dataset.SchemaDatasetFacet",
    "sourceCode": "source_code_job.SourceCodeJobFacet",
    "sql": "sql_job.SQLJobFacet",
}
Event = dict[str, Any]


@pytest.fixture(autouse=True)
def nothing_configured(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.chdir(tmp_path)


@pytest.fixture
def failed(tmp_path: Path) -> FinishedRun:
    """A run with everything: a source, SQL, Python, a write, a failure, a node that was skipped."""
    shop = Shop(tmp_path)
    shop.fail()
    outcome = shop.ws.attempt(RunRequest())
    shop.ws.close()
    assert isinstance(outcome.report, FinishedRun)
    return outcome.report


def written(root: Path) -> list[Event]:
    files = sorted((root / ".odibi" / "openlineage").glob("events-*.jsonl"))  # one a month, which may end meanwhile
    return [json.loads(line) for file in files for line in file.read_text("utf-8").splitlines()]


def named(events: list[Event]) -> list[tuple[str, str]]:
    return [(event["eventType"], event["job"]["name"].removeprefix("nightly sales")) for event in events]


def test_the_run_and_each_node_that_ran_begin_and_end(failed: FinishedRun) -> None:
    events = list(events_of(failed))
    told = named(events)
    assert (told[0], told[-1]) == (("START", ""), ("FAIL", ""))
    ends = {"load": "COMPLETE", "clean": "COMPLETE", "totals": "COMPLETE", "score": "FAIL"}
    assert sorted(told[1:-1]) == sorted(
        [*(("START", f".{name}") for name in ends), *((e, f".{n}") for n, e in ends.items())]
    )
    times = [datetime.fromisoformat(event["eventTime"]) for event in events]
    assert times == sorted(times)
    (run_id,) = {event["run"]["runId"] for event in (events[0], events[-1])}
    assert run_id == failed.record.id
    parents = [event["run"]["facets"]["parent"] for event in events[1:-1]]
    assert {(one["run"]["runId"], one["job"]["name"]) for one in parents} == {(run_id, "nightly sales")}
    assert len({event["run"]["runId"] for event in events}) == 5


def test_files_are_named_as_openlineage_names_them(failed: FinishedRun, tmp_path: Path) -> None:
    by_end = {(event["eventType"], event["job"]["name"]): event for event in events_of(failed)}
    load, totals = (by_end["COMPLETE", f"nightly sales.{name}"] for name in ("load", "totals"))
    (source,), (result,) = load["inputs"], load["outputs"]
    assert (source["namespace"], source["name"]) == ("file", str(tmp_path / "data" / "sales.csv"))
    assert [field["name"] for field in source["facets"]["schema"]["fields"]] == ["id", "region", "email", "amount"]
    assert (result["namespace"], result["name"]) == ("odibi_nb", "nightly sales.load")
    assert result["outputFacets"]["outputStatistics"]["rowCount"] == 400
    file = totals["outputs"][1]
    assert (file["namespace"], file["name"]) == ("file", str(tmp_path / "data" / "totals.parquet"))
    assert file["outputFacets"]["outputStatistics"]["rowCount"] == 4
    assert file["facets"]["dataSource"]["uri"] == f"file://{tmp_path}/data/totals.parquet"
    assert totals["job"]["facets"]["sql"]["query"].startswith("SELECT region")
    score, run = by_end["FAIL", "nightly sales.score"], by_end["FAIL", "nightly sales"]
    assert "clean.amounts" in score["job"]["facets"]["sourceCode"]["sourceCode"]
    assert "no attribute 'amounts'" in score["run"]["facets"]["errorMessage"]["message"]
    assert [one["name"] for one in run["inputs"]] == [source["name"]]
    assert [one["name"] for one in run["outputs"]] == [file["name"]]


def test_events_are_what_the_clients_own_classes_give(failed: FinishedRun) -> None:
    pytest.importorskip("openlineage.client")
    from importlib import import_module

    from openlineage.client.serde import Serde

    def facet(name: str, said: Event) -> Any:
        module, _, kind = FACETS[name].rpartition(".")
        made = getattr(import_module(f"openlineage.client.generated.{module}"), kind)
        fields = {key: value for key, value in said.items() if not key.startswith("_")}
        expected = made(**fields, producer=said["_producer"])
        assert Serde.to_dict(expected)["_schemaURL"].rpartition("/")[2] == said["_schemaURL"].rpartition("/")[2]
        assert {**Serde.to_dict(expected), "_schemaURL": said["_schemaURL"]} == said | _absent(Serde.to_dict(expected))
        return expected

    def _absent(full: Event) -> Event:
        # What the client adds to a parent's run and job: facets that are empty.
        return {key: full[key] for key in ("run", "job") if isinstance(full.get(key), dict)}

    def check(facets: Event) -> None:
        for name, said in facets.items():
            facet(name, said)

    for event in events_of(failed):
        check(event["run"]["facets"])
        check(event["job"]["facets"])
        for dataset in (*event["inputs"], *event["outputs"]):
            check(dataset["facets"])
            check(dataset.get("outputFacets", {}))
        assert Serde.to_dict(client_event(event)).keys() == event.keys()


def test_events_go_into_a_file_and_the_client_is_not_imported(tmp_path: Path) -> None:
    code = (
        "import sys; from pathlib import Path; from tests.story.shops import Shop; shop = Shop(Path(sys.argv[1]));"
        " shop.run(); shop.run(force=True); shop.ws.close();"
        " assert not any(name.startswith('openlineage') for name in sys.modules)"
    )
    done = subprocess.run([sys.executable, "-c", code, str(tmp_path)], cwd=Path(__file__).parents[2], check=False)
    assert done.returncode == 0
    events = written(tmp_path)
    assert [event["eventType"] for event in events].count("COMPLETE") == 8
    assert named(events)[0] == ("START", "")


def test_a_run_of_nothing_tells_of_no_node(tmp_path: Path) -> None:
    shop = Shop(tmp_path)
    shop.run()
    before = len(written(tmp_path))
    shop.run()
    shop.ws.close()
    assert named(written(tmp_path)[before:]) == [("START", ""), ("COMPLETE", "")]


def test_the_client_sends_where_it_is_configured(
    failed: FinishedRun, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    pytest.importorskip("openlineage.client")
    target = tmp_path / "sent.jsonl"
    for name, value in (("TYPE", "file"), ("LOG_FILE_PATH", str(target)), ("APPEND", "true")):
        monkeypatch.setenv(f"OPENLINEAGE__TRANSPORT__{name}", value)
    monkeypatch.setenv("OPENLINEAGE_NAMESPACE", "shop")
    assert send_events(failed) == []
    sent = [json.loads(line) for line in target.read_text("utf-8").splitlines()]
    assert named(sent) == named(list(events_of(failed)))
    assert {event["job"]["namespace"] for event in sent} == {"shop"}
    assert sent[-1]["run"]["facets"]["errorMessage"]["message"]
    assert not (tmp_path / ".odibi" / "openlineage").exists()


def test_events_that_cannot_be_sent_are_a_note(
    failed: FinishedRun, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / ".odibi" / "openlineage").write_text("a file where the folder should be")
    (note,) = send_events(failed)
    assert note.startswith("lineage events can't be sent: ")
    for name, value in (("TYPE", "http"), ("URL", "http://127.0.0.1:1"), ("RETRY", '{"total": 0}')):
        monkeypatch.setenv(f"OPENLINEAGE__TRANSPORT__{name}", value)
    (note,) = send_events(failed)
    assert note.startswith("lineage events can't be sent: ")
    monkeypatch.setenv("OPENLINEAGE_DISABLED", "true")
    assert send_events(failed) == []
