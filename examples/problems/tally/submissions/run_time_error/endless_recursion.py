# SPDX-License-Identifier: MIT


def total(reports):
    return total(reports[1:])


print(total([]))
