// SPDX-License-Identifier: MIT
// Wants a shell on the other end of the conversation.
#include <cstdlib>

int main()
{
	return std::system("echo '! 1'; cat");
}
