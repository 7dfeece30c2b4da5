"""A project's YAML files → one ProjectConfig: imports, environment, references, models."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from odibi_nb.config import EngineType, PipelineConfig, ProjectConfig
from odibi_nb.exceptions import ConfigValidationError, Where, did_you_mean
from odibi_nb.project_file.building import Locate, build
from odibi_nb.project_file.environments import resolved, with_environment
from odibi_nb.project_file.reading import parse_yaml
from odibi_nb.project_file.tree import TextPlace, Tree, YamlDocument, merged

__all__ = ["FILE_NAMES", "LoadedProject", "load_project"]

_SHOWN_NOTEBOOKS = 3
FILE_NAMES = ("odibi.yaml", "odibi.yml", "project.yaml", "project.yml")


@dataclass(frozen=True)
class LoadedProject:
    """A project as its files say it.

    root: the folder that its relative paths start from. notes: what a reader should know.
    node_places: where each node is declared; of two nodes of one name, the first.
    step_places, test_places: where the text of each of a node's steps, and of each of its data tests, begins.
    document: what the files say, with the place of each key.
    """

    project: ProjectConfig
    root: Path
    file: Path
    notes: tuple[str, ...]
    node_places: Mapping[str, Where]
    step_places: Mapping[str, tuple[TextPlace, ...]]
    test_places: Mapping[str, tuple[TextPlace, ...]]
    document: YamlDocument

    @property
    def locate(self) -> Locate:
        """Gives the place of a path of keys."""
        return self.document.place


def load_project(
    path: str | os.PathLike[str],
    *,
    env: str | None = None,
    environ: Mapping[str, str] | None = None,
) -> LoadedProject:
    """Load a project file, a file of one pipeline, or the folder that holds `odibi.yaml`.

    env: the name of the overlay under `environments` to lay over the rest. environ: os.environ unless given.
    Raises ConfigValidationError, with file, line and key.
    """
    file = _project_file(Path(path))
    document = YamlDocument(with_environment(_read(file, ()), env))
    data = resolved(document, environ)
    root = file.absolute().parent
    _rebase_sql_files(document, data, root)
    project = build(ProjectConfig, data, locate=document.place)
    places = _node_places(document, project)
    steps, tests = (_sql_places(document, project, *keys) for keys in (("transform", "steps"), ("validation", "tests")))
    return LoadedProject(project, root, file.absolute(), _notes(project), places, steps, tests, document)


def _project_file(path: Path) -> Path:
    if not path.is_dir():
        return path
    found = next((path / name for name in FILE_NAMES if (path / name).is_file()), None)
    if found is None:
        notebooks = sorted(str(one) for one in path.glob("*.ipynb"))[:_SHOWN_NOTEBOOKS]
        hint = f"did you mean {' or '.join(map(repr, notebooks))}?" if notebooks else "`odibi-nb init` makes a project"
        raise ConfigValidationError(f"the folder '{path}' has no {FILE_NAMES[0]}", hint=hint, file=str(path))
    return found


def _read(file: Path, importers: tuple[Path, ...]) -> Tree:
    """Read a file as a project, with what it imports below it."""
    tree = _as_project(parse_yaml(_text(file), file=str(file)).tree)
    trail = (*importers, file.resolve())
    for imported, place in _imports(tree, file):
        if imported.resolve() in trail:
            raise ConfigValidationError(f"'{imported}' imports itself, directly or through others", **place)
        try:
            below = _read(imported, trail)
        except ConfigValidationError as error:
            if error.where.file is None:
                error.at(**place)
            raise
        tree = merged(below, tree, appended="pipelines")
    return tree


def _text(file: Path) -> str:
    try:
        return file.read_text(encoding="utf-8-sig")
    except FileNotFoundError as error:
        near = sorted(other.name for other in file.parent.glob("*.y*ml"))
        hint = did_you_mean(file.name, near) or "`odibi-nb init` makes a project"
        raise ConfigValidationError(f"there is no file '{file}'", hint=hint) from error
    except UnicodeDecodeError as error:
        hint = "save it as UTF-8"
        raise ConfigValidationError(f"'{file}' is not UTF-8 text", hint=hint, file=str(file)) from error
    except OSError as error:
        hint = "give a file that this user may read"
        raise ConfigValidationError(f"'{file}' can't be read: {error.strerror}", hint=hint, file=str(file)) from error


def _as_project(tree: Tree) -> Tree:
    """Return the tree of a project; one pipeline (`nodes` at the top) is wrapped into one."""
    if not isinstance(tree.value, dict):
        hint = "start it with 'project:' or 'pipeline:'; other targets are notebooks, and folders with odibi.yaml"
        raise ConfigValidationError("a project file is a mapping", hint=hint, **tree.place)
    if not tree.value:
        hint = "`odibi-nb init` makes a project"
        raise ConfigValidationError("the file is empty", hint=hint, file=tree.source.file)
    if "nodes" not in tree.value or "pipelines" in tree.value:
        return tree
    for key in tree.value.keys() & (ProjectConfig.model_fields.keys() - PipelineConfig.model_fields.keys()):
        hint = "put 'pipeline:' and 'nodes:' into a list under 'pipelines:'"
        message = f"'{key}' belongs to a project, but with 'nodes:' at the top this file is one pipeline"
        raise ConfigValidationError(message, hint=hint, **tree.value[key].place)
    return replace(tree, value={"pipelines": replace(tree, value=(tree,))})


def _imports(tree: Tree, file: Path) -> list[tuple[Path, dict[str, Any]]]:
    declared = tree.value.get("imports")
    if declared is None:
        return []
    entries = declared.value if isinstance(declared.value, tuple) else (declared,)
    found = []
    for entry in entries:
        if not isinstance(entry.value, str):
            hint = "write imports: [nodes.yaml]"
            raise ConfigValidationError("'imports' lists paths of YAML files", hint=hint, **entry.place)
        found.append((file.parent / entry.value, entry.place))
    return found


def _rebase_sql_files(document: YamlDocument, data: Any, root: Path) -> None:
    """Make each `sql_file` relative to the root: it is written relative to its own, perhaps imported, file."""
    for path, step in _steps(data):
        sql_file = step.get("sql_file")
        folder = Path(document.place(path)["file"]).absolute().parent
        if isinstance(sql_file, str) and folder != root:
            step["sql_file"] = Path(os.path.relpath(folder / sql_file, root)).as_posix()


def _steps(value: Any, path: tuple[Any, ...] = ()) -> list[tuple[tuple[Any, ...], dict[str, Any]]]:
    """Return the steps of all nodes that have any, with their paths; what has another shape is left to the models."""
    keys = ("pipelines", "*", "nodes", "*", "transform", "steps", "*")
    if len(path) == len(keys):
        return [(path, value)] if isinstance(value, dict) else []
    key = keys[len(path)]
    if key != "*":
        return _steps(value[key], (*path, key)) if isinstance(value, dict) and key in value else []
    items = enumerate(value) if isinstance(value, list) else ()
    return [step for index, item in items for step in _steps(item, (*path, index))]


def _notes(project: ProjectConfig) -> tuple[str, ...]:
    notes = ["'system' is not acted on yet"] if project.system else []
    if project.engine is EngineType.POLARS:
        notes.append(f"engine 'polars' runs on the default engine, '{EngineType.DUCKDB}'")
    return tuple(notes)


def _node_places(document: YamlDocument, project: ProjectConfig) -> dict[str, Where]:
    places: dict[str, Where] = {}
    for p, pipeline in enumerate(project.pipelines):
        for n, node in enumerate(pipeline.nodes):
            place = document.place(("pipelines", p, "nodes", n))
            places.setdefault(node.name, Where(node=node.name, **place))
    return places


def _sql_places(
    document: YamlDocument, project: ProjectConfig, field: str, items: str
) -> dict[str, tuple[TextPlace, ...]]:
    """Return, by node, where the `sql` of each item of a list below one of its fields begins."""
    places: dict[str, tuple[TextPlace, ...]] = {}
    for p, pipeline in enumerate(project.pipelines):
        for n, node in enumerate(pipeline.nodes):
            listed = getattr(getattr(node, field), items, ())
            path = ("pipelines", p, "nodes", n, field, items)
            texts = (document.text_place((*path, number, "sql")) for number in range(len(listed)))
            places.setdefault(node.name, tuple(texts))
    return places
