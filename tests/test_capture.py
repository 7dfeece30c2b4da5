import contextlib
import io
import logging
import sys
import threading
import warnings
from concurrent.futures import ThreadPoolExecutor

import pytest

from odibi_nb.capture import NodeOutput, capturing, for_node


def doors():
    return sys.stdout, sys.stderr, warnings.showwarning, logging.Logger.callHandlers, threading.Thread.start


def warn_here(text="careful"):
    warnings.warn(text, UserWarning, stacklevel=1)


@pytest.fixture
def logger():
    logger = logging.getLogger("tests.capture")
    logger.setLevel(logging.INFO)
    yield logger
    logger.handlers.clear()
    logger.propagate = True


def test_a_node_keeps_what_it_prints_in_order(capsys):
    output = NodeOutput()
    with capturing():
        print("before")
        with for_node(output):
            print("one")
            print("two", file=sys.stderr)
            sys.stdout.writelines(["three", "\n"])
        print("after")
    assert output.text == "one\ntwo\nthree\n"
    assert capsys.readouterr().out == "before\nafter\n"


def test_nodes_in_threads_at_once_keep_their_own():
    barrier = threading.Barrier(4)
    outputs = [NodeOutput() for _ in range(4)]

    def node(number):
        with for_node(outputs[number]):
            for _ in range(100):
                barrier.wait()
                print(number)

    with capturing(), ThreadPoolExecutor(4) as pool:
        list(pool.map(node, range(4)))
    assert [output.text for output in outputs] == [f"{number}\n" * 100 for number in range(4)]


def test_threads_that_a_node_starts_belong_to_it_until_it_ends(capsys):
    output, ended = NodeOutput(), threading.Event()

    def late():
        print("in time")
        in_time.set()
        ended.wait(5)
        print("late")

    in_time = threading.Event()
    with capturing():
        with for_node(output):
            thread = threading.Thread(target=late)
            thread.start()
            in_time.wait(5)
            with ThreadPoolExecutor(1) as pool:
                pool.submit(print, "pooled").result()
        ended.set()
        thread.join()
    assert output.text == "in time\npooled\n"
    assert capsys.readouterr().out == "late\n"


def test_runs_nest_and_the_outermost_restores_everything(capsys):
    before = doors()
    outer, inner = NodeOutput(), NodeOutput()
    with capturing(), for_node(outer):
        print("outer 1")
        with capturing(), for_node(inner):
            print("inner")
        print("outer 2")
    assert doors() == before
    assert (outer.text, inner.text) == ("outer 1\nouter 2\n", "inner\n")
    assert capsys.readouterr().out == ""


def test_a_node_entered_twice_stays_open_until_its_last_exit():
    output = NodeOutput()
    with capturing(), for_node(output):
        with for_node(output):
            print("inner")
        print("outer")
    assert output.text == "inner\nouter\n"


def test_runs_that_overlap_in_two_threads_restore_everything():
    before = doors()
    first_open, second_open = threading.Event(), threading.Event()
    output = NodeOutput()

    def first():
        with capturing():
            first_open.set()
            second_open.wait(5)

    thread = threading.Thread(target=first)
    thread.start()
    first_open.wait(5)
    with capturing():
        second_open.set()
        thread.join()
        with for_node(output):
            print("still captured")
    assert output.text == "still captured\n"
    assert doors() == before


def test_a_failing_node_leaves_nothing_behind():
    before, output = doors(), NodeOutput()
    with contextlib.suppress(ZeroDivisionError), capturing(), for_node(output):
        print("said")
        1 / 0  # noqa: B018
    assert output.text == "said\n"
    assert doors() == before


def test_a_node_may_redirect_its_own_output():
    output, own = NodeOutput(), io.StringIO()
    with capturing(), for_node(output):
        with contextlib.redirect_stdout(own):
            print("redirected")
        print("captured")
    assert own.getvalue() == "redirected\n"
    assert output.text == "captured\n"


def test_a_stream_that_a_node_puts_in_for_good_is_left_in_place(monkeypatch):
    monkeypatch.setattr(sys, "stdout", sys.stdout)
    own = io.StringIO()
    with capturing(), for_node(NodeOutput()):
        sys.stdout = own
    assert sys.stdout is own


def test_each_node_sees_a_warning_of_a_shared_place_once():
    outputs = [NodeOutput(), NodeOutput()]
    with warnings.catch_warnings(), capturing():
        warnings.simplefilter("default")
        for output in outputs:
            with for_node(output):
                warn_here()
                warn_here()
    for output in outputs:
        assert output.text.count("UserWarning: careful") == 1
        assert "test_capture.py" in output.text


def test_filters_and_recorders_of_a_node_are_respected():
    output = NodeOutput()
    with warnings.catch_warnings(), capturing(), for_node(output):
        with warnings.catch_warnings(record=True) as seen:
            warnings.simplefilter("always")
            warn_here()
        warnings.simplefilter("ignore")
        warn_here()
    assert [str(warning.message) for warning in seen] == ["careful"]
    assert output.text == ""


def test_a_node_keeps_what_it_logs_and_console_handlers_do_not_repeat_it(logger, capsys):
    console = logging.StreamHandler()
    logger.addHandler(console)
    output = NodeOutput()
    with capturing():
        with for_node(output):
            logger.info("read %d rows", 3)
            logger.debug("too fine")
        logger.info("no node")
    assert output.text == "INFO tests.capture: read 3 rows\n"
    assert capsys.readouterr().err == "no node\n"


def test_handlers_that_are_no_console_get_what_nodes_log(logger, tmp_path):
    handler = logging.FileHandler(tmp_path / "run.log")
    logger.addHandler(handler)
    quiet = logging.FileHandler(tmp_path / "errors.log")
    quiet.setLevel(logging.ERROR)
    logger.addHandler(quiet)
    with capturing(), for_node(NodeOutput()):
        logger.info("kept in the file")
    handler.close()
    quiet.close()
    assert (tmp_path / "run.log").read_text() == "kept in the file\n"
    assert (tmp_path / "errors.log").read_text() == ""


def test_an_exception_that_is_logged_brings_its_traceback(logger):
    output = NodeOutput()
    with capturing(), for_node(output):
        try:
            1 / 0  # noqa: B018
        except ZeroDivisionError:
            logger.exception("failed")
    assert "ZeroDivisionError: division by zero" in output.text


def test_long_output_is_cut_and_says_so():
    output = NodeOutput(limit=10)
    assert output.write("12345678") == 8
    assert output.write("abcdef") == 6
    output.write("x" * 1000)
    assert output.text == "12345678ab\n… 1,004 more characters were not kept"


def test_a_progress_bar_keeps_its_last_state():
    output = NodeOutput()
    output.write("start\n\r10%\r50%\r100%\nwindows\r\nend\r")
    assert output.text == "start\n100%\nwindows\r\nend\r"


def test_a_line_of_megabytes_is_read_once():
    output = NodeOutput(limit=4_000_000)  # looked at from each of its characters, it would take an hour
    output.write("x" * 3_000_000 + "\ry")
    assert output.text == "y"
    output.write("\n" + "z" * 900_000)
    assert len(output.text) == 900_002


class Terminal(io.StringIO):
    encoding = "utf-8"

    def isatty(self):
        return True

    def fileno(self):
        return 99


def test_a_routed_stream_answers_as_the_original_but_is_no_terminal_in_a_node(monkeypatch):
    monkeypatch.setattr(sys, "stdout", Terminal())
    with capturing():
        assert sys.stdout.isatty()
        assert sys.stdout.encoding == "utf-8"
        assert sys.stdout.fileno() == 99
        sys.stdout.flush()
        with for_node(NodeOutput()):
            assert not sys.stdout.isatty()
            assert sys.stdout.write("four") == 4
