// SPDX-License-Identifier: MIT
// A submission of two files: totals.h is found beside this one.
#include <iostream>

#include "totals.h"

int main()
{
	totals totals;
	std::string name;
	long long votes;
	int n;

	std::cin >> n;
	while (n-- > 0 && std::cin >> name >> votes)
		totals.add(name, votes);
	for (const auto &entry : totals.order())
		std::cout << entry.second << ' ' << -entry.first << '\n';
}
