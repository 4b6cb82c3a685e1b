/* SPDX-License-Identifier: MIT */
/* An executable file of 16 GiB. */
char table[1ull << 34] = { 1 };

int main(void)
{
	return table[1];
}
