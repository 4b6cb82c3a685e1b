# SPDX-License-Identifier: MIT
# Right, if only it had not added the unit.


def thousandths(text):
    whole, _, part = text.partition(".")
    return int(whole) * 1000 + int(part.ljust(3, "0"))


n, volume = input().split()
left = thousandths(volume) * 1000
rate = now = 0
for start, flow in sorted(tuple(map(thousandths, input().split())) for _ in range(int(n))):
    if rate * (start - now) >= left:
        break
    left -= rate * (start - now)
    now = start
    rate += flow
print((now + left / rate) / 1000, "s")
