"""What a project becomes, cell by cell."""

from __future__ import annotations

import json
from pathlib import Path

import nbformat
import pytest

from odibi_nb.commands.project_templates import make_project, template
from odibi_nb.exceptions import ConfigValidationError, DependencyError, OdibiException, UsageError, ValidationError
from odibi_nb.importing import import_project
from odibi_nb.workspaces.headless import load_target

from .projects import HEAD, Project, read

LOAD = "- {name: load, read: {connection: local, path: a.csv}}\n"


@pytest.mark.parametrize("name", ["demo", "init"])
def test_the_projects_of_demo_and_init_become_notebooks(name: str, tmp_path: Path) -> None:
    make_project(tmp_path, template(name))
    imported = import_project(tmp_path, tmp_path / "nb.ipynb")
    document = nbformat.read(imported.notebook, as_version=4)
    nbformat.validate(document)
    assert (document.nbformat, document.nbformat_minor) == (4, 5)
    assert not any(cell.get("outputs") for cell in document.cells)
    assert imported.notebook.read_text("utf-8") == nbformat.writes(document) + "\n"
    texts = read(imported.notebook).texts
    assert not any("transform" in text for text in texts)  # functions are bodies, statements are SQL
    assert sum(text.startswith("%%odibi_node") for text in texts) == len(imported.nodes)


def test_a_cell_has_a_node_in_the_form_that_suits_it(project: Project) -> None:
    project.write("sql/total.sql", "\n-- all of it\nSELECT sum(x) AS x FROM clean\n")
    project.write(
        "transforms.py",
        """
        from odibi_nb import transform

        LEAST = 5

        # rows that count
        @transform
        def clean(load):
            return load[load.x > LEAST]  # more
        """,
    )
    project.nodes(
        """
        # from the till
        - name: load
          description: All sales.
          tags: [daily]
          read: {connection: local, path: a b.csv, options: {sep: ';'}}
        - name: clean
          transform: {steps: [{function: clean}]}
          validation: {tests: [{type: not_null, columns: [x]}, {type: row_count, min: 1}]}
        - name: total
          transform: {steps: [{sql_file: sql/total.sql}]}
          write: {connection: local, path: t.csv, mode: upsert, options: {keys: [x, y]}}
        - name: steps
          depends_on: [load]
          transform:
            steps:
              - operation: filter  # some
                params: {condition: x > 1}
              - SELECT * FROM df
        - name: copied
          inputs: {a: load}
          write: {connection: local, path: copy.csv}
          cache: false
        """
    )
    notebook = project.notebook()
    assert notebook.texts == [
        "# shop",
        "%load_ext odibi_nb",
        "%%odibi_project\nproject: shop\npipeline: sales\nconnections:\n  local: {type: local, base_path: ./data}",
        "LEAST = 5",
        "All sales.\n\nfrom the till",
        '%%odibi_node load --read "local:a b.csv" --option "sep=;" --tag daily --describe "All sales."',
        """%%odibi_node clean --expect "not_null(x)" --expect "row_count > 0"
# rows that count
def clean(load):
    return load[load.x > LEAST]  # more""",
        "%%odibi_node total --write local:t.csv --mode upsert --key x y\n-- all of it\nSELECT sum(x) AS x FROM clean",
        """%%odibi_node steps --depends-on load
transform:
  steps:
    - operation: filter  # some
      params: {condition: x > 1}
    - SELECT * FROM df""",
        "%%odibi_node copied --write local:copy.csv\ninputs: {a: load}\ncache: false",
    ]
    assert notebook.ids == [
        "title", "load-ext", "project", "code", "load-text", "load", "clean", "total", "steps", "copied",
    ]  # fmt: skip


def test_tests_and_mocks_stand_below_their_node(project: Project) -> None:
    project.nodes(
        LOAD
        + """
- name: total
  transform: {steps: [SELECT sum(x) AS x FROM load]}
  validation:
    tests:
      - {type: not_null, columns: [x]}
      - type: custom_sql
        name: small
        sql: |
          SELECT * FROM total
          WHERE x > 100
      - {type: custom_sql, name: odd, sql: SELECT * FROM total WHERE x % 2 = 1, on_fail: warn}
- {name: last, inputs: {t: total}, write: {connection: local, path: last.csv}}
""",
        below="""
        mocks:
          "*":
            total: [{x: 3}]  # everywhere
          total:
            load:
              - {x: 1}  # one
        tests:
          total:
            # what it is for
            sums:
              given: {load: [{x: 1}, {x: 2}]}
              expect: [{x: 3}]
        """,
    )
    notebook = project.notebook()
    assert notebook.texts[notebook.ids.index("mocks")] == "%%odibi_mock\ntotal: [{x: 3}]  # everywhere"
    assert notebook.texts[notebook.ids.index("total") :] == [
        '%%odibi_node total --expect "not_null(x)"\nSELECT sum(x) AS x FROM load',
        "%%odibi_expect total small\nSELECT * FROM total\nWHERE x > 100",
        "%%odibi_expect total odd --warn\nSELECT * FROM total WHERE x % 2 = 1",
        "%%odibi_mock total\nload:\n  - {x: 1}  # one",
        "%%odibi_test total sums\ngiven: {load: [{x: 1}, {x: 2}]}\nexpect: [{x: 3}]",
        "%%odibi_node last --write local:last.csv\ninputs: {t: total}",
    ]


def test_mocks_that_are_csv_stay_csv(project: Project) -> None:
    project.nodes(
        LOAD + "- {name: total, transform: {steps: [SELECT sum(x) AS x FROM load]}}",
        below="mocks:\n  total:\n    load: |\n      x\n      1\n",
    )
    assert project.notebook()["total-mock-load"] == "%%odibi_mock total --input load\nx\n1"


def test_each_of_several_pipelines_has_a_heading(project: Project) -> None:
    project.write(
        "odibi.yaml",
        HEAD
        + """pipelines:
  - pipeline: from the till
    description: What was sold.
    owner: Ada
    nodes: [{name: load, read: {connection: local, path: a.csv}}]
  - pipeline: report
    nodes: [{name: total, transform: {steps: [SELECT * FROM load]}}]
""",
    )
    texts = project.notebook().texts
    assert texts[3:] == [
        "## from the till\n\nWhat was sold.\n\nOwner: Ada",
        '%odibi pipeline "from the till" --describe "What was sold." --owner Ada',
        "%%odibi_node load --read local:a.csv",
        "## report",
        "%odibi pipeline report",
        "%%odibi_node total\nSELECT * FROM load",
    ]


def test_the_project_keeps_its_own_text_and_its_references(project: Project, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SECRET_FOLDER", "/srv/secret")
    head = (
        "# of the shop\n\nproject: shop # ours\nconnections:\n  # here\n  local:\n    type: local\n"
        '    base_path: "${SECRET_FOLDER}"\nvars:\n  since: "2026-01-01"  # a date\n'
    )
    project.nodes(
        "- name: a\n  transform: {steps: [\"SELECT '${vars.since}' AS day\"]}\n"
        "- {name: b, read: {connection: local, path: '${env:SECRET_FOLDER}/b.csv'}, description: '$${x}'}",
        head=head,
    )
    notebook = project.notebook()
    assert notebook["project"] == "%%odibi_project\n" + head.replace("# ours\n", "# ours\npipeline: sales\n").rstrip(
        "\n"
    )
    assert notebook["a"] == "%%odibi_node a\ntransform: {steps: [\"SELECT '${vars.since}' AS day\"]}"
    assert '--read "local:${env:SECRET_FOLDER}/b.csv"' in notebook["b"]
    assert "/srv/secret" not in (project.folder / "nb.ipynb").read_text()


def test_what_is_imported_is_merged(project: Project) -> None:
    project.write("more/vars.yaml", "vars: {a: 1, b: 2}\nsettings: {preview: 3}\n")
    project.write("more/x.sql", "SELECT 1 AS x")
    project.write("more/nodes.yaml", "pipeline: more\nnodes:\n  - {name: x, transform: {steps: [{sql_file: x.sql}]}}\n")
    project.nodes(LOAD, head=f"imports: [more/vars.yaml, more/nodes.yaml]\n{HEAD}vars: {{b: 3}}\n")
    notebook = project.notebook()
    assert notebook["project"].endswith("base_path: ./data}\nvars: {a: 1, b: 3}\nsettings: {preview: 3}")
    assert "imports" not in notebook["project"]
    assert notebook["x"] == "%%odibi_node x\nSELECT 1 AS x"


def test_a_file_of_one_pipeline_is_a_project_too(project: Project) -> None:
    file = project.write("sales.yaml", "pipeline: sales\nnodes:\n  - {name: a, transform: {steps: [SELECT 1 AS x]}}\n")
    imported = import_project(file)
    assert imported.notebook == project.folder / "sales.ipynb"
    assert read(imported.notebook).texts == [
        "# sales",
        "%load_ext odibi_nb",
        "%%odibi_project\npipeline: sales",
        "%%odibi_node a\nSELECT 1 AS x",
    ]


def test_anchors_aliases_and_merges_mean_what_they_meant(project: Project) -> None:
    project.nodes(
        """
        - &first
          name: load
          read: &place {connection: local, path: a.csv}
          tags: &tags
          - daily

          - "NO"
        - <<: *first
          name: again
          read:
            <<: *place
            path: b.csv
        - {name: "third", tags: *tags, inputs: {x: load}, cache: false}
        """
    )
    notebook = project.notebook()
    assert notebook["load"] == "%%odibi_node load --read local:a.csv --tag daily --tag NO"
    assert notebook["again"] == "%%odibi_node again --read local:b.csv --tag daily --tag NO"
    assert notebook["third"] == "%%odibi_node third --tag daily --tag NO\ninputs: {x: load}\ncache: false"


def test_paths_mean_the_same_files_from_another_folder(project: Project) -> None:
    project.write("etl/data/a.csv", "x\n1\n")
    project.write(
        "etl/odibi.yaml",
        HEAD.replace("./data", "data/")
        + """vars: {n: 1}
pipelines:
  - pipeline: sales
    nodes:
      - {name: load, read: {connection: local, path: a.csv}}
      - name: files
        transform: {steps: ["SELECT * FROM 'data/a.csv' JOIN read_csv('../b.csv') USING (x) -- 'c.csv'"]}
""",
    )
    (project.folder / "books").mkdir()
    import_project(project.folder / "etl", project.folder / "books" / "nb.ipynb")
    notebook = read(project.folder / "books" / "nb.ipynb")
    assert "base_path: ../etl/data}" in notebook["project"]
    assert notebook["files"].split("\n", 1)[1] == (
        "SELECT * FROM '../etl/data/a.csv' JOIN read_csv('../b.csv') USING (x) -- 'c.csv'"
    )
    ws = load_target(project.folder / "books" / "nb.ipynb").workspace
    ws.run("load")
    assert ws["load"].rows == 1
    ws.close()


def test_a_folder_that_the_environment_knows_keeps_its_reference(
    project: Project, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("FOLDER", "data")
    project.nodes(LOAD, head=HEAD.replace("./data", '"${FOLDER}"'))
    (project.folder / "books").mkdir()
    assert "base_path: '../${FOLDER}'" in project.notebook("books/nb.ipynb")["project"]
    monkeypatch.setenv("FOLDER", str(project.folder))
    assert 'base_path: "${FOLDER}"' in project.notebook("books/other.ipynb")["project"]


def test_a_folder_with_a_reference_gets_no_longer_by_moving(project: Project) -> None:
    project.nodes(LOAD, head=HEAD.replace("./data", "'../etl/../${vars.base}'"), below="vars: {base: data}\n")
    (project.folder / "books").mkdir()
    assert "base_path: '../../${vars.base}'" in project.notebook("books/nb.ipynb")["project"]


def test_a_folder_that_is_relative_in_one_environment_alone_is_refused(project: Project) -> None:
    below = "vars: {base: data}\nenvironments: {prod: {vars: {base: /data}}}\n"
    project.nodes(LOAD, head=HEAD.replace("./data", "'${vars.base}'"), below=below)
    (project.folder / "books").mkdir()
    with pytest.raises(ConfigValidationError, match=r"relative path in one environment and an absolute one in another"):
        project.convert("books/nb.ipynb")
    project.convert()  # beside the project it means the same


def test_folders_of_environments_and_of_spilling_move_along(project: Project) -> None:
    below = "environments: {prod: {connections: {local: {base_path: prod}}}}\n"
    project.nodes(LOAD, head=HEAD + "settings: {duckdb: {temp_directory: spill}}\n", below=below)
    (project.folder / "books").mkdir()
    text = project.notebook("books/nb.ipynb")["project"]
    assert "temp_directory: ../spill" in text
    assert "base_path: ../prod" in text


def test_a_notebook_that_says_the_same_is_left_as_it_is(project: Project) -> None:
    project.nodes(LOAD)
    project.convert()
    file = project.folder / "nb.ipynb"
    document = json.loads(file.read_text())
    document["cells"][1]["outputs"] = [{"name": "stdout", "output_type": "stream", "text": ["hello"]}]
    file.write_text(json.dumps(document))
    before = file.read_bytes()
    assert project.convert().state == "unchanged"
    assert file.read_bytes() == before


def test_a_notebook_that_was_edited_is_written_over_by_force_alone(project: Project) -> None:
    project.nodes(LOAD)
    project.convert()
    file = project.folder / "nb.ipynb"
    file.write_text(file.read_text().replace("local:a.csv", "local:mine.csv"))
    imported = project.convert()
    assert imported.state == "changed"
    assert "-%%odibi_node load --read local:mine.csv\n+%%odibi_node load --read local:a.csv" in imported.diff
    assert "local:mine.csv" in file.read_text()
    assert project.convert(force=True).state == "written"
    assert "local:mine.csv" not in file.read_text()
    file.write_text("no notebook")
    assert project.convert().state == "changed"
    assert project.listing() == ["nb.ipynb", "odibi.yaml"]


def test_a_node_that_no_cell_says_alike_is_refused_by_name(project: Project, monkeypatch: pytest.MonkeyPatch) -> None:
    from odibi_nb.importing import node_cell

    project.nodes(LOAD)
    monkeypatch.setattr(node_cell, "mapping_text", lambda *rest, **options: "read: {connection: local, path: b.csv}")
    monkeypatch.setattr(node_cell, "option_texts", lambda name, fields: {})
    with pytest.raises(ValidationError, match=r"node 'load' would be another one in nb.ipynb: source or target"):
        project.convert()
    assert project.listing() == ["odibi.yaml"]


def test_what_is_wrong_with_a_project_is_said_before_anything_is_written(project: Project) -> None:
    project.nodes("- {name: a, transform: {steps: [SELECT * FROM nowhere]}}")
    with pytest.raises(DependencyError, match="'nowhere', which is not declared"):
        project.convert()
    project.nodes("- {name: a, transfrom: {steps: [SELECT 1]}}")
    with pytest.raises(ConfigValidationError, match="transfrom"):
        project.convert()
    project.nodes(LOAD)
    with pytest.raises(UsageError, match="there is no folder"):
        project.convert("no/nb.ipynb")
    with pytest.raises(UsageError, match=r"ends in \.ipynb") as caught:
        project.convert("nb.txt")
    assert caught.value.hint == "call it nb.ipynb"
    for name in ("nb.ipynb", "pipeline.py"):
        with pytest.raises(UsageError, match=r"is (a notebook already|Python)"):
            import_project(project.folder / name)
    with pytest.raises(OdibiException, match="there is no"):
        import_project(project.folder / "other.yaml")
    assert project.listing() == ["odibi.yaml"]
