/* SPDX-License-Identifier: MIT */
#include "/etc/shadow"

int main(void)
{
	return 0;
}
