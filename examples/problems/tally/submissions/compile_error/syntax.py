# SPDX-License-Identifier: MIT
for report in range(int(input()))
    print(input())
