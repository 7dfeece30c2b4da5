"""pytest's door to unit tests: `%%odibi_test` cells of notebooks, and `tests:` of project files.

Notebooks and project files are collected when they are named on the command line, a project also by its folder, or
match the ini option `odibi_notebooks`, and hold tests; nbval (`--nbval`), which runs every cell, can be used beside
it. A notebook that is named, holds none and that no other plug-in collects, is collected too, or pytest would say that
there is no such file. pytest loads this module in every project, so everything else is imported when there is
something to collect.
"""

from __future__ import annotations

import re
import warnings
from collections.abc import Iterator
from fnmatch import fnmatch
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

import pytest

if TYPE_CHECKING:
    from odibi_nb.workspaces import Workspace
    from odibi_nb.workspaces.node_tests import NodeTest

__all__ = ["NodeGroup", "PipelineFile", "UnitTestItem", "pytest_addoption", "pytest_collect_file"]

_MARK = "%%odibi_test"
_SUFFIXES = (".ipynb", ".yaml", ".yml")
_KEYS = re.compile(r"^['\"]?(tests|imports)['\"]?\s*:", re.MULTILINE)


def pytest_addoption(parser: pytest.Parser) -> None:
    """Add the ini option `odibi_notebooks`."""
    text = "globs of notebooks and project files whose tests are collected though they aren't named"
    parser.addini("odibi_notebooks", text, type="args", default=[])


@pytest.hookimpl(hookwrapper=True)  # the kind of wrapper that old versions know too
def pytest_collect_file(file_path: Path, parent: pytest.Collector) -> Iterator[None]:
    """Collect a file that was asked for, if it holds unit tests or is nobody else's notebook."""
    outcome: Any = yield
    if file_path.suffix not in _SUFFIXES or outcome.excinfo is not None or not _is_wanted(file_path, parent):
        return
    others = outcome.get_result()
    is_nobodys = not others and parent.session.isinitpath(file_path)
    if is_nobodys or (_has_mark(file_path) and _holds_tests(file_path)):
        outcome.force_result([*others, PipelineFile.from_parent(parent, path=file_path)])


def _is_wanted(file: Path, parent: pytest.Collector) -> bool:
    if parent.session.isinitpath(file) or _is_of_named_folder(file, parent):
        return True
    globs, root = parent.config.getini("odibi_notebooks"), parent.config.rootpath
    name = file.relative_to(root).as_posix() if file.is_relative_to(root) else file.as_posix()
    return any(fnmatch(name, glob) or fnmatch(file.name, glob) for glob in globs)


def _is_of_named_folder(file: Path, parent: pytest.Collector) -> bool:
    """Whether a file is the project of a folder that pytest was given, or was started in."""
    if file.suffix == ".ipynb" or not parent.session.isinitpath(file.parent):
        return False
    from odibi_nb.project_file import FILE_NAMES

    return file.name == next((name for name in FILE_NAMES if (file.parent / name).is_file()), None)


def _has_mark(file: Path) -> bool:
    """Whether a file may be about unit tests: what isn't is left to those whose it is, unread."""
    try:
        text = file.read_text("utf-8", errors="replace")
    except OSError:
        return True
    return _MARK in text if file.suffix == ".ipynb" else _KEYS.search(text) is not None


def _holds_tests(file: Path) -> bool:
    """Whether something of it is a unit test; a file that can't be read is for the collector to refuse."""
    from odibi_nb.exceptions import OdibiException

    try:
        return _has_test_cell(file) if file.suffix == ".ipynb" else _has_tests_key(file)
    except OdibiException:
        return True


def _has_test_cell(file: Path) -> bool:
    from odibi_nb.cells.magics import find_magic
    from odibi_nb.cells.notebook_file import read_notebook

    magics = [find_magic(cell.source) for cell in read_notebook(file).cells]
    return any(magic is not None and f"%%{magic.name}" == _MARK for magic in magics)


def _has_tests_key(file: Path) -> bool:
    from odibi_nb.project_file import load_project

    return bool(load_project(file).project.tests)


class PipelineFile(pytest.File):
    """A notebook, of which no code runs before a test needs it, or a project file."""

    workspace: Workspace | None = None

    def collect(self) -> Iterator[NodeGroup]:
        """Yield a group for each node that has tests."""
        from odibi_nb.exceptions import OdibiException
        from odibi_nb.project_file import chosen_environment
        from odibi_nb.workspaces.headless import load_target

        if not _holds_tests(self.path):  # may be no pipeline at all
            return
        try:
            self.workspace = load_target(self.path, env=chosen_environment()).workspace
        except OdibiException as exc:
            raise self.CollectError(f"{type(exc).__name__}: {exc}") from exc
        tests = self.workspace.tests.values()
        for node in dict.fromkeys(test.node for test in tests):
            group: NodeGroup = NodeGroup.from_parent(self, name=node)
            group.tests = tuple(test for test in tests if test.node == node)
            yield group

    def teardown(self) -> None:
        """Give back the engine's memory and threads; a test that comes later starts it anew."""
        if self.workspace is not None:
            self.workspace.close()


class NodeGroup(pytest.Collector):
    """The tests of one node: `notebook.ipynb::NODE`, `odibi.yaml::NODE`."""

    tests: tuple[NodeTest, ...]

    def collect(self) -> Iterator[UnitTestItem]:
        """Yield an item for each test."""
        for test in self.tests:
            item: UnitTestItem = UnitTestItem.from_parent(self, name=test.name)
            item.test = test
            yield item


class _Crash(NamedTuple):
    message: str


class _Failure:
    """A failure for pytest: the whole block once, and its first line where pytest sums up."""

    def __init__(self, text: str) -> None:
        self._text = text
        self.reprcrash = _Crash(text.partition("\n")[0])

    def __str__(self) -> str:
        return self._text

    def toterminal(self, writer: Any) -> None:
        writer.line(self._text)


class UnitTestItem(pytest.Item):
    """One test: `notebook.ipynb::NODE::TEST`."""

    test: NodeTest
    failure = ""

    def runtest(self) -> None:
        """Run the test; raises what it raises in a notebook."""
        from odibi_nb.pictures import failure_text
        from odibi_nb.views.testing import verdict_view
        from odibi_nb.workspaces.testing import run_test

        file = self.getparent(PipelineFile)
        assert file is not None and file.workspace is not None  # noqa: S101, PT018 - no other makes such items
        verdict = run_test(file.workspace, self.test)
        if verdict.error is not None:
            self.failure = failure_text(verdict_view(verdict))  # with the output
            raise verdict.error
        if verdict.output:
            self.add_report_section("call", "output of the node", verdict.output)
        for note in (*self.test.notes, *verdict.notes):
            # `self.warn` wants a line, which a cell hasn't.
            warnings.warn(pytest.PytestWarning(f"{self.test.id}: {note}"), stacklevel=1)

    def repr_failure(self, excinfo: pytest.ExceptionInfo[BaseException], style: Any = None) -> Any:
        """Return what differs and where, without a traceback: no frame of it is the user's."""
        return _Failure(self.failure) if self.failure else super().repr_failure(excinfo, style)

    def reportinfo(self) -> tuple[Path, int | None, str]:
        return self.path, None, self.test.id
