# SPDX-License-Identifier: MIT
# Asks, and remembers too much of the reply.
print("? 1", flush=True)
replies = []
while True:
    replies.append(b"x" * (1 << 20))
