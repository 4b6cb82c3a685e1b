# SPDX-License-Identifier: MIT
# A name that is reported twice keeps the last number only.
import sys

reports = [line.split() for line in sys.stdin.read().splitlines()[1:]]
totals = {name: int(votes) for name, votes in reports}
for name in sorted(totals, key=lambda name: (-totals[name], name)):
    print(name, totals[name])
