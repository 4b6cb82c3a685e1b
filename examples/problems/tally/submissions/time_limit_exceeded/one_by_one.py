# SPDX-License-Identifier: MIT
# Counts every single vote.
import sys
from collections import Counter

totals = Counter()
for report in sys.stdin.read().splitlines()[1:]:
    name, votes = report.split()
    for _ in range(int(votes)):
        totals[name] += 1
for name in sorted(totals, key=lambda name: (-totals[name], name)):
    print(name, totals[name])
