# SPDX-License-Identifier: MIT
# In the middle of the conversation it turns to somebody else.
import socket

input()
print("? 1", flush=True)
input()
socket.create_connection(("192.0.2.1", 80))
