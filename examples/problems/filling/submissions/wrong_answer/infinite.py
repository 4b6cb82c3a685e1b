# SPDX-License-Identifier: MIT
# Great enough to be right, for whoever divides by it.
print("1e999")
