# SPDX-License-Identifier: MIT
number = "x" * (1 << 20)
while True:
    number += number
