// SPDX-License-Identifier: MIT
#include <vector>

int main()
{
	for (std::vector<double> numbers;;)
		numbers.push_back(1);
}
