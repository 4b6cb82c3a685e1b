# SPDX-License-Identifier: MIT
# Counts every single vote.
use strict;
use warnings;

my %totals;
<STDIN>;
while (<STDIN>) {
	my ($name, $votes) = split;
	$totals{$name}++ while $votes-- > 0;
}
print "$_ $totals{$_}\n" for sort { $totals{$b} <=> $totals{$a} || $a cmp $b } keys %totals;
