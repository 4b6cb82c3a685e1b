# SPDX-License-Identifier: MIT
# Divides by the flow before the first tap is open.
n, volume = input().split()
rate = 0
print(float(volume) / rate)
