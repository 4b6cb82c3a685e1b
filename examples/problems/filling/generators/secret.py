# SPDX-License-Identifier: MIT
"""Writes data/secret, with exact arithmetic. The same on every machine and with every Python."""

import os
from fractions import Fraction

SECRET = os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "data", "secret")


class Dice:
    """Numbers that look random (Knuth's linear congruential generator)."""

    def __init__(self, seed):
        self.state = seed

    def below(self, limit):
        self.state = (self.state * 6364136223846793005 + 1442695040888963407) % 2 ** 64
        return (self.state >> 32) % limit


def full_at(volume, taps):
    rate, left, now = Fraction(0), volume, Fraction(0)
    for start, flow in sorted(taps):
        if rate * (start - now) >= left:
            break
        left -= rate * (start - now)
        now = start
        rate += flow
    return now + left / rate


def thousandths(number):
    """As people write it: no zeros at the end."""
    return f"{number // 1000}.{number % 1000:03}".rstrip("0").rstrip(".")


def write(case, volume, taps):
    """All numbers are integers, in thousandths of their unit."""
    seconds = full_at(Fraction(volume, 1000), [(Fraction(s, 1000), Fraction(r, 1000))
                                               for s, r in taps])
    with open(os.path.join(SECRET, case + ".in"), "w", encoding="ascii") as file:
        file.write(f"{len(taps)} {thousandths(volume)}\n")
        file.writelines(f"{thousandths(s)} {thousandths(r)}\n" for s, r in taps)
    nanoseconds = round(seconds * 10 ** 9)
    with open(os.path.join(SECRET, case + ".ans"), "w", encoding="ascii") as file:
        file.write(f"{nanoseconds // 10 ** 9}.{nanoseconds % 10 ** 9:09}\n")


def main():
    dice = Dice(2)
    write("01-third", 1000, [(0, 3000)])
    write("02-one-drop", 2, [(0, 10 ** 6)])
    write("03-full-as-it-opens", 10 ** 7, [(0, 1000), (10 ** 7, 10 ** 6), (2 * 10 ** 7, 5)])
    write("04-all-at-once", 123456789, [(777, 1 + i) for i in range(2000)])
    write("05-late-ones-do-not-count", 10 ** 4, [(10 ** 12, 10 ** 6)] * 1999 + [(10 ** 6, 7)])
    write("06-slow", 10 ** 15, [(10 ** 12, 1)])
    write("07-many", 3 * 10 ** 11, [(dice.below(10 ** 7), 1 + dice.below(100000))
                                    for _ in range(2000)])
    write("08-great-and-small", 10 ** 15, [(dice.below(10 ** 12),
                                            1 + dice.below(10 ** (1 + dice.below(6))))
                                           for _ in range(2000)])
    write("09-one-after-the-other", 1234567891, [(i * 1000, 1 + i % 3) for i in range(2000)])
    write("10-short", 5, [(i, 1 + dice.below(10)) for i in range(9, -1, -1)])


if __name__ == "__main__":
    main()
