// SPDX-License-Identifier: MIT
#include <algorithm>
#include <iostream>
#include <map>
#include <string>
#include <vector>

int main()
{
	int n;
	std::map<std::string, long long> totals;

	std::cin >> n;
	for (std::string name; n-- > 0;) {
		long long votes;
		std::cin >> name >> votes;
		totals[name] += votes;
	}
	std::vector<std::pair<std::string, long long>> order(totals.begin(), totals.end());
	std::stable_sort(order.begin(), order.end(),
			 [](const auto &a, const auto &b) { return a.second > b.second; });
	for (const auto &[name, total] : order)
		std::cout << name << ' ' << total << '\n';
}
