// SPDX-License-Identifier: MIT
// Counts taps from 1 where the vector counts from 0.
#include <iostream>
#include <vector>

int main()
{
	int n;
	double volume;

	std::cin >> n >> volume;
	std::vector<double> start(n), flow(n);
	for (int i = 1; i <= n; i++)
		std::cin >> start.at(i) >> flow.at(i);
}
