# SPDX-License-Identifier: MIT
"""Exit status 42: the input is what the statement says."""

import re
import sys
from fractions import Fraction

NUMBER = r"((?:0|[1-9][0-9]{0,12})(?:\.[0-9]{1,3})?)"


def is_good(lines):
    first = re.fullmatch(r"([1-9][0-9]{0,3}) " + NUMBER, lines[0])
    if not first or int(first[1]) > 2000 or len(lines) != int(first[1]) + 2 or lines[-1]:
        return False
    taps = [re.fullmatch(NUMBER + " " + NUMBER, line) for line in lines[1:-1]]
    return (0 < Fraction(first[2]) <= 10 ** 12 and
            all(tap and Fraction(tap[1]) <= 10 ** 9 and 0 < Fraction(tap[2]) <= 1000
                for tap in taps))


sys.exit(42 if is_good(sys.stdin.read().split("\n")) else 43)
