// SPDX-License-Identifier: MIT
// Great numbers have no neighbours as near as it wants them to be.
#include <cstdio>
#include <iostream>
#include <vector>

int main()
{
	int n;
	double volume, low = 0, high = 2e15;

	std::cin >> n >> volume;
	std::vector<double> start(n), flow(n);
	for (int i = 0; i < n; i++)
		std::cin >> start[i] >> flow[i];
	while (high - low > 1e-9) {
		double middle = (low + high) / 2, filled = 0;
		for (int i = 0; i < n; i++)
			filled += middle > start[i] ? (middle - start[i]) * flow[i] : 0;
		(filled < volume ? low : high) = middle;
	}
	std::printf("%.9f\n", high);
}
