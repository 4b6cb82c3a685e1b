// SPDX-License-Identifier: MIT
// Two to the power of 500 types.
template <int depth, typename left, typename right>
struct tree : tree<depth - 1, tree<depth, left, int>, right>,
	      tree<depth - 1, left, tree<depth, int, right>> {
};
template <typename left, typename right> struct tree<0, left, right> {
};

int main()
{
	return sizeof(tree<500, int, int>);
}
