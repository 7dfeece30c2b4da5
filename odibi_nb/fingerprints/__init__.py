"""What a result stands for: code, helpers, parameters, files and all above, as one digest that can say what changed."""

from __future__ import annotations

from odibi_nb.fingerprints.fingerprint import Fingerprint, differences
from odibi_nb.fingerprints.installed import imports_of
from odibi_nb.fingerprints.values import Value, Values

__all__ = ["Fingerprint", "Value", "Values", "differences", "imports_of"]
