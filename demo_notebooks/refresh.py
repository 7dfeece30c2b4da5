"""Run the demo notebooks anew and keep their outputs: `python demo_notebooks/refresh.py`.

Needs what `pip install -e ".[test]"` installs.
"""

from __future__ import annotations

import shutil
import subprocess
import sysconfig
from pathlib import Path

import nbformat
from nbclient import NotebookClient

HERE = Path(__file__).resolve().parent
_WIDGET = "application/vnd.jupyter.widget-view+json"
NEUTRAL = "/home/you/demo_notebooks"


def main() -> None:
    """Make the TPC-H tables, then execute each notebook in place, with no result of an earlier time."""
    tpchgen = Path(sysconfig.get_path("scripts"), "tpchgen-cli")
    subprocess.run([tpchgen, "parquet", "-s", "0.01", "--output-dir", HERE / "tpch"], check=True)
    for path in sorted(HERE.glob("*.ipynb")):
        for made in (".odibi", "sales"):
            shutil.rmtree(HERE / made, ignore_errors=True)
        notebook = nbformat.read(path, as_version=4)
        NotebookClient(notebook, resources={"metadata": {"path": str(HERE)}}).execute()
        text = nbformat.writes(clean(notebook), indent=1).replace(str(HERE), NEUTRAL)
        path.write_text(f"{text}\n", encoding="utf-8")


def clean(notebook: nbformat.NotebookNode) -> nbformat.NotebookNode:
    """Take out what is this machine's: versions, times, trust; the outputs stay."""
    kernel = {"display_name": "Python 3 (ipykernel)", "language": "python", "name": "python3"}
    notebook.metadata = nbformat.from_dict({"kernelspec": kernel, "language_info": {"name": "python"}})
    for cell in notebook.cells:
        cell.metadata.pop("execution", None)
        cell.metadata.pop("trusted", None)
        if "outputs" in cell:  # a widget lives in its kernel alone
            cell.outputs = [output for output in cell.outputs if _WIDGET not in output.get("data", {})]
    return notebook


if __name__ == "__main__":
    main()
