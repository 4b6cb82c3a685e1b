// SPDX-License-Identifier: MIT
#ifndef TOTALS_H
#define TOTALS_H

#include <algorithm>
#include <string>
#include <unordered_map>
#include <utility>
#include <vector>

class totals {
	std::unordered_map<std::string, long long> votes_of;

public:
	void add(const std::string &name, long long votes) { votes_of[name] += votes; }

	// Pairs of minus the votes and the name, sorted.
	std::vector<std::pair<long long, std::string>> order() const
	{
		std::vector<std::pair<long long, std::string>> pairs;
		for (const auto &entry : votes_of)
			pairs.emplace_back(-entry.second, entry.first);
		std::sort(pairs.begin(), pairs.end());
		return pairs;
	}
};

#endif
