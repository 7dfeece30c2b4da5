"""A project's files, as they are written and as they are read, and the cells of what stands above its nodes."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from odibi_nb.exporting.nodes import SQL_HEAD
from odibi_nb.importing.blocks import mapping_text, same_data
from odibi_nb.importing.cell import NewCell
from odibi_nb.importing.code import ProjectCode, read_code
from odibi_nb.importing.line import quoted
from odibi_nb.importing.node_cell import NodeText
from odibi_nb.importing.paths import Move, is_elsewhere, moved_sql
from odibi_nb.project_file import load_project

if TYPE_CHECKING:
    from odibi_nb.config import PipelineConfig
    from odibi_nb.project_file.tree import Tree

__all__ = ["Project", "read_project"]

_MARK = SQL_HEAD.replace("--", "#")
"""What an export begins with."""
_IN_CELLS = ("pipelines", "imports", "mocks", "tests")


@dataclass(frozen=True, slots=True)
class Project:
    """A project.

    file: its main one. tree: what its files say, `${…}` unresolved. pipelines: as they are read.
    move: from its folder to the notebook's.
    """

    file: Path
    tree: Tree
    pipelines: Sequence[PipelineConfig]
    code: ProjectCode
    move: Move

    @property
    def data(self) -> dict[str, Any]:
        data: dict[str, Any] = self.tree.plain()
        return data

    @property
    def is_exported(self) -> bool:
        """Whether its main file is an export, in which SQL and functions of cells have their own places."""
        return bool(self.tree.source.lines) and self.tree.source.lines[0] == _MARK.partition("\n")[0]

    @property
    def title(self) -> str:
        """What to call the notebook."""
        return self.data.get("project") or next((one.pipeline for one in self.pipelines), self.move.root.name)

    def nodes(self) -> Iterator[NodeText]:
        """Yield the nodes in the order of the files."""
        written = _items(self.tree.child("pipelines"))
        for pipeline, its_tree in zip(self.pipelines, written, strict=True):
            for node, tree in zip(pipeline.nodes, _items(its_tree.child("nodes")), strict=True):
                fields = {key: value for key, value in tree.plain().items() if key != "name"}
                yield NodeText(node.name, pipeline.pipeline, tree, self._moved(tree, fields))

    def heads(self) -> Iterator[NewCell]:
        """Yield the cells above all code: title, extension, project."""
        told = [self.data.get("description"), *(_told(self.pipelines[0]) if len(self.pipelines) == 1 else [])]
        yield NewCell("title", "\n\n".join([f"# {self.title}", *filter(None, told)]), "markdown")
        yield NewCell("load-ext", "%load_ext odibi_nb")
        if text := self._project_text():
            yield NewCell("project", f"%%odibi_project\n{text}")

    def pipeline_heads(self) -> dict[str, list[NewCell]]:
        """Return the cells above the nodes of each pipeline; the project's cell names a single one."""
        names = [one.pipeline for one in self.pipelines]
        if len(names) == 1 and self.data.get("pipeline", names[0]) == names[0]:
            only = self.pipelines[0]
            return {only.pipeline: [_line_of(only)]} if _labels_of(only) else {}
        return {one.pipeline: list(_heads_of(one)) for one in self.pipelines}

    def _project_text(self) -> str:
        # What the main file says comes first, as in that file.
        tree = self.tree
        written = sorted(tree.value.items(), key=lambda item: (item[1].source != tree.source, item[1].index))
        data = {key: below.plain() for key, below in written if key not in _IN_CELLS}
        data = self.move.project(data) if is_elsewhere(self.move) else data
        if len(self.pipelines) == 1:
            data = _after_project(data, "pipeline", self.data.get("pipeline", self.pipelines[0].pipeline))
        return mapping_text(tree, data).removeprefix(_MARK) if data else ""

    def _moved(self, node: Tree, fields: dict[str, Any]) -> dict[str, Any]:
        """Return a node's fields with the paths in its SQL as they are written from the notebook's folder."""
        moved = dict(fields)
        if isinstance(fields.get("transform"), Mapping):
            steps = [self._step(step.plain(), step) for step in _steps(node)]
            moved["transform"] = {**fields["transform"], "steps": steps}
        validation = fields.get("validation")
        if isinstance(validation, Mapping) and validation.get("tests"):
            moved["validation"] = {**validation, "tests": [self._test(test) for test in validation["tests"]]}
        return fields if same_data(moved, fields) else moved

    def _test(self, test: Any) -> Any:
        return {**test, "sql": moved_sql(self.move, test["sql"])} if "sql" in test else test

    def _step(self, step: Any, written: Tree) -> Any:
        if isinstance(step, str):
            return moved_sql(self.move, step)
        if "sql" in step:
            return {**step, "sql": moved_sql(self.move, step["sql"])}
        return self._of_file(step, Path(written.source.file or "").resolve().parent) if "sql_file" in step else step

    def _of_file(self, step: Mapping[str, Any], folder: Path) -> Any:
        """Return a step with its file's path, or else its text: that may name files itself. folder: of the path."""
        path = step["sql_file"]
        if folder != self.move.folder:
            path = Move(folder, self.move.folder, self.move.variables).written_path(path, "sql_file")
        text = self.sql_of(path)
        if text is None or (moved := moved_sql(self.move, text)) == text:
            return {**step, "sql_file": path}
        return {"sql": moved, **{key: value for key, value in step.items() if key != "sql_file"}}

    def sql_of(self, path: str) -> str | None:
        """Return the text of a file of SQL; path: from the notebook's folder, None where it can't be told."""
        file = self.move.folder / path
        return file.read_text(encoding="utf-8") if "${" not in path and file.is_file() else None


def read_project(path: Path, folder: Path) -> Project:
    """Read a project's files; folder: the notebook's. Raises what is wrong with them."""
    loaded = load_project(path)
    root, folder = loaded.root.resolve(), folder.resolve()
    code = read_code(root / "transforms.py", folder)
    move = Move(root, folder, loaded.project.vars)
    return Project(loaded.file, loaded.document.tree, loaded.project.pipelines, code, move)


def _items(tree: Tree | None) -> tuple[Tree, ...]:
    return tree.value if tree is not None and isinstance(tree.value, tuple) else ()


def _steps(node: Tree) -> tuple[Tree, ...]:
    transform = node.child("transform")
    return _items(transform.child("steps") if transform is not None else None)


def _told(pipeline: PipelineConfig) -> list[str]:
    """Return what a reader may want to know of a pipeline."""
    labels = [f"{key.title()}: {value}" for key in ("layer", "owner") if (value := getattr(pipeline, key))]
    return [part.strip() for part in (pipeline.description, " · ".join(labels)) if part]


def _heads_of(pipeline: PipelineConfig) -> Iterator[NewCell]:
    yield NewCell(f"{pipeline.pipeline}-text", "\n\n".join([f"## {pipeline.pipeline}", *_told(pipeline)]), "markdown")
    yield _line_of(pipeline)


def _line_of(pipeline: PipelineConfig) -> NewCell:
    labels = [f"{option} {quoted(value)}" for option, value in _labels_of(pipeline).items()]
    name = pipeline.pipeline
    return NewCell(f"{name}-pipeline", " ".join(["%odibi pipeline", quoted(name), *labels]))


def _labels_of(pipeline: PipelineConfig) -> dict[str, str]:
    """Return what is said of a pipeline, by the option that says it; a line has no room for lines."""
    description = " ".join((pipeline.description or "").split())
    said = {"--describe": description, "--layer": pipeline.layer, "--owner": pipeline.owner}
    return {option: value for option, value in said.items() if value}


def _after_project(data: Mapping[str, Any], key: str, value: Any) -> dict[str, Any]:
    """Put a key below the project's name, or where there is none on top."""
    names = [name for name in data if name != key]
    at = names.index("project") + 1 if "project" in names else 0
    return {**{name: data[name] for name in names[:at]}, key: value, **{name: data[name] for name in names[at:]}}
