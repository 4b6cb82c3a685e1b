// SPDX-License-Identifier: MIT
// @EXPECTED_RESULTS@: WRONG-ANSWER, TIMELIMIT
// Both too slow and wrong; the line above says so, whatever this folder is called.
#include <iostream>
#include <map>
#include <string>

static volatile long long too_many = 1000000000000000000;

int main()
{
	int n;
	std::map<std::string, long long> totals;

	std::cin >> n;
	for (std::string name; n-- > 0;) {
		long long votes;
		std::cin >> name >> votes;
		while (votes-- > 0)
			totals[name] = (totals[name] + 1) % too_many;
	}
	for (const auto &[name, total] : totals)
		std::cout << name << ' ' << total << '\n';
}
