"""`python -m odibi_nb.config` prints the dialect's JSON Schema."""

from __future__ import annotations

import json
import sys

from odibi_nb.config.schema import json_schema

if __name__ == "__main__":
    sys.stdout.write(json.dumps(json_schema(), indent=2) + "\n")
