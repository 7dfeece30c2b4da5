"""Sum up pytest's last lines on standard input; the argument counts the parts of CI that failed."""

from __future__ import annotations

import re
import sys
from collections import Counter

ENDINGS = re.compile(r"(\d+) (passed|failed|error|skipped|xfailed|xpassed)s?\b")

counts: Counter[str] = Counter(passed=0, failed=0)
for line in sys.stdin:
    if re.search(r" in \d+\.\d+s", line):
        counts.update({outcome: int(number) for number, outcome in ENDINGS.findall(line)})
print(f"parts failed: {sys.argv[1]}")
print(", ".join(f"{number} {outcome}" for outcome, number in counts.items()))
