/* SPDX-License-Identifier: MIT */
/* The least a program can do: what a launch costs is all there is to see. */
int main(void)
{
	return 0;
}
