// SPDX-License-Identifier: MIT
// Sorts pairs and turns them round, and with them the names of a tie.
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
	std::vector<std::pair<long long, std::string>> order;
	for (const auto &[name, total] : totals)
		order.emplace_back(total, name);
	std::sort(order.rbegin(), order.rend());
	for (const auto &[total, name] : order)
		std::cout << name << ' ' << total << '\n';
}
