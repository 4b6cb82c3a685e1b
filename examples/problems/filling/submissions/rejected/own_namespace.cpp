// SPDX-License-Identifier: MIT
// Wants to be root, if only in a namespace of its own.
#include <sched.h>

#include <iostream>

int main()
{
	std::cout << unshare(CLONE_NEWUSER | CLONE_NEWNS) << std::endl;
}
