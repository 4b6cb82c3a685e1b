// SPDX-License-Identifier: MIT
// Debugging output without end.
#include <iostream>
#include <string>

int main()
{
	for (const std::string line(4096, '!');;)
		std::cerr << line << std::endl;
}
