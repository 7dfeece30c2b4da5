"""A node's result made by hand, as Odibi's users do in tests of their own."""

from __future__ import annotations

from typing import Any

from odibi_nb.runner import results

__all__ = ["NodeResult"]


class _AnyResult(type):
    """Lets each result of a run count as one of these."""

    def __instancecheck__(cls, instance: Any) -> bool:
        return isinstance(instance, results.NodeResult)


class NodeResult(results.NodeResult, metaclass=_AnyResult):
    """What became of a node, told in Odibi's words; runs give results that find these out themselves.

    told: rows_processed, result_schema, metadata.

    Example: `NodeResult(node_name="clean", success=True, duration=0.1, rows_processed=3)`.
    """

    def __init__(self, node_name: str, success: bool, duration: float, error: Any = None, **told: Any) -> None:
        super().__init__(node_name, "completed" if success else "failed", duration, error)
        if unknown := told.keys() - {"rows_processed", "result_schema", "metadata"}:
            raise TypeError(f"NodeResult has no '{min(unknown)}'")
        self._told = told

    @property
    def rows_processed(self) -> int | None:
        return self._told.get("rows_processed")

    @property
    def result_schema(self) -> Any:
        return self._told.get("result_schema")

    @property
    def metadata(self) -> dict[str, Any]:
        return dict(self._told.get("metadata") or {})
