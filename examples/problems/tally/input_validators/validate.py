# SPDX-License-Identifier: MIT
"""Exit status 42: the input is what the statement says, byte for byte."""

import re
import sys

match = re.fullmatch(rb"([1-9][0-9]{0,3})\n((?:[a-z]{1,12} [1-9][0-9]{0,9}\n)+)",
                     sys.stdin.buffer.read())
reports = match[2].split(b"\n")[:-1] if match else []
good = (match and len(reports) == int(match[1]) <= 5000 and
        all(int(report.split()[1]) <= 10 ** 9 for report in reports))
sys.exit(42 if good else 43)
