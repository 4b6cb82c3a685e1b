# SPDX-License-Identifier: MIT
use strict;
use warnings;

my %totals;
<STDIN>;
while (<STDIN>) {
	my ($name, $votes) = split;
	$totals{$name} += $votes;
}
die "nobody has no votes at all\n" unless grep { $totals{$_} == 0 } keys %totals;
