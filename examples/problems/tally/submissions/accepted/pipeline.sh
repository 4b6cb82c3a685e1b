# SPDX-License-Identifier: MIT
# Three programs in one cell.
export LC_ALL=C
tail -n +2 |
	awk '{ votes[$1] += $2 } END { for (name in votes) printf "%s %.0f\n", name, votes[name] }' |
	sort -k2,2nr -k1,1
