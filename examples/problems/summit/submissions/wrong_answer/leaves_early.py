# SPDX-License-Identifier: MIT
# Asks once, does not wait for the reply, and goes away as if all were said.
input()
print("? 1", flush=True)
