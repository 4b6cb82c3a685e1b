# SPDX-License-Identifier: MIT
blocks = []
while True:
    blocks.append(b"x" * (1 << 20))
