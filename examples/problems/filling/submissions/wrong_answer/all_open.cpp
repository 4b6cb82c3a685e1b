// SPDX-License-Identifier: MIT
// As if all taps were opened together with the first one.
#include <algorithm>
#include <iomanip>
#include <iostream>

int main()
{
	int n;
	double volume, first = 1e9, rate = 0;

	std::cin >> n >> volume;
	while (n-- > 0) {
		double start, flow;
		std::cin >> start >> flow;
		first = std::min(first, start);
		rate += flow;
	}
	std::cout << std::setprecision(12) << first + volume / rate << std::endl;
}
