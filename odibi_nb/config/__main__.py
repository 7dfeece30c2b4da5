"""`python -m odibi_nb.config` prints the dialect's JSON Schema, with the connections of installed plug-ins."""

from __future__ import annotations

import sys

from odibi_nb.config.schema import json_schema_text

if __name__ == "__main__":
    sys.stdout.write(json_schema_text())
