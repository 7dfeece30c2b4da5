"""`params`, `set` and `pipeline`: what holds for the cells that follow."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict
from functools import partial
from typing import Any

from odibi_nb.cells.option_parser import LIKENESS, Option, collect, key_text, scalar, scalar_like
from odibi_nb.cells.options import UPSTREAM
from odibi_nb.cells.python_body import UNKNOWN
from odibi_nb.commands.base import Call, Command, LiveInputs, Shown
from odibi_nb.exceptions import ConfigValidationError, UsageError, did_you_mean, shortened
from odibi_nb.workspaces.parameters import known_parameters, types_of
from odibi_nb.workspaces.pipelines import PIPELINE_OPTIONS, labels_of

__all__ = ["COMMANDS", "SETTINGS", "typed_parameters"]

UI = Option("--ui", takes="nothing", help="inputs that run what depends on them; SELECTORs say of which nodes")
_FLOW = (("[", "]"), ("{", "}"))

_NO_ENVIRONMENT = "none"
_MEANING = {"upstream": "what cells of nodes run on: see %odibi help set"}
SETTINGS = {"auto": ("on", "off"), "preview": None, "upstream": UPSTREAM, "sample": None, "env": None}


def params(call: Call) -> Shown:
    """Show every parameter with its value; `k=v` sets one for this session."""
    from odibi_nb.pictures import framed, listing_html, listing_text

    is_ui = call.values.get("ui", False)
    settings = [word for word in call.words if "=" in word or not is_ui]
    if settings:
        call.ws.set_params(typed_parameters(call, _texts("params", settings)))
    if is_ui:
        return _inputs(call, [word for word in call.words if "=" not in word])
    known = known_parameters(call.ws.nodes, call.ws.params)
    shown = {name: None if value is UNKNOWN else value for name, value in known.items()}
    if not shown:
        return Shown("no parameters: give them in vars of %%odibi_project, or as defaults of functions", data={})
    rows = [_parameter_row(call, name, value) for name, value in known.items()]
    header = ("parameter", "value", "type")
    notes = [_KEPT_NOWHERE] if settings and call.door == "shell" else ()
    return Shown(listing_text(header, rows), framed(listing_html(header, rows)), data=shown, notes=notes)


_KEPT_NOWHERE = "a shell keeps no values: give them to a run by --param k=v, or to all by `vars`"


def _parameter_row(call: Call, name: str, value: Any) -> tuple[str, str, str]:
    """Return a parameter with its value and type; a default that only running its code would tell, as it is written."""
    if value is not UNKNOWN:
        return name, repr(value), type(value).__name__
    bodies = [node.body for node in call.ws.nodes.values() if node.body is not None]
    codes = (one.code for body in bodies for one in body.parameters if one.name == name and one.code)
    return name, next(codes, ""), ""


def _inputs(call: Call, selectors: Sequence[str]) -> Shown:
    """Show what the selected nodes take; where there are widgets, inputs come in the place of the table."""
    from odibi_nb.pictures import parameters_html, parameters_text
    from odibi_nb.views.build_parameters import parameters_view

    if call.door == "shell":
        raise UsageError("--ui makes inputs, which only a notebook has", hint="give values: odibi-nb run --param k=v")
    names = partial(call.ws.select, selectors)
    used = call.ws.used_params(selected := names())
    if not used:
        raise _without_parameters(call, selected)
    view = parameters_view(call.ws, used)
    return Shown(parameters_text(view), parameters_html(view), data=asdict(view), live=LiveInputs(names))


def _without_parameters(call: Call, selected: Sequence[str]) -> UsageError:
    """Return what to say of nodes that take no parameter, and what to do."""
    names = shortened(", ".join(selected))
    message = f"none of {names} takes a parameter" if len(selected) > 1 else f"{names} takes no parameter"
    above = call.ws.used_params(call.ws.nodes.with_upstream(selected))
    if found := above or call.ws.used_params():
        wider = f"+{selected[-1]}" if above else f"{found[0].nodes[0]}+"
        return UsageError(message, hint=f"{found[0].nodes[0]} takes {found[0].name}: %odibi params --ui {wider}")
    hint = "give them in vars of %%odibi_project, or as defaults of functions"
    return UsageError("no node takes a parameter", hint=hint)


def set_(call: Call) -> Shown:
    """Set options of this workspace."""
    options = call.ws.options
    texts = dict(_texts("set", call.words))
    env = texts.pop("env", None)
    new = {key: _setting(key, scalar(text)) for key, text in texts.items()}
    if env is not None:
        call.ws.environments.choose(None if env in ("", _NO_ENVIRONMENT) else env)
    options.update(new)
    data = {**options, "env": call.ws.environments.name}
    shown = {**data, "auto": "on" if options["auto"] else "off", "env": data["env"] or _NO_ENVIRONMENT}
    listed = " ".join(f"{key}={shown[key]}" for key in SETTINGS)
    is_short = new.get("upstream", "fresh") != "fresh"
    told = "\nit is for cells of nodes; %odibi run computes and writes real rows all the same, %%odibi_sql reads them"
    note = told if is_short else ""
    return Shown(listed + note, data=data)


def _setting(key: str, value: Any) -> Any:
    """Return the value of a setting; raises UsageError for one that it can't have."""
    if key not in SETTINGS:
        raise UsageError(f"there is no setting '{key}'", hint=did_you_mean(key, SETTINGS) or ", ".join(SETTINGS))
    choices = SETTINGS[key]
    if key == "auto" and isinstance(value, bool):
        return value
    if choices is not None:
        if value not in choices:
            hint = did_you_mean(str(value), choices, likeness=LIKENESS) or _MEANING.get(key)
            raise UsageError(f"{key} is {', '.join(choices[:-1])} or {choices[-1]}, not '{value}'", hint=hint)
        return value == "on" if key == "auto" else value
    least = 0 if key == "preview" else 1
    if not isinstance(value, int) or value < least:
        raise UsageError(f"{key} is a number of rows, not '{value}'")
    return value


def pipeline(call: Call) -> Shown:
    """Set the pipeline of the cells that follow; without a name show it."""
    if call.words:
        call.ws.set_pipeline(call.words[0], labels_of(call.values))
    name = call.ws.current_pipeline
    return Shown(f"pipeline: {name}" if name else "no pipeline is set", data={"pipeline": name})


def typed_parameters(call: Call, texts: Mapping[str, str]) -> dict[str, Any]:
    """Return values for parameters, typed as in YAML; what replaces a text, or is to be one, stays a text."""
    present = known_parameters(call.ws.nodes, call.ws.params)
    present |= {one.name: "" for one in types_of(texts, call.ws.nodes, {}) if one.keeps_text}
    return {name: _typed(name, text, present.get(name)) for name, text in texts.items()}


def _typed(name: str, text: str, present: Any) -> Any:
    """Return the list or mapping that a text is in YAML, else the scalar."""
    if isinstance(present, str) or (text[:1], text[-1:]) not in _FLOW:
        return scalar_like(text, present)
    from odibi_nb.project_file import parse_yaml

    try:
        return parse_yaml(text).data
    except ConfigValidationError as exc:
        hint = "a list is [a, b], a mapping {a: 1}; in quotes it is a text"
        raise UsageError(f"parameter '{name}' can't be read: {exc.message}", hint=hint) from exc


def _texts(command: str, words: Sequence[str]) -> Mapping[str, str]:
    pairs: list[tuple[str, str]] = []
    for word in words:
        try:
            pairs.append(key_text(word))
        except ValueError as exc:
            example = f"for instance {command} {word}=5"
            cut = pairs and pairs[-1][1][:1] in ("[", "{")
            hint = f"quote what holds blanks: {command} '{' '.join(words)}'" if cut else example
            raise UsageError(f"{command} takes key=value, not '{word}'", hint=hint) from exc
    return collect(command, "parameter", pairs)


COMMANDS = {
    command.name: command
    for command in (
        Command(
            "params",
            "Show every parameter with its value; k=v sets one for this session.",
            "params min_amount=100",
            params,
            words=("[K=V…]",),
            options=(UI,),
            details="--ui shows an input for each parameter of the nodes that SELECTORs name (none: of all).\n"
            "Moving one sets it for this session and runs what depends on it; nothing is written.\n"
            "For instance: %odibi params --ui +by_region",
        ),
        Command(
            "set",
            "Set options: auto=on|off (whether cells of nodes run them), preview=N (rows on cards), and more.",
            "set auto=off",
            set_,
            words=("[SETTING=VALUE…]",),
            details=(
                "upstream=fresh|stored|sample: on what cells of nodes run. fresh: what is above is computed first.\n"
                "stored: their last results are taken as they are (STALE INPUT). sample: all runs on few rows of the\n"
                "sources (SAMPLE), sample=N of each.\n"
                "env=NAME: which of the project's environments is laid over the rest; env=none: none of them."
            ),
        ),
        Command(
            "pipeline",
            "Set the pipeline of the cells that follow; without a name show it.",
            "pipeline nightly",
            pipeline,
            words=("[PIPELINE]",),
            options=PIPELINE_OPTIONS,
        ),
    )
}
