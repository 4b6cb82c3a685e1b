// SPDX-License-Identifier: MIT
// Reads no reply, and takes the last post but one.
#include <iostream>

int main()
{
	int posts;

	std::cin >> posts;
	for (int i = 0; i < 25; i++)
		std::cout << "? " << i % posts + 1 << std::endl;
	std::cout << "! " << posts - 1 << std::endl;
}
