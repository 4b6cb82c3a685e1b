// SPDX-License-Identifier: MIT
// Tries one order after the other, beginning with the alphabetical one.
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
	std::vector<std::string> order;
	for (const auto &entry : totals)
		order.push_back(entry.first);
	auto is_before = [&](const std::string &a, const std::string &b) {
		return totals[a] != totals[b] ? totals[a] > totals[b] : a < b;
	};
	while (!std::is_sorted(order.begin(), order.end(), is_before))
		std::next_permutation(order.begin(), order.end());
	for (const auto &name : order)
		std::cout << name << ' ' << totals[name] << '\n';
}
