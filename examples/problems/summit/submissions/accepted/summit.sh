# SPDX-License-Identifier: MIT
low=1
read -r high
while [ "$low" -lt "$high" ]; do
	middle=$(((low + high) / 2))
	printf '? %d\n' "$middle" "$((middle + 1))"
	read -r here
	read -r next
	if [ "$here" -lt "$next" ]; then low=$((middle + 1)); else high=$middle; fi
done
echo "! $low"
