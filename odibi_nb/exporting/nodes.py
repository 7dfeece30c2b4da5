"""A declared node as the mapping that a project file has of it, and its SQL as files."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from itertools import count
from typing import TYPE_CHECKING, Any

from odibi_nb.exceptions import OdibiException, TransformError
from odibi_nb.exporting.paths import Move
from odibi_nb.fingerprints.code import normal_sql
from odibi_nb.workspaces.sources import escaped

if TYPE_CHECKING:
    from odibi_nb.config import TransformStep
    from odibi_nb.workspaces.declared import DeclaredNode

__all__ = ["SQL_HEAD", "NodeWriter"]

SQL_HEAD = "-- Exported by odibi-nb.\n"
_ORDER = ("name", "description", "tags", "enabled", "depends_on", "inputs", "read", "transform", "write")


@dataclass(frozen=True, slots=True)
class NodeWriter:
    """Writes nodes. functions: what their steps call, by node. files: the SQL written so far, by path."""

    move: Move
    functions: Mapping[str, str]
    files: dict[str, str] = field(default_factory=dict)

    def data(self, node: DeclaredNode) -> dict[str, Any]:
        """Return a node's fields, in the order in which people write them; its SQL is in `files` then."""
        fields = {**node.written, "name": node.name}
        if node.config.inputs and not fields.get("inputs"):  # it passes on what it depends on
            fields["inputs"] = {alias: given for alias, given in node.config.inputs.items() if isinstance(given, str)}
        try:
            if (steps := self._steps(node)) is not None:
                fields["transform"] = {"steps": steps}
            if (validation := self._validation(node)) is not None:
                fields["validation"] = validation
        except OdibiException as exc:
            raise exc.at(node=node.name, **node.place.locate(None)) from exc.__cause__
        said = {key: value for key, value in fields.items() if value not in (None, [], {})}
        return {key: said[key] for key in dict.fromkeys([*_ORDER, *said]) if key in said}

    def _steps(self, node: DeclaredNode) -> list[dict[str, Any]] | None:
        if node.config.transform is None:
            return None
        steps = node.config.transform.steps
        written = _written_steps(node, len(steps))
        is_only = len(steps) == 1
        return [self._step(node, step, said, is_only=is_only) for step, said in zip(steps, written, strict=True)]

    def _step(
        self, node: DeclaredNode, step: TransformStep, said: Mapping[str, Any], *, is_only: bool
    ) -> dict[str, Any]:
        if step.sql_file is not None:
            return {**said, "sql_file": self._sql_file(node, step.sql_file, is_only=is_only)}
        is_all = is_only and node.origin.label is not None and said.keys() == {"sql"} and "${" not in said["sql"]
        if step.sql is not None and (not said or is_all):
            return self._sql_of(node.name, step.sql)
        if step.sql is not None:
            return {**said, "sql": self._sql_within(said.get("sql", step.sql))}
        if step.function is not None and step.function == _own_function(node):
            return {**said, "function": self.functions[node.name]}
        return dict(said)

    def _sql_of(self, name: str, text: str) -> dict[str, Any]:
        """Return a step of a statement: a file's line ends are no part of it, those within its texts are."""
        plain = text.replace("\r\n", "\n").replace("\r", "\n")
        if normal_sql(plain) != normal_sql(text):
            return {"sql": escaped(self.move.sql(text))}
        return {"sql_file": self._file(name, plain)}

    def _file(self, name: str, text: str) -> str:
        written = f"{SQL_HEAD}{self.move.sql(text.removeprefix(SQL_HEAD)).strip()}\n"
        paths = (f"sql/{name}{f'_{number}' if number else ''}.sql" for number in count())
        path = next(path for path in paths if self.files.get(path, written) == written)
        self.files[path] = written
        return path

    def _sql_file(self, node: DeclaredNode, path: str, *, is_only: bool) -> str:
        """Return the path of a file of SQL: that of a copy for a project's own, and where it reads relative paths."""
        text = (self.move.root / path).read_text(encoding="utf-8")
        is_own = is_only and node.origin.label is None
        return self._file(node.name, text) if is_own or self.move.sql(text) != text else self.move.path(path)

    def _sql_within(self, text: str) -> str:
        """Return SQL that YAML holds; with references in it, it can't be read before they are resolved."""
        try:
            return self.move.sql(text)
        except OdibiException:
            if "${" in text:
                return text
            raise

    def _validation(self, node: DeclaredNode) -> dict[str, Any] | None:
        written = node.written.get("validation")
        if written is None and not node.expectations:
            return None
        data = dict(written or {})
        tests = [self._test(test) for test in data.get("tests", ())]
        for one in node.expectations:
            test = {"type": "custom_sql", "name": one.name, "sql": escaped(self.move.sql(one.sql).strip())}
            on_fail = "warn" if one.warns else "fail" if data.get("mode", "fail") != "fail" else None
            tests.append({**test, "on_fail": on_fail} if on_fail else test)
        return {**data, "tests": tests} if tests else data

    def _test(self, test: Any) -> Any:
        if isinstance(test, Mapping) and isinstance(test.get("sql"), str) and "${" not in test["sql"]:
            return {**test, "sql": self.move.sql(test["sql"])}
        return test


def _written_steps(node: DeclaredNode, count: int) -> list[Mapping[str, Any]]:
    """Return the steps as they are written; empty ones for a node whose body is its only step."""
    transform = node.written.get("transform")
    steps = transform.get("steps") if isinstance(transform, Mapping) else None
    if not isinstance(steps, list):
        return [{}] * count
    if len(steps) != count:
        raise TransformError(f"the steps of node '{node.name}' are written in a way that can't be exported")
    return [{"sql": step} if isinstance(step, str) else step for step in steps]


def _own_function(node: DeclaredNode) -> str | None:
    """Return the name of the function that is a node's own."""
    return node.body.node if node.body is not None else node.name if node.function is not None else None
