# SPDX-License-Identifier: MIT
"""Writes data/secret. The same on every machine and with every Python."""

import os
import string

SECRET = os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "data", "secret")
MOST = 10 ** 9


class Dice:
    """Numbers that look random (Knuth's linear congruential generator)."""

    def __init__(self, seed):
        self.state = seed

    def below(self, limit):
        self.state = (self.state * 6364136223846793005 + 1442695040888963407) % 2 ** 64
        return (self.state >> 32) % limit

    def name(self, letters, alphabet=string.ascii_lowercase):
        return "".join(alphabet[self.below(len(alphabet))] for _ in range(letters))


def write(case, reports):
    totals = {}
    for name, votes in reports:
        totals[name] = totals.get(name, 0) + votes
    order = sorted(totals.items(), key=lambda item: (-item[1], item[0]))
    with open(os.path.join(SECRET, case + ".in"), "w", encoding="ascii") as file:
        file.write(f"{len(reports)}\n")
        file.writelines(f"{name} {votes}\n" for name, votes in reports)
    with open(os.path.join(SECRET, case + ".ans"), "w", encoding="ascii") as file:
        file.writelines(f"{name} {total}\n" for name, total in order)


def main():
    dice = Dice(1)
    letters = string.ascii_lowercase
    write("01-one", [("a", 1)])
    write("02-prefixes", [(name, 7) for name in ("ab", "abc", "a", "abcdefghijkl", "b", "aa")])
    write("03-all-tied", [(letter, 5) for letter in reversed(letters)])
    write("04-tied-in-the-end", [(dice.name(2, "xyz"), 1) for _ in range(200)])
    write("05-around-2-31", [("below", MOST), ("at", MOST), ("below", MOST), ("at", MOST),
                             ("below", 2 ** 31 - 1 - 2 * MOST), ("at", 2 ** 31 - 2 * MOST)])
    write("06-small", [(dice.name(1 + dice.below(3), "abc"), 1 + dice.below(9))
                       for _ in range(500)])
    many = {}
    while len(many) < 4999:
        many[dice.name(12)] = 1 + dice.below(100)
    write("07-all-different", list(many.items()))
    names = [dice.name(1 + dice.below(12)) for _ in range(40)]
    write("08-great-sums", [(names[dice.below(40)], MOST - dice.below(1000))
                            for _ in range(4998)])
    write("09-one-name", [("only", MOST)] * 5000)
    names = sorted({dice.name(6) for _ in range(2490)})
    write("10-worst-order", [(name, i // 2 + 1) for i, name in enumerate(names)] * 2)


if __name__ == "__main__":
    main()
