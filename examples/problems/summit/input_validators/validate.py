# SPDX-License-Identifier: MIT
"""Exit status 42: the input is what the output validator relies on."""

import re
import sys

match = re.fullmatch(rb"([1-9][0-9]{0,3})\n((?:0|[1-9][0-9]{0,9})(?: (?:0|[1-9][0-9]{0,9}))*)\n",
                     sys.stdin.buffer.read())
heights = [int(word) for word in match[2].split()] if match else []
good = (match and len(heights) == int(match[1]) <= 2000 and max(heights) <= 10 ** 9 and
        all(a != b for a, b in zip(heights, heights[1:])))
sys.exit(42 if good else 43)
