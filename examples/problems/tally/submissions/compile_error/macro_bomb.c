/* SPDX-License-Identifier: MIT */
/* Eight to the power of sixteen additions. */
#define A(x) x + x + x + x + x + x + x + x
#define B(x) A(A(x))
#define C(x) B(B(x))
#define D(x) C(C(x))

int main(void)
{
	return D(D(1));
}
