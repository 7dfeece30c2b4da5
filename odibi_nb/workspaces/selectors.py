"""Selectors: which nodes a command means.

`name`, `+name` (with what it needs), `name+` (with what needs it), `stg_*`, `tag:x`, `pipeline:p`,
`state:stale|failed|modified`. Several are a union; a comma intersects; none at all means every node.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from fnmatch import fnmatchcase

from odibi_nb.exceptions import UsageError, did_you_mean
from odibi_nb.graph import DependencyGraph

__all__ = ["STATES", "Selectable", "named_in", "select"]

STATES = ("stale", "failed", "modified")


@dataclass(frozen=True, slots=True)
class Selectable:
    """What selectors can ask of a node; modified: its last result is stale for a reason of its own."""

    tags: Sequence[str] = ()
    pipeline: str | None = None
    state: str = "pending"
    modified: bool = False


def select(
    graph: DependencyGraph,
    nodes: Mapping[str, Selectable],
    selectors: Iterable[str] = (),
    exclude: Iterable[str] = (),
) -> list[str]:
    """Return the selected names in the order of the graph.

    Raises UsageError for a selector that matches nothing, with the nearest name, and where nothing is left of what
    they match.
    """
    wanted, excluded = list(selectors), list(exclude)
    chosen = set().union(*(_union(graph, nodes, text) for text in wanted)) if wanted else set(nodes)
    left_out = set().union(*(_union(graph, nodes, text) for text in excluded))
    left = chosen - left_out
    if (wanted or excluded) and not left:
        raise _empty(wanted, excluded, chosen)
    return [name for name in graph.topological_sort() if name in left]


def named_in(selectors: Iterable[str]) -> frozenset[str]:
    """Return what selectors say by name, be it with what is above or below it."""
    return frozenset(_core(part.strip()) for text in selectors for part in text.split(","))


def _union(graph: DependencyGraph, nodes: Mapping[str, Selectable], text: str) -> set[str]:
    parts = [_part(graph, nodes, part.strip()) for part in text.split(",")]
    return set.intersection(*parts)


def _part(graph: DependencyGraph, nodes: Mapping[str, Selectable], part: str) -> set[str]:
    core = _core(part)
    found = _matching(nodes, core)
    if not found:
        raise _unmatched(nodes, part, core)
    above = set().union(*(graph.get_dependencies(name) for name in found)) if part.startswith("+") else set()
    below = set().union(*(graph.get_dependents(name) for name in found)) if part.endswith("+") else set()
    return found | above | below


def _core(part: str) -> str:
    return part.removeprefix("+").removesuffix("+")


def _matching(nodes: Mapping[str, Selectable], core: str) -> set[str]:
    method, colon, value = core.partition(":")
    if not colon:
        return {name for name in nodes if fnmatchcase(name, core)}
    return {name for name, node in nodes.items() if _METHODS.get(method, _nothing)(node, value)}


def _nothing(node: Selectable, value: str) -> bool:
    return False


_METHODS: dict[str, Callable[[Selectable, str], bool]] = {
    "tag": lambda node, value: value in node.tags,
    "pipeline": lambda node, value: value == node.pipeline,
    "state": lambda node, value: node.modified if value == "modified" else value == node.state,
}


def _empty(selectors: Iterable[str], exclude: Iterable[str], chosen: Iterable[str]) -> UsageError:
    if names := list(chosen):
        left_out = f"--exclude {' '.join(exclude)}"
        return UsageError(
            f"no node is selected: {left_out} leaves out all", hint=f"without it: {_first(sorted(names))}"
        )
    quoted = " ".join(f"'{text}'" for text in selectors)
    hint = "a comma intersects; give selectors apart for a union"
    return UsageError(f"no node is selected by {quoted}", hint=hint)


def _unmatched(nodes: Mapping[str, Selectable], part: str, core: str) -> UsageError:
    method, colon, value = core.partition(":")
    known = {
        "tag": {tag for node in nodes.values() for tag in node.tags},
        "pipeline": {node.pipeline for node in nodes.values() if node.pipeline},
        "state": {*STATES, *(node.state for node in nodes.values())},
    }
    if not colon:
        return UsageError(f"selector '{part}' matches no node", hint=did_you_mean(core, nodes) or _listed(nodes))
    if method not in known:
        hint = did_you_mean(method, known) or "methods: tag:, pipeline:, state:"
        return UsageError(f"selector '{part}': '{method}:' is no method", hint=hint)
    near = did_you_mean(value, known[method]) if value not in known[method] else None
    there_are = known[method] if method != "state" else {node.state for node in nodes.values()}
    hint = near or f"{method}s of nodes: {_first(sorted(there_are)) or 'none'}"
    return UsageError(f"selector '{part}' matches no node", hint=hint)


def _listed(nodes: Iterable[str]) -> str:
    names = list(nodes)
    return f"nodes: {_first(names)}" if names else "no node is declared"


def _first(names: Sequence[str]) -> str:
    return f"{', '.join(names[:10])}{' …' if len(names) > 10 else ''}"
