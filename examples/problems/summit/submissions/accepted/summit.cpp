// SPDX-License-Identifier: MIT
// Remembers what it has asked, so it needs half the questions; std::endl flushes.
#include <iostream>
#include <map>

static int height_of(int post)
{
	static std::map<int, int> known;

	if (!known.count(post)) {
		std::cout << "? " << post << std::endl;
		std::cin >> known[post];
	}
	return known[post];
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
}
