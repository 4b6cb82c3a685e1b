# SPDX-License-Identifier: MIT
# Sleeps for ever where there is much to do; uses no CPU time at all.
import sys
import time

if int(sys.stdin.readline()) >= 5000:
    while True:
        time.sleep(1000)
