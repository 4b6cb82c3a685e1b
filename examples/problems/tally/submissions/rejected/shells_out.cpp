// SPDX-License-Identifier: MIT
// Lets somebody else do the work: a compiled program may start no other.
#include <cstdlib>

int main()
{
	return std::system("tail -n +2 | sort");
}
