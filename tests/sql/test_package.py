from __future__ import annotations

import subprocess
import sys

import odibi_nb.sql


def test_public_names_exist() -> None:
    assert all(hasattr(odibi_nb.sql, name) for name in odibi_nb.sql.__all__)


def test_importing_the_package_loads_no_heavy_module() -> None:
    heavy = "{'duckdb', 'pandas', 'pyarrow', 'sqlglot', 'pydantic', 'IPython'}"
    code = f"import sys, odibi_nb.sql, odibi_nb.sql.operations; print(sorted({heavy} & set(sys.modules)))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"
