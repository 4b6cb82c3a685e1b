// SPDX-License-Identifier: MIT
#include <string>
#include <vector>

int main()
{
	for (std::vector<std::string> strings;;)
		strings.emplace_back(1 << 20, 'x');
}
