# SPDX-License-Identifier: MIT
import sys
from collections import Counter

totals = Counter()
for report in sys.stdin.read().splitlines()[1:]:
    name, votes = report.split()
    totals[name] += int(votes)
for name, total in sorted(totals.items(), key=lambda item: (-item[1], item[0])):
    print(name, total)
