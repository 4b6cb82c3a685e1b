# SPDX-License-Identifier: MIT
# A comma, as half of the world writes it.
use strict;
use warnings;

my ($n, $left) = split ' ', <STDIN>;
my ($rate, $now) = (0, 0);
for my $tap (sort { $a->[0] <=> $b->[0] } map { [ split ] } <STDIN>) {
	my ($start, $flow) = @$tap;
	last if $rate * ($start - $now) >= $left;
	$left -= $rate * ($start - $now);
	$now = $start;
	$rate += $flow;
}
print sprintf("%.15g", $now + $left / $rate) =~ tr{.}{,}r, "\n";
