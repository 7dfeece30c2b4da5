"""What a file declares beside its nodes (expectations, tests, mocks), taken into the workspace of a session."""

from __future__ import annotations

from collections.abc import Callable, Collection, Hashable, Mapping
from dataclasses import replace
from typing import TYPE_CHECKING, TypeVar

from odibi_nb.workspaces.expectations import Expectation
from odibi_nb.workspaces.mocks import Mock
from odibi_nb.workspaces.node_tests import NodeTest

if TYPE_CHECKING:
    from odibi_nb.workspaces.declared import CellOrigin
    from odibi_nb.workspaces.workspace import Workspace

__all__ = ["take_beside"]

T = TypeVar("T", Expectation, NodeTest, Mock)
K = TypeVar("K", bound=Hashable)


def take_beside(ws: Workspace, other: Workspace, origin_of: Callable[[CellOrigin], CellOrigin], file: str) -> None:
    """Take what another workspace has, and let go of what its files had the last time and haven't any more.

    file: that of the other one, which may have imported more. origin_of: gives the cell as `ws` knows it. What the
    session itself has declared stays.
    """
    ran = {one.origin.id for one in (*ws.expectations, *ws.tests.values(), *ws.trials.mocks) if _is_here(one)} - {None}
    files = {file, *(one.origin.file for one in (*other.tests.values(), *other.trials.mocks))}

    def new(here: Mapping[K, T], there: Mapping[K, T]) -> list[T]:
        moved = {key: replace(one, origin=origin_of(one.origin)) for key, one in there.items()}
        free = [key for key in moved if key not in here or here[key].origin.file in files]
        return [moved[key] for key in free if moved[key].origin.id not in ran]

    def gone(here: Mapping[K, T], there: Collection[K]) -> list[T]:
        return [one for key, one in here.items() if one.origin.file in files and key not in there]

    checks, their_checks = ({(one.node, one.name): one for one in all_.expectations} for all_ in (ws, other))
    for lost in gone(checks, their_checks):
        ws.expectations.drop(lost.node, lost.name)
    for check in new(checks, their_checks):
        ws.expectations.put(check)
    tests, their_tests = ({one.id: one for one in all_.tests.values()} for all_ in (ws, other))
    for test in gone(tests, their_tests):
        ws.tests.drop(test.id)
    for test in new(tests, their_tests):
        ws.tests.put(test)
    mocks, their_mocks = ({(one.node, one.input): one for one in all_.trials.mocks} for all_ in (ws, other))
    for unneeded in gone(mocks, their_mocks):
        ws.trials.mocks.drop(unneeded)
    ws.trials.mocks.put(new(mocks, their_mocks))


def _is_here(one: Expectation | NodeTest | Mock) -> bool:
    """Whether a cell of this session has declared it."""
    return one.origin.file is None
