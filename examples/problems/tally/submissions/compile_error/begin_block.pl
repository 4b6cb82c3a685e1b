# SPDX-License-Identifier: MIT
# Perl runs this while it checks the syntax.
BEGIN {
	my @blocks;
	push @blocks, 'x' x (1 << 20) while 1;
}
