# SPDX-License-Identifier: MIT
# Right, but sleeps for ever where there is much to do. Sleep uses no CPU time at all.
import sys
import time
from collections import Counter

totals = Counter()
reports = sys.stdin.read().splitlines()[1:]
while len(reports) == 5000:
    time.sleep(1000)
for report in reports:
    name, votes = report.split()
    totals[name] += int(votes)
for name, total in sorted(totals.items(), key=lambda item: (-item[1], item[0])):
    print(name, total)
