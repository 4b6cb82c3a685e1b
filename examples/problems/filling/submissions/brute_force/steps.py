# SPDX-License-Identifier: MIT
# Watches the tank at every tenth of a millisecond.
n, volume = input().split()
taps = [tuple(map(float, input().split())) for _ in range(int(n))]
now, left = 0, float(volume)
while left > 0:
    rate = sum(flow for start, flow in taps if round(start * 10000) <= now)
    left -= rate / 10000
    now += 1
print(now / 10000 + left / rate)
