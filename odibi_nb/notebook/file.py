"""The file of the notebook that a kernel belongs to, as far as front ends tell."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from IPython.core.interactiveshell import InteractiveShell

__all__ = ["notebook_file"]


def notebook_file(shell: InteractiveShell) -> Path | None:
    """Return the notebook's file; None where no front end tells it, or it isn't there (any more) under that name.

    VS Code defines a variable; Jupyter Server 2 (JupyterLab, Notebook 7) sets the kernel's environment when it starts
    it, which a notebook that is renamed doesn't change.
    """
    told = (shell.user_ns.get("__vsc_ipynb_file__"), os.environ.get("JPY_SESSION_NAME"))
    files = (Path(name) for name in told if isinstance(name, str) and name.endswith(".ipynb"))
    return next((file.absolute() for file in files if file.is_file()), None)
