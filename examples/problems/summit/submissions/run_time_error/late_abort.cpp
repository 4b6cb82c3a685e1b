// SPDX-License-Identifier: MIT
// A right answer, and then an exception that nobody catches.
#include <iostream>
#include <stdexcept>

static int height_of(int post)
{
	int height = 0;

	std::cout << "? " << post << std::endl;
	std::cin >> height;
	return height;
}

int main()
{
	int low = 1, high;

	std::cin >> high;
	while (low < high) {
		int middle = (low + high) / 2;
		if (height_of(middle) < height_of(middle + 1))
			low = middle + 1;
		else
			high = middle;
	}
	std::cout << "! " << low << std::endl;
	throw std::logic_error("what for?");
}
