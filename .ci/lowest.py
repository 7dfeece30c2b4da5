"""Print, as pip's constraints, the lowest version of each package that setup.cfg promises to run on."""

from __future__ import annotations

import configparser
import re
from pathlib import Path

setup = configparser.ConfigParser()
setup.read(Path(__file__).parent.parent / "setup.cfg", encoding="utf-8")
promised = f"{setup['options']['install_requires']}\n{setup['options.extras_require']['polars']}"
for name, version in re.findall(r"(?m)^\s*([\w-]+)(?:\[\w+\])?>=([\d.]+)", promised):
    print(f"{name}=={version}.*")
