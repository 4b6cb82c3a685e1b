// SPDX-License-Identifier: MIT
#include <iostream>

int main()
{
	std::cin >> posts;
	std::cout << "! " << posts << std::endl;
}
