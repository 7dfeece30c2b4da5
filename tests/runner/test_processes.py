"""Python nodes in processes of their own: the same rows, output and errors as here, and each can be ended."""

from __future__ import annotations

import errno
import logging
import os
import signal
import subprocess
import sys
import tempfile
import textwrap
import threading
import time
import warnings
from pathlib import Path
from types import SimpleNamespace

import pandas as pd
import pyarrow as pa
import pytest
from pipeline.project import node, python, sql, write

from odibi_nb.exceptions import EngineError, NodeExecutionError, TransformError
from odibi_nb.runner import NodeStarted
from odibi_nb.runner.processes import Processes

BASE = sql(
    "base", "SELECT i AS a, 'x' || i AS s, DATE '2024-01-01' + i::INT AS d, NULL::BIGINT AS n FROM range(4) t(i)"
)
LEAST = 1
LOCK = threading.Lock()


def is_alive(pid):
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    return True


def pid_of(result):
    return result.dataset.arrow().column("pid")[0].as_py()


def test_every_kind_of_frame_parameter_and_context_comes_and_goes_as_it_does_here(project, tmp_path, monkeypatch):
    (tmp_path / "temporary").mkdir()
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path / "temporary"))

    def frames(base, extra: pa.Table, df, context, factor: int = 1, names: tuple = ("a",)):
        later = context.get("base")
        assert isinstance(base, pd.DataFrame)
        assert isinstance(extra, pa.Table)
        assert context.list_names()
        base.loc[0, "a"] = 7  # nobody else sees it
        made = base.query("a > @LEAST").assign(k=extra.num_rows * factor, rows=len(df), later=later.a.sum())
        return made.assign(names=str(names), here=os.getpid() == HERE).set_index("s")

    HERE = os.getpid()  # noqa: N806 - to be sent with the function
    project.functions.register(frames)
    step = {"function": "frames", "params": {"factor": 2, "names": ["a", "b"]}}
    nodes = [BASE, sql("extra", "SELECT 1 AS x"), node("made", step, depends_on=["base", "extra"])]
    here, there = (project.run(*nodes, processes=processes) for processes in (False, True))
    assert there.failed == [], there.get_node_result(there.failed[0]).error
    mine, theirs = (results.get_node_result("made") for results in (here, there))
    assert theirs.result_schema == mine.result_schema
    assert theirs.notes == mine.notes
    rows = theirs.dataset.arrow()
    assert rows.drop_columns("here").equals(mine.dataset.arrow().drop_columns("here"))
    assert rows.column("here").to_pylist() == [False, False, False]
    assert list(Path(tempfile.gettempdir()).glob("*rows*")) == []


def test_what_a_node_prints_warns_logs_and_its_programs_print_belongs_to_it(lazy_project, capfd):
    def talks(base):
        print("printed")
        print("to stderr", file=sys.stderr)
        warnings.warn("warned", stacklevel=1)
        logging.getLogger("there").warning("logged")
        os.system("echo by a program")
        return base

    lazy_project.functions.register(talks)
    nodes = [BASE, python("talks", process=True, depends_on=["base"])]
    text = lazy_project.run(*nodes).get_node_result("talks").output.text
    for said in ("printed\n", "to stderr\n", "UserWarning: warned\n", "WARNING there: logged\n", "by a program\n"):
        assert said in text
    assert capfd.readouterr() == ("", "")


class Refused(Exception):
    def __init__(self, code, *, why):
        super().__init__(f"{code}: {why}")
        self.code = code


def fails_deeper(frame):
    return frame["amont"]


def fails_in_library(base):
    return fails_deeper(base.rename(columns={"a": "amount"}))


def fails_in_own_way(base):
    raise Refused(7, why="it is")


def fails_after_another(base):
    try:
        int("x")
    except ValueError as exc:
        raise RuntimeError("no number") from exc


def leaves(base):
    sys.exit("enough")


def returns_none(base):
    return None


def returns_odd(base):
    return pd.DataFrame({"a": [1, "two"]})


@pytest.mark.parametrize("workers", [1, 3])
def test_errors_say_the_same_as_they_do_here(lazy_project, workers):
    functions = (
        fails_in_library, fails_in_own_way, fails_after_another, leaves, returns_none, returns_odd,
    )  # fmt: skip
    for function in functions:
        lazy_project.functions.register(function)
    nodes = [BASE, *(python(function.__name__, depends_on=["base"]) for function in functions)]
    here = lazy_project.run(*nodes)
    there = lazy_project.run(*nodes, processes=True, workers=workers)
    assert here.failed == there.failed == [function.__name__ for function in functions]
    for name in here.failed:
        mine, theirs = here.get_node_result(name).error, there.get_node_result(name).error
        assert (str(theirs), type(theirs)) == (str(mine), type(mine))
        assert type(theirs.__cause__).__name__ == type(mine.__cause__).__name__
    cause = there.get_node_result("fails_after_another").error.__cause__
    assert str(cause.__cause__).startswith("invalid literal")
    assert "did you mean 'amount'?" in str(there.get_node_result("fails_in_library").error)


def test_there_is_nothing_to_read_from_stdin(lazy_project):
    def asks(base):
        return base.assign(least=int(input("least? ")))

    def reads(base):
        by_program = subprocess.run(["cat"], capture_output=True, check=True).stdout
        return base.assign(read=sys.stdin.read() + by_program.decode() + os.read(0, 9).decode())

    for function in (asks, reads):
        lazy_project.functions.register(function)
    nodes = [BASE, python("asks", depends_on=["base"]), python("reads", depends_on=["base"])]
    results = lazy_project.run(*nodes, processes=True)
    asked = results.get_node_result("asks")
    assert isinstance(asked.error.__cause__, EOFError)
    assert asked.error.hint == "nobody answers input() there: make it a parameter, as in `def node(base, least=5)`"
    assert asked.output.text == "least? "
    assert results.get_node_result("reads").dataset.arrow().column("read").to_pylist() == [""] * 4


def test_what_cannot_be_sent_is_named(lazy_project):
    handle = SimpleNamespace(connection=LOCK)

    def helper(frame):
        return frame if LOCK else None

    def by_global(base):
        with LOCK:
            return base

    def by_closure(base):
        return base if handle else None

    def by_helper(base):
        return helper(base)

    lines = (line for line in "ab")
    for function in (by_global, by_closure, by_helper):
        lazy_project.functions.register(function)
    lazy_project.functions.register(lambda base, given=lines: base, "by_default")
    names = ["by_global", "by_closure", "by_helper", "by_default"]
    results = lazy_project.run(BASE, *(python(name, depends_on=["base"], process=True) for name in names))
    errors = [results.get_node_result(name).error for name in names]
    said = ["'LOCK' is a lock", "'handle' is a SimpleNamespace", "'LOCK' is a lock", "'given' is a generator"]
    for error, words in zip(errors, said, strict=True):
        assert isinstance(error, TransformError)
        assert f"{words}, which can't be sent there" in str(error)
        assert "process: false" in error.hint


def test_a_process_that_dies_fails_its_node_and_the_next_has_a_new_one(lazy_project):
    def dies(base):
        print("so far", flush=True)
        os._exit(3)

    def is_killed(base):
        os.kill(os.getpid(), signal.SIGKILL)

    def goes_on(base):
        return base.assign(pid=os.getpid())

    for function in (dies, is_killed, goes_on):
        lazy_project.functions.register(function)
    nodes = [BASE, *(python(name, depends_on=["base"]) for name in ("dies", "is_killed", "goes_on"))]
    results = lazy_project.run(*nodes, processes=True)
    errors = {name: results.get_node_result(name).error for name in results.failed}
    assert errors["dies"].message == "the node's process ended with status 3 before the node did"
    assert results.get_node_result("dies").output.text == "so far\n"
    assert errors["is_killed"].message == "the node's process was killed (SIGKILL)"
    assert "memory" in errors["is_killed"].hint
    assert {type(error) for error in errors.values()} == {NodeExecutionError}
    assert results.completed == ["base", "goes_on"]


@pytest.mark.usefixtures("ctrl_c_is_heard")
@pytest.mark.parametrize("workers", [1, 2])
def test_ctrl_c_ends_the_process(lazy_project, workers):
    mark = lazy_project.path / "pid"

    def sleeps(base):
        mark.write_text(str(os.getpid()))
        while True:
            time.sleep(0.01)

    lazy_project.functions.register(sleeps)

    def interrupt():
        while not (mark.exists() and mark.read_text()):
            time.sleep(0.01)
        os.kill(os.getpid(), signal.SIGINT)

    def listen(event):
        if isinstance(event, NodeStarted) and event.name == "sleeps":
            threading.Thread(target=interrupt).start()

    pipeline = lazy_project.pipeline(BASE, python("sleeps", depends_on=["base"], write=write("out.csv")))
    with pytest.raises(KeyboardInterrupt):
        pipeline.run(workers=workers, processes=True, listeners=[listen])
    assert not is_alive(int(mark.read_text()))
    result = pipeline._outcome.results["sleeps"]
    assert (result.status, result.reason) == ("cancelled", "interrupted")
    assert lazy_project.files() == ["pid"]


def test_what_returns_an_object_stays_here_and_what_returns_nothing_need_not(lazy_project):
    mark = lazy_project.path / "pid"

    def thing(base):
        return {"pid": os.getpid()}

    def performs(base):
        mark.write_text(str(os.getpid()))

    def reads(thing):
        return pd.DataFrame({"pid": [os.getpid()], "of_thing": [thing["pid"]]})

    def stays(base):
        return pd.DataFrame({"pid": [os.getpid()]})

    for function in (thing, performs, reads, stays):
        lazy_project.functions.register(function)
    results = lazy_project.run(
        BASE,
        python("thing", depends_on=["base"], returns="object"),
        python("performs", depends_on=["base"], returns="none"),
        python("reads", depends_on=["thing"]),
        python("stays", depends_on=["base"], process=False),
        processes=True,
    )
    assert results.failed == [], results.get_node_result(results.failed[0]).error
    reads_result = results.get_node_result("reads").dataset.arrow().to_pylist()[0]
    assert reads_result["of_thing"] == os.getpid() != reads_result["pid"]
    assert int(mark.read_text()) != os.getpid()
    assert pid_of(results.get_node_result("stays")) == os.getpid()


def test_a_process_for_what_it_cannot_serve_is_refused(lazy_project):
    lazy_project.functions.register(lambda: 1, "made")
    with pytest.raises(ValueError, match="from a process only rows come back"):
        python("made", returns="object", process=True)
    with pytest.raises(TransformError, match="'process: true' is for Python, and the node has none"):
        lazy_project.run(sql("a", "SELECT 1 AS x", process=True))


def test_of_processes_that_cannot_all_be_started_none_is_left(tmp_path, monkeypatch):
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    started, real = [], subprocess.Popen

    def second_fails(*args, **options):
        if started:
            raise BlockingIOError(errno.EAGAIN, "Resource temporarily unavailable")
        started.append(real(*args, **options))
        return started[0]

    monkeypatch.setattr(subprocess, "Popen", second_fails)
    with pytest.raises(EngineError, match="no process can be started for nodes: Resource temporarily") as caught:
        Processes(3, expected=2).__enter__()
    assert "workers" in caught.value.hint
    assert started[0].returncode is not None
    assert list(tmp_path.iterdir()) == []


def test_two_nodes_run_in_two_processes_at_once(lazy_project):
    """Each waits for the file that the other one makes."""
    folder = lazy_project.path

    def meets(base, name: str, other: str):
        (folder / name).touch()
        deadline = time.monotonic() + 120
        while not (folder / other).exists() and time.monotonic() < deadline:
            time.sleep(0.01)
        return pd.DataFrame({"pid": [os.getpid()], "met": [(folder / other).exists()]})

    lazy_project.functions.register(meets)
    nodes = [
        BASE,
        *(
            node(name, {"function": "meets", "params": {"name": name, "other": other}}, depends_on=["base"])
            for name, other in (("one", "two"), ("two", "one"))
        ),
    ]
    results = lazy_project.run(*nodes, processes=True, workers=2)
    rows = [results.get_node_result(name).dataset.arrow().to_pylist()[0] for name in ("one", "two")]
    assert [row["met"] for row in rows] == [True, True]
    assert len({os.getpid(), *(row["pid"] for row in rows)}) == 3


def test_a_script_needs_no_main_guard(tmp_path):
    script = tmp_path / "script.py"
    script.write_text(
        textwrap.dedent("""
            import enum, os
            from dataclasses import dataclass, replace
            from functools import lru_cache
            import pandas as pd
            from odibi_nb import Workspace

            print("started")

            class Size(enum.Enum):
                SMALL = 1
                LARGE = 2
                def shown(self):
                    return self.name.lower()

            @dataclass(frozen=True)
            class Rule:
                least: int
                def holds(self, a):
                    return a >= self.least

            class Strict(Rule):
                def holds(self, a):
                    return super().holds(a) and a != 3

            @lru_cache(maxsize=None)
            def fibonacci(n):
                return n if n < 2 else fibonacci(n - 1) + fibonacci(n - 2)

            def is_even(n):
                return n == 0 or is_odd(n - 1)

            def is_odd(n):
                return n != 0 and is_even(n - 1)

            scale = lambda factor: lambda n: n * factor
            triple, rule, size = scale(3), Strict(0), Size.LARGE

            def made(source):
                kept = source[[replace(rule, least=1).holds(a) for a in source.a]]
                return kept.assign(
                    f=[fibonacci(a) for a in kept.a], e=[is_even(a) for a in kept.a], t=[triple(a) for a in kept.a],
                    z=size.shown() if size is Size.LARGE else "", there=os.getpid() != HERE,
                )

            HERE = os.getpid()
            ws = Workspace()
            ws.node("source", "SELECT i AS a FROM range(5) t(i)")
            ws.node("made", made, process=True)
            ws.run()
            print(ws["made"].arrow().to_pylist())
        """)
    )
    env = {**os.environ, "PYTHONPATH": str(Path(__file__).parents[2])}
    command = [sys.executable, str(script)]
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, env=env, check=False)
    assert (done.returncode, done.stderr) == (0, "")
    started, rows = done.stdout.splitlines()
    assert started == "started"
    same = {"z": "large", "there": True}
    assert eval(rows) == [
        {"a": 1, "f": 1, "e": False, "t": 3, **same},
        {"a": 2, "f": 1, "e": True, "t": 6, **same},
        {"a": 4, "f": 3, "e": True, "t": 12, **same},
    ]


@pytest.mark.skipif(sys.platform == "win32", reason="processes there don't change parents")
def test_a_process_ends_with_the_run_that_is_killed_and_the_next_run_removes_its_rows(tmp_path, monkeypatch):
    temporary = tmp_path / "temporary"
    temporary.mkdir()
    script = textwrap.dedent("""
        import os, time
        from odibi_nb import Workspace
        def sleeps():
            open("pid", "w").write(str(os.getpid()))
            while True: time.sleep(0.1)
        ws = Workspace()
        ws.node("sleeps", sleeps, process=True)
        ws.run()
    """)
    env = {**os.environ, "PYTHONPATH": str(Path(__file__).parents[2]), "TMPDIR": str(temporary)}
    run = subprocess.Popen([sys.executable, "-c", script], cwd=tmp_path, env=env, stderr=subprocess.DEVNULL)
    mark, deadline = tmp_path / "pid", time.monotonic() + 120
    while not (mark.exists() and mark.read_text()) and time.monotonic() < deadline:
        time.sleep(0.05)
    run.kill()
    run.wait()
    deadline = time.monotonic() + 120
    while is_alive(int(mark.read_text())) and time.monotonic() < deadline:
        time.sleep(0.1)
    assert not is_alive(int(mark.read_text()))
    left = next(temporary.glob("odibi_nb_rows_*"))
    monkeypatch.setattr(tempfile, "tempdir", str(temporary))
    with Processes(1, expected=0):
        assert not left.exists()


def test_functions_of_transforms_py_go_along(tmp_path):
    from odibi_nb import Pipeline

    (tmp_path / "transforms.py").write_text(
        "import os\nfrom odibi_nb import transform\nRATE = 3\ndef times(frame):\n    return frame.a * RATE\n"
        "@transform\ndef tripled(df):\n    return df.assign(t=times(df), pid=os.getpid())\n"
    )
    (tmp_path / "odibi.yaml").write_text(
        "pipelines:\n- pipeline: p\n  nodes:\n  - {name: base, transform: {steps: ['SELECT 2 AS a']}}\n"
        "  - {name: made, process: true, depends_on: [base], transform: {steps: [{function: tripled}]}}\n"
    )
    result = Pipeline.from_yaml(tmp_path / "odibi.yaml").run().get_node_result("made")
    assert result.error is None, result.error
    assert result.dataset.arrow().to_pylist()[0]["t"] == 6
    assert pid_of(result) != os.getpid()
