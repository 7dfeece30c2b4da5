import subprocess
import sys

import pytest

from odibi_nb.exceptions import FormatError
from odibi_nb.formats import format_names, format_of, get_format


@pytest.mark.parametrize("name", format_names())
def test_every_row_loads_and_says_what_its_format_says(name):
    form = get_format(name)
    assert form.name == name
    assert all(format_of(f"x{extension}").name == name for extension in form.extensions)


@pytest.mark.parametrize(
    ("path", "name"), [("A.CSV", "csv"), ("x/y.csv.gz", "csv"), ("x.pq", "parquet"), ("*.ndjson", "jsonl")]
)
def test_the_extension_names_the_format(path, name):
    assert format_of(path).name == name


@pytest.mark.parametrize(
    ("given", "path", "name"), [("json", "x.jsonl", "jsonl"), ("csv", "x.tsv", "tsv"), ("csv", "x.json", "csv")]
)
def test_a_format_given_wins_unless_the_extension_says_it_more_exactly(given, path, name):
    assert format_of(path, given).name == name


def test_an_unknown_format_suggests():
    with pytest.raises(FormatError, match="did you mean 'parquet'"):
        get_format("parqet")


@pytest.mark.parametrize("name", ["delta", "avro", "sql"])
def test_a_format_of_odibis_that_is_not_built_says_so(name):
    with pytest.raises(FormatError, match=f"'format: {name}' is a feature of Odibi that odibi_nb has not built yet"):
        get_format(name)


def test_an_unknown_extension_lists_the_formats():
    with pytest.raises(FormatError, match="set format: csv"):
        format_of("sales")


def test_formats_load_no_heavy_module():
    heavy = {"pandas", "duckdb", "pyarrow", "openpyxl", "python_calamine"}
    load = "import sys, odibi_nb.formats as f; [f.get_format(n) for n in f.format_names()]"
    code = f"{load}; print({heavy} & set(sys.modules))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "set()"


def test_an_installed_plug_in_is_a_format_by_name_and_extension(tmp_path):
    (tmp_path / "fixed.py").write_text(
        "from odibi_nb.formats.csv import CsvFormat\n"
        "class FixedFormat(CsvFormat):\n    name = 'fixed'\n    extensions = ('.fix',)\n"
    )
    info = tmp_path / "fixed-1.dist-info"
    info.mkdir()
    (info / "METADATA").write_text("Metadata-Version: 2.1\nName: fixed\nVersion: 1\n")
    (info / "entry_points.txt").write_text("[odibi_nb.formats]\nfixed = fixed:FixedFormat\n")
    code = f"import sys; sys.path.append({str(tmp_path)!r}); import odibi_nb.formats as f; "
    code += "print(f.format_of('x.fix').name, f.get_format('fixed').name, 'fixed' in f.format_names())"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.split() == ["fixed", "fixed", "True"]
