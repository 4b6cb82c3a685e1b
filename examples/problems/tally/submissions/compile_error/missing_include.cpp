// SPDX-License-Identifier: MIT
int main()
{
	std::cout << "iostream would help" << std::endl;
}
