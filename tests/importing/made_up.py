"""Strategies for whole projects, whose names and texts YAML, a shell's line or a cell might take for something else."""

from __future__ import annotations

import json
from typing import Any

from hypothesis import strategies as st

from odibi_nb.project_file import yaml_text

AWKWARD = (
    "NO", "on", "1e3", "0x10", "017", "1_000", "2026-01-01", "12:30", "null", "~", ".inf", "true", "- x", "a: b",
    "a #b", "#x", "---", "--- x", "...", "%x", "%%odibi_node", "!x", "?", "x?", "$x", "$n", "{a}", "{{ x }}", "[a",
    "&a", "*a", "|", ">", "@x", "`", "'", '"', "it's", 'say "it"', "\"it's\"", "\\", "C:\\x", "--read", "-x", "--",
    " lead", "trail ", "a  b", "tab\tin", "two\nlines", "lines\n\n  in\nblocks\n", "\nfirst", "last\n\n", "größe",
    "中文",
    "😀", "a\u2028b", "a\x85b", "${vars.n}", "$${n}", "read: x", "select", "SELECT 1", "import x", "def f():", "a,b",
    "a=b", "x" * 130,
)  # fmt: skip
NAMES = ("a", "NO", "on", "null", "select", "größe", "_1", "1a", "y", "read", "transform", "true", "b_2", "Ünï", "e3")
COLUMNS = ("x", "t", "größe", "a b", "NO", "select", "1", 'q"t', "x,y")

letters = st.text(st.characters(exclude_categories=["Cs", "Cc"], include_characters="\n\t"), max_size=12)
texts = st.one_of(st.sampled_from(AWKWARD), letters.map(lambda text: text.replace("${", "$ {")))
some_texts = texts.filter(lambda text: bool(text.strip()))
scalars = st.one_of(texts, st.integers(-(10**6), 10**6), st.booleans(), st.none(), st.floats(-1e6, 1e6))
columns = st.lists(st.sampled_from(COLUMNS), min_size=1, max_size=2, unique=True)
rows = st.lists(st.fixed_dictionaries({"x": st.integers(0, 9), "t": texts}), min_size=1, max_size=2)


@st.composite
def projects(draw: st.DrawFn) -> dict[str, str]:
    """Return the files of a project: `odibi.yaml`, and what it names."""
    names = draw(st.lists(st.sampled_from(NAMES), min_size=1, max_size=5, unique_by=str.casefold))
    files: dict[str, str] = {"data/a.csv": "x,t\n1,a\n2,b\n", "transforms.py": "from odibi_nb import transform\n"}
    nodes = [_node(draw, name, names[:at], files) for at, name in enumerate(names)]
    cut = draw(st.integers(0, len(nodes)))
    pipelines = [{"pipeline": draw(pipeline_names), "nodes": part} for part in (nodes[:cut], nodes[cut:]) if part]
    if len({one["pipeline"] for one in pipelines}) < len(pipelines):
        pipelines[0]["pipeline"] += "_2"
    project = {
        "project": draw(some_texts),
        "connections": {"local": {"type": "local", "base_path": "./data"}},
        "vars": {"n": draw(st.integers(0, 9)), "text": draw(texts), "more": draw(st.lists(scalars, max_size=2))},
        **draw(st.fixed_dictionaries({}, optional={"description": some_texts, "owner": some_texts})),
        "pipelines": pipelines,
        **_beside(draw, nodes),
    }
    write = draw(st.sampled_from([yaml_text, lambda data: json.dumps(data, ensure_ascii=False, indent=1)]))
    return {**files, "odibi.yaml": write(project) + "\n"}


pipeline_names = st.sampled_from(["sales", "NO", "from the till", "it's", "2026"])


def _node(draw: st.DrawFn, name: str, above: list[str], files: dict[str, str]) -> dict[str, Any]:
    kind = draw(st.sampled_from(_KINDS if above else _SOURCES))
    said = {
        "description": some_texts,
        "tags": st.lists(some_texts, min_size=1, max_size=2),
        "preview": st.integers(0, 9),
        "materialize": st.sampled_from(["view", "table"]),
        "cache": st.booleans(),
        "on_error": st.just("fail_fast"),
        "validation": _validations(name),
    }
    fields = {"name": name, **kind(draw, name, above, files), **draw(st.fixed_dictionaries({}, optional=said))}
    if draw(st.booleans()):
        fields["write"] = _write(draw, name)
    order = draw(st.permutations([key for key in fields if key != "name"]))
    return {"name": name, **{key: fields[key] for key in order}}


def _read(draw: st.DrawFn, name: str, above: list[str], files: dict[str, str]) -> dict[str, Any]:
    said = draw(st.fixed_dictionaries({}, optional={"format": st.just("csv"), "options": _OPTIONS}))
    return {"read": {"connection": "local", "path": "a.csv", **said}}


_OPTIONS = st.fixed_dictionaries(
    {}, optional={"sep": st.just(","), "types": st.just({"t": "VARCHAR"}), "null_values": st.lists(st.just("NO"))}
)


def _literal(draw: st.DrawFn) -> str:
    text = draw(texts).replace("'", "''")
    return draw(st.sampled_from(["{}", "-- {}".format("first\n{}"), "/* x */ {}", "{} -- last"])).format(
        f"SELECT 1 AS x, '{text}' AS t, $n AS n"
    )


def _constant(draw: st.DrawFn, name: str, above: list[str], files: dict[str, str]) -> dict[str, Any]:
    return {"transform": {"steps": [_step(draw, name, _literal(draw), files)]}}


def _query(draw: st.DrawFn, name: str, above: list[str], files: dict[str, str]) -> dict[str, Any]:
    source = draw(st.sampled_from(above))
    form = draw(
        st.sampled_from(['SELECT *\nFROM "{}"', 'FROM "{}"', 'WITH w AS (SELECT * FROM "{}")\nSELECT * FROM w'])
    )
    depends = {"depends_on": [source]} if draw(st.booleans()) else {}
    return {**depends, "transform": {"steps": [_step(draw, name, form.format(source), files)]}}


def _step(draw: st.DrawFn, name: str, text: str, files: dict[str, str]) -> Any:
    kind = draw(st.sampled_from(["text", "sql", "sql_file"]))
    if kind == "sql_file" and "${" not in text:
        files[f"sql/{name}.sql"] = text
        return {"sql_file": f"sql/{name}.sql"}
    return {"sql": text} if kind == "sql" else text


def _steps(draw: st.DrawFn, name: str, above: list[str], files: dict[str, str]) -> dict[str, Any]:
    source = draw(st.sampled_from(above))
    steps = [
        {"operation": "filter", "params": {"condition": draw(st.sampled_from(["x > 0", "x <> $n", "x = 1 -- all"]))}},
        draw(st.sampled_from(["SELECT * FROM df", {"sql": "SELECT x FROM df WHERE x >= $m", "params": {"m": 0}}])),
    ]
    return {"depends_on": [source], "transform": {"steps": steps}}


def _copy(draw: st.DrawFn, name: str, above: list[str], files: dict[str, str]) -> dict[str, Any]:
    return {"inputs": {"s": draw(st.sampled_from(above))}, "transform": {"steps": ["SELECT * FROM s"]}}


def _function(draw: st.DrawFn, name: str, above: list[str], files: dict[str, str]) -> dict[str, Any]:
    source, called = draw(st.sampled_from(above)), draw(st.sampled_from([name, f"f_{name}"]))
    if not called.isidentifier() or not source.isidentifier():
        return _query(draw, name, above, files)
    default = draw(st.sampled_from(["", ", n=1", ", of: int = 2"]))
    files["transforms.py"] += (
        f"\nLEAST_{name} = {draw(st.integers(0, 3))}\n\n\n# rows\n@transform\ndef {called}({source}{default}):\n"
        f"    return {source}[{source}.x >= LEAST_{name}]  # {draw(st.sampled_from(['---', 'x']))}\n"
    )
    params = {"params": {"of": 3}} if "of" in default and draw(st.booleans()) else {}
    return {"transform": {"steps": [{"function": called, **params}]}}


_SOURCES = (_read, _constant)
_KINDS = (*_SOURCES, _query, _steps, _copy, _function)


def _write(draw: st.DrawFn, name: str) -> dict[str, Any]:
    path = draw(st.sampled_from([f"{name}.csv", f"{name} 1.csv", f"it's {name}.csv", f"${{vars.n}} {name}.csv"]))
    how = draw(st.sampled_from([{}, {"mode": "append"}, {"mode": "upsert", "options": {"keys": ["x"]}}]))
    return {"connection": "local", "path": path, **how, **draw(st.sampled_from([{}, {"format": "csv"}]))}


def _validations(name: str) -> st.SearchStrategy[dict[str, Any]]:
    values = st.lists(st.one_of(some_texts, st.integers(0, 9)), min_size=1, max_size=2)
    column = st.sampled_from(COLUMNS)
    action = st.fixed_dictionaries({}, optional={"on_fail": st.sampled_from(["warn", "fail"])})
    bad_rows = st.just(f'SELECT *\nFROM "{name}" WHERE x < 0\n')
    kinds = st.one_of(
        st.fixed_dictionaries({"type": st.sampled_from(["not_null", "unique"]), "columns": columns}),
        st.fixed_dictionaries({"type": st.just("not_null"), "column": column}),
        st.fixed_dictionaries({"type": st.just("accepted_values"), "column": column, "values": values}),
        st.fixed_dictionaries({"type": st.just("row_count"), "min": st.integers(0, 3)}),
        st.fixed_dictionaries({"type": st.just("custom_sql"), "condition": st.sampled_from(["x > 0", "t <> '-- x'"])}),
        st.fixed_dictionaries({"type": st.just("custom_sql"), "name": some_texts, "sql": bad_rows}),
    )
    tests = st.lists(st.tuples(kinds, action).map(lambda pair: {**pair[0], **pair[1]}), min_size=1, max_size=3)
    return st.fixed_dictionaries({"tests": tests}, optional={"mode": st.sampled_from(["warn", "fail"])})


def _beside(draw: st.DrawFn, nodes: list[dict[str, Any]]) -> dict[str, Any]:
    """Return mocks and tests of the nodes that read another one."""
    found: dict[str, Any] = {}
    for node in nodes:
        source = (node.get("depends_on") or list(node.get("inputs", {}).values()) or [None])[0]
        if source is None or not draw(st.booleans()):
            continue
        given = draw(st.one_of(rows, st.just("x,t\n1,a\n")))
        found.setdefault("mocks", {})[node["name"]] = {source: given}
        test = {"given": draw(st.sampled_from(["mock", {source: given}])), "expect": {"count": 1}}
        found.setdefault("tests", {})[node["name"]] = {draw(st.sampled_from(["sums", "NO", "e3"])): test}
    return found
