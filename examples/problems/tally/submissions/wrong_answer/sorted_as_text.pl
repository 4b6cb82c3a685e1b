# SPDX-License-Identifier: MIT
# 9 is more than 10 where numbers are compared as text.
use strict;
use warnings;

my %totals;
<STDIN>;
while (<STDIN>) {
	my ($name, $votes) = split;
	$totals{$name} += $votes;
}
print "$_ $totals{$_}\n" for sort { $totals{$b} cmp $totals{$a} || $a cmp $b } keys %totals;
