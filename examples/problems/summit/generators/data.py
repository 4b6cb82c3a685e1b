# SPDX-License-Identifier: MIT
"""Writes data. The same on every machine and with every Python."""

import os

DATA = os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "data")
TOP = 10 ** 9


class Dice:
    """Numbers that look random (Knuth's linear congruential generator)."""

    def __init__(self, seed):
        self.state = seed

    def below(self, limit):
        self.state = (self.state * 6364136223846793005 + 1442695040888963407) % 2 ** 64
        return (self.state >> 32) % limit


def write(case, heights):
    """The answer file names the highest post; the validator does not need it."""
    with open(os.path.join(DATA, case + ".in"), "w", encoding="ascii") as file:
        file.write(f"{len(heights)}\n{' '.join(map(str, heights))}\n")
    with open(os.path.join(DATA, case + ".ans"), "w", encoding="ascii") as file:
        file.write(f"{heights.index(max(heights)) + 1}\n")


def mountain(dice, posts, summit):
    """One summit, at index `summit`, anywhere between flat and steep."""
    heights, height = [0] * posts, TOP
    for i in sorted(range(posts), key=lambda i: abs(i - summit)):
        heights[i] = height
        height -= 1 + dice.below(TOP // (2 * posts))
    return heights


def main():
    dice = Dice(3)
    write("sample/1", [650, 700, 640])
    write("secret/01-one", [0])
    write("secret/02-two", [1, 2])
    write("secret/03-rising", list(range(1999)))
    write("secret/04-falling", list(range(1997, -1, -1)))
    write("secret/05-saw", [TOP * (i % 2) for i in range(1999)])
    write("secret/06-next-to-last", mountain(dice, 1999, 1997))
    write("secret/07-middle", mountain(dice, 2000, 999))
    write("secret/08-second", mountain(dice, 1025, 1))
    write("secret/09-rough", [2 * dice.below(TOP // 2) + i % 2 for i in range(1996)])
    write("secret/10-valley", mountain(dice, 999, 0) + mountain(dice, 1000, 999))


if __name__ == "__main__":
    main()
