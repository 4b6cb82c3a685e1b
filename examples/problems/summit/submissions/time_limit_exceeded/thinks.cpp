// SPDX-License-Identifier: MIT
// Counts to the height of the post between its questions, a billion times, where the ridge is long.
#include <iostream>

static int posts;
static volatile long long a_billion = 1000000000;

static long long height_of(int post)
{
	long long height = 0;

	std::cout << "? " << post << std::endl;
	std::cin >> height;
	for (long long i = 0; posts == 2000 && i < height * a_billion; i++)
		;
	return height;
}

int main()
{
	std::cin >> posts;

	int low = 1, high = posts;
	while (low < high) {
		int middle = (low + high) / 2;
		if (height_of(middle) < height_of(middle + 1))
			low = middle + 1;
		else
			high = middle;
	}
	std::cout << "! " << low << std::endl;
}
