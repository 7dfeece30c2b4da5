"""Environments: overlays of a project, of which one is chosen when it is loaded."""

from __future__ import annotations

import os
from collections.abc import Iterable, Mapping
from typing import Any

from odibi_nb.exceptions import ConfigValidationError, did_you_mean
from odibi_nb.project_file.references import substitute
from odibi_nb.project_file.tree import Tree, YamlDocument, merged

__all__ = ["ENVIRONMENT_VARIABLE", "chosen_environment", "resolved", "unknown_environment", "with_environment"]

ENVIRONMENT_VARIABLE = "ODIBI_NB_ENV"


def chosen_environment(given: str | None = None) -> str | None:
    """Return the name of the environment to use: the given one, else what `ODIBI_NB_ENV` says, if it says any."""
    return given or os.environ.get(ENVIRONMENT_VARIABLE) or None


def with_environment(tree: Tree, env: str | None) -> Tree:
    """Return a project with one of its `environments` laid over it; raises ConfigValidationError for an unknown one."""
    if env is None:
        return tree
    environments = tree.value.get("environments") if isinstance(tree.value, dict) else None
    known = environments.value if environments and isinstance(environments.value, dict) else {}
    if env not in known:
        file, cell = tree.source.file, tree.source.cell
        raise unknown_environment(env, known, file=file, cell=cell)
    overlay = known[env]
    # Another shape is the models' to refuse.
    return merged(tree, overlay, appended="pipelines") if isinstance(overlay.value, dict) else tree


def unknown_environment(env: str, known: Iterable[Any] = (), **where: Any) -> ConfigValidationError:
    """Return what to say of an environment that a project hasn't."""
    names = [str(name) for name in known]
    listed = f"known: {', '.join(names)}" if names else f"the project names none: environments: {{{env}: {{…}}}}"
    hint = did_you_mean(env, names) or listed
    if os.environ.get(ENVIRONMENT_VARIABLE) == env:
        hint += f" ({ENVIRONMENT_VARIABLE} asks for '{env}')"
    return ConfigValidationError(f"unknown environment '{env}'", hint=hint, **where)


def resolved(document: YamlDocument, environ: Mapping[str, str] | None = None) -> Any:
    """Return a project's data with its references resolved, but for those of `environments`, `mocks` and `tests`.

    Other environments may name variables that are set only there; what of them is laid over the project stands in it
    already. The others are data.
    """
    data = document.data
    as_written = {key: data.pop(key) for key in ("environments", "mocks", "tests") if key in data}
    variables = data["vars"] if isinstance(data.get("vars"), dict) else {}
    found: dict[str, Any] = substitute(data, variables, environ, locate=document.place)
    return {**found, **as_written}
