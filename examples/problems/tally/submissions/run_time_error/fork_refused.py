# SPDX-License-Identifier: MIT
# Forks until it may not (BlockingIOError), and leaves its children behind.
import os
import time

while True:
    if os.fork() == 0:
        time.sleep(1000)
