# SPDX-License-Identifier: MIT
print("?", 2 ** 32 + 1, flush=True)
input()
print("! 1")
