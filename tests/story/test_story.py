"""What a run leaves behind, on real runs."""

from __future__ import annotations

import re
import shutil
from dataclasses import replace
from html.parser import HTMLParser
from pathlib import Path

import pytest

from odibi_nb.config import StoryConfig
from odibi_nb.exceptions import ConnectionError, FormatError  # noqa: A004
from odibi_nb.pipeline.finished import FinishedRun
from odibi_nb.pipeline.story_place import StoryPlace
from odibi_nb.runner import RunStarted
from odibi_nb.story import story_html, story_text
from odibi_nb.story.files import StoryFiles
from odibi_nb.story.index import index_html
from odibi_nb.story.reading import read_story
from odibi_nb.views.story import RunFactsView
from odibi_nb.workspaces import RunRequest
from tests.pictures.payloads import PAYLOADS
from tests.story.shops import TOTALS, Shop, headings, nodes, twin


def test_a_failing_run_tells_first_what_failed_and_why(shop: Shop) -> None:
    shop.fail()
    page = shop.run()
    html = page.read_text("utf-8")
    assert headings(html)[0] == "What failed"
    failures = html[html.index('id="failures"') : html.index('id="graph"')]
    assert "object has no attribute" in failures
    assert "2 │     return clean[clean.amounts &gt; 3]" in failures
    assert "did you mean &#x27;amount&#x27;?" in failures
    place = re.search(r'<a href="#(node-\d+)">score</a>', failures)
    assert place is not None
    assert f'id="{place[1]}"' in html
    assert "because of that 1 node did not run: <a" in failures
    assert {name: node["card"]["status"] for name, node in nodes(page).items()} == {
        "load": "completed", "clean": "completed", "totals": "completed", "score": "failed", "top": "skipped",
    }  # fmt: skip


def test_a_story_tells_of_rows_writes_parameters_and_versions(shop: Shop) -> None:
    page = shop.run()
    said, told = twin(page), nodes(page)
    assert said["version"] == 1
    assert (said["run"]["status"], said["run"]["door"], said["run"]["title"]) == (
        "completed",
        "python",
        "nightly sales",
    )
    assert dict(map(tuple, said["parameters"])) == {"least": "10", "api_token": "***"}
    assert {"python", "odibi_nb", "duckdb"} <= dict(map(tuple, said["versions"])).keys()
    assert (told["clean"]["rows_in"], told["clean"]["rows"]) == (400, told["totals"]["rows_in"])
    assert told["totals"]["card"]["written"] == "written to local:totals.parquet"
    assert told["totals"]["rows"] == 4
    assert told["clean"]["parameters"] == [["least", "10"]]
    assert told["clean"]["card"]["code"] == "SELECT * FROM load WHERE amount >= $least"
    assert "hunter2" not in page.read_text("utf-8")
    assert sum(node["share"] for node in told.values()) == pytest.approx(1)


def test_sensitive_columns_are_masked_below_their_node_too(shop: Shop) -> None:
    shop.ws.expect("clean", "nothing_odd", "SELECT * FROM clean WHERE amount < 12")
    page = shop.run()
    for path in (page, page.with_suffix(".json")):
        assert "masked_" in path.read_text("utf-8")
        assert "@x.org" not in path.read_text("utf-8")
    assert nodes(page)["clean"]["card"]["expectations"][0]["sample"]["rows"]


def test_previews_are_bounded_and_a_project_may_want_none(tmp_path: Path) -> None:
    shop = Shop(tmp_path, story={"max_sample_rows": 3})
    assert len(nodes(shop.run())["load"]["card"]["preview"]["rows"]) == 3
    shop.ws.close()
    other = tmp_path / "other"
    other.mkdir()
    without = Shop(other, settings={"preview": 0})
    assert {node["card"]["preview"] is None for node in nodes(without.run()).values()} == {True}
    without.ws.close()


def test_times_and_columns_are_compared_with_earlier_runs(shop: Shop) -> None:
    first = nodes(shop.run())
    assert first["totals"]["earlier_s"] == []
    shop.total(TOTALS.replace("sum(amount)", "sum(amount)::DOUBLE").replace(" FROM", ", count(*) AS n FROM"))
    page = shop.run(force=True)
    second = nodes(page)
    assert second["totals"]["earlier_s"] == [first["totals"]["duration_s"]]
    assert second["totals"]["median_s"] == first["totals"]["duration_s"]
    changes = second["totals"]["card"]["changes"]
    assert [column["name"] for column in changes["columns_added"]] == ["n"]
    assert [(old["type"], new["type"]) for old, new in changes["columns_changed"]] == [("BIGINT", "DOUBLE")]
    assert second["load"]["card"]["changes"] is None
    assert "Columns that are others than in the last run" in headings(page.read_text("utf-8"))


def test_a_run_of_nothing_has_a_story_without_new_previews(shop: Shop) -> None:
    shop.run()
    page = shop.run()
    assert dict(map(tuple, twin(page)["run"]["counts"])) == {"cached": 3}
    assert {node["action"] for node in nodes(page).values()} == {"cached"}


class Tags(HTMLParser):
    """The elements and attributes of a page."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.found: set[str] = set()
        self.attributes: set[str] = set()
        self.links: set[str] = set()
        self.feed(html)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.found.add(tag)
        self.attributes |= {name for name, _ in attrs}
        self.links |= {str(value) for name, value in attrs if name in ("href", "src")}


def test_no_text_becomes_markup(shop: Shop) -> None:
    shop.fail()
    shop.run()
    harmless = Tags(shop.run(force=True).read_text("utf-8"))
    texts = [payload for payload in PAYLOADS if payload.isprintable() and "$" not in payload]
    values = ", ".join("('" + payload.replace("'", "''") + "')" for payload in texts)
    shop.ws.node("evil", f"SELECT x AS \"<b onclick='x'>\" FROM (VALUES {values}) t(x)", description=PAYLOADS[0])
    shop.ws.node("worse", f"def worse(evil):\n    print({PAYLOADS[3]!r})\n    raise ValueError({PAYLOADS[0]!r})\n")
    page = shop.run(force=True)
    found = Tags(page.read_text("utf-8"))
    assert found.found <= harmless.found
    assert not {name for name in found.attributes - harmless.attributes if name.startswith("on")}
    assert all(link.startswith(("#", "data:image/svg+xml;base64,", "index.html")) for link in found.links)
    assert "default-src 'none'" in page.read_text("utf-8")
    assert not {"script", "link", "iframe", "object"} & found.found
    assert PAYLOADS[0] in nodes(page)["worse"]["card"]["error"]["message"]


def test_a_story_of_fifty_wide_nodes_stays_below_a_megabyte(tmp_path: Path) -> None:
    shop = Shop(tmp_path)
    wide = ", ".join(f"repeat('<é&\"{number}>', 30) AS c{number}" for number in range(20))
    comment = f"-- {'x' * 300}\n" * 30
    shop.ws.node("wide", f"SELECT range AS id, {wide} FROM range(50)")
    for number in range(46):
        shop.ws.node(f"n{number}", f"{comment}SELECT * FROM wide WHERE id <> {number}", materialize="table")
    page = shop.run()
    assert len(nodes(page)) == 50
    assert all(node["card"]["preview"]["rows"] for node in nodes(page).values())
    assert 100_000 < page.stat().st_size < 1_000_000
    shop.ws.close()


def test_a_story_that_cannot_be_written_is_a_note_and_the_run_is_fine(shop: Shop) -> None:
    (shop.root / ".odibi").mkdir(exist_ok=True)
    (shop.root / ".odibi" / "stories").write_text("a file where the folder should be")
    outcome = shop.ws.run()
    assert outcome.status == "completed"
    (note,) = [note for note in outcome.notes if "story" in note]
    assert re.match(r"the story \S+\.html can't be written: ", note)
    assert outcome.report is not None
    assert outcome.report.story_path is None


def test_an_object_is_no_rows_that_came_in(shop: Shop) -> None:
    shop.ws.node("model", "def model(totals):\n    return len(totals)\n", returns="object")
    shop.ws.node("scored", "def scored(model):\n    import pandas\n    return pandas.DataFrame({'n': [model]})\n")
    rows = {name: node["rows_in"] for name, node in nodes(shop.run()).items()}
    assert (rows["model"], rows["scored"]) == (4, None)


def test_a_report_that_breaks_is_a_note_too(shop: Shop, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("odibi_nb.story.report.story_html", lambda story: 1 / 0)
    outcome = shop.ws.run()
    assert outcome.status == "completed"
    assert any("ZeroDivisionError" in note for note in outcome.notes)


def test_stories_go_where_the_project_says(tmp_path: Path) -> None:
    shop = Shop(tmp_path, story={"connection": "local", "path": "reports/nightly", "retention_count": 2})
    paths = []
    for _ in range(4):
        outcome = shop.ws.run(force=True)
        assert outcome.report is not None
        paths.append(Path(str(outcome.report.story_path)))
    folder = tmp_path / "data" / "reports" / "nightly"
    assert sorted(folder.iterdir()) == sorted(
        [*paths[2:], *(path.with_suffix(".json") for path in paths[2:]), folder / "index.html"]
    )
    index = (folder / "index.html").read_text("utf-8")
    assert index.count("(story removed)") == 2
    assert f'href="{paths[3].name}"' in index
    history = shop.ws.recorder.history
    assert history is not None
    assert [run.story_removed for run in history.runs()] == [False, False, True, True]
    shop.ws.close()


def test_the_index_keeps_the_notebooks_of_a_folder_apart() -> None:
    one = RunFactsView("a" * 16, "shop", "completed", "2026-01-02T03:04:05Z", "then", 1.0, "1 s", "shell")
    targets = ["/w/a.ipynb", "/w/b.ipynb", "/w/x/odibi.yaml", "/w/y/odibi.yaml"]
    page = index_html([replace(one, target=target) for target in targets for _ in range(2)])
    assert [page.count(f"<h2>shop · {name}</h2>") for name in ("a.ipynb", "b.ipynb", *targets[2:])] == [1, 1, 1, 1]
    assert page.count(">a.ipynb</span>") == page.count(">/w/y/odibi.yaml</span>") == 2
    assert "<h2>shop</h2>" in index_html([replace(one, target=targets[0])] * 2)


def test_old_stories_go_but_never_the_newest(tmp_path: Path) -> None:
    shop = Shop(tmp_path, story={"retention_days": 1})
    first = shop.run()
    old = first.with_name("20200101T000000000Z-0123abcd.html")
    shutil.copy(first, old)
    shutil.copy(first.with_suffix(".json"), old.with_suffix(".json"))
    (old.parent / "mine.html").write_text("not a story")
    shop.run(force=True)
    assert not old.exists()
    assert not old.with_suffix(".json").exists()
    assert first.exists()
    assert (old.parent / "mine.html").exists()
    shop.ws.close()


@pytest.mark.parametrize(
    ("story", "message", "hint"),
    [
        ({"connection": "locl", "path": "x"}, "connection 'locl' is not configured", "did you mean 'local'?"),
        ({"connection": "local", "path": "../../x"}, "", ""),
    ],
)
def test_a_place_that_is_none_is_refused_at_once(tmp_path: Path, story: object, message: str, hint: str) -> None:
    with pytest.raises(ConnectionError) as refused:
        Shop(tmp_path, story=story)
    assert message in refused.value.message
    assert hint in str(refused.value.hint)


def test_a_project_may_want_no_stories(tmp_path: Path) -> None:
    for name, project in (("a", {"story": {"auto_generate": False}}), ("b", {"settings": {"store": False}})):
        (tmp_path / name).mkdir()
        shop = Shop(tmp_path / name, **project)
        outcome = shop.ws.run()
        assert shop.pages() == []
        assert outcome.report is None or outcome.report.planned_path is None
        shop.ws.close()


def test_mock_runs_and_cells_leave_no_story(shop: Shop) -> None:
    shop.ws.mock("totals", {"clean": [{"region": "N", "amount": 5}]})
    shop.ws.attempt(RunRequest(("totals",), mock="given"))
    shop.ws.run_cell("clean")
    assert shop.pages() == []


def test_the_views_come_back_from_the_twin(shop: Shop) -> None:
    shop.fail()
    page = shop.run()
    story = read_story(page.with_suffix(".json").read_text("utf-8"))
    assert story_html(story) == page.read_text("utf-8")
    text = story_text(story)
    assert text.splitlines()[0] == (
        f"nightly sales · ✗ failed · 5 nodes: 3 completed, 1 failed, 1 skipped · {story.run.time}"
    )
    assert "AttributeError: 'DataFrame' object has no attribute 'amounts'" in text


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("{", "is damaged"),
        ("[]", "is damaged"),
        ("{}", "is damaged"),
        ('{"version": 1, "run": {}}', "is damaged"),
        ('{"version": 0}', "is of another version"),
    ],
)
def test_what_is_no_story_is_refused(text: str, problem: str) -> None:
    with pytest.raises(FormatError, match=problem):
        read_story(text)


def test_a_large_graph_is_drawn_of_the_nodes_that_ran(tmp_path: Path) -> None:
    shop = Shop(tmp_path)
    for number in range(200):
        shop.ws.node(f"n{number}", "SELECT 1 AS x")
    assert twin(shop.run())["graph"] is None
    shop.total(TOTALS.replace("total", "sum"))
    page = shop.run()
    said = twin(page)
    assert [node["name"] for node in said["graph"]["nodes"]] == ["totals"]
    assert [node["card"]["name"] for node in said["nodes"]] == ["totals"]
    assert len(said["cached"]) == 202
    shop.ws.close()


@pytest.mark.usefixtures("ctrl_c_is_heard")
def test_a_cancelled_run_and_one_that_a_listener_breaks_leave_a_story(shop: Shop) -> None:
    def cancel(event: object) -> None:
        if isinstance(event, RunStarted):
            event.cancel()

    with pytest.raises(KeyboardInterrupt):
        shop.ws.attempt(RunRequest(), [cancel]).raise_first()
    outcome = shop.ws.attempt(RunRequest(force=True), [cancel])
    assert outcome.report is not None
    outcome.report.write()
    page = shop.pages()[-1]
    assert twin(page)["run"]["status"] == "cancelled"
    assert {node["card"]["status"] for node in nodes(page).values()} == {"cancelled"}

    def break_down(event: object) -> None:
        raise RuntimeError("nobody listens")

    with pytest.raises(RuntimeError, match="nobody listens"):
        shop.ws.attempt(RunRequest(force=True), [break_down])
    assert twin(shop.pages()[-1])["run"]["status"] == "completed"


def test_a_report_is_written_once(shop: Shop) -> None:
    outcome = shop.ws.attempt(RunRequest())
    assert outcome.report is not None
    assert shop.pages() == []
    assert outcome.report.write() == ()
    assert outcome.report.write() == ()
    assert len(shop.pages()) == 1


def test_stories_go_into_a_store_of_objects_too(shop: Shop) -> None:
    pytest.importorskip("fsspec")
    from tests.connections.test_object_store import MemoryConnection

    outcome = shop.ws.attempt(RunRequest())
    assert isinstance(outcome.report, FinishedRun)
    outcome.report.place = StoryPlace(MemoryConnection("stories"), "nightly", StoryConfig())
    assert outcome.report.write() == ()
    path = str(outcome.report.story_path)
    assert path.startswith("memory://stories/nightly/")
    assert StoryFiles(outcome.report.place).read(path).startswith("<!doctype html>")
    assert (
        read_story(StoryFiles(outcome.report.place).read(path.replace(".html", ".json"))).run.title == "nightly sales"
    )
