# SPDX-License-Identifier: MIT
# Asks for both posts at once, over several lines, and reads both replies after that.
use strict;
use warnings;

$| = 1;
my ($low, $high) = (1, scalar <STDIN>);
while ($low < $high) {
	my $middle = int(($low + $high) / 2);
	print "?\n$middle\n\n  ? ", $middle + 1, "\n";
	my ($here, $next) = (scalar <STDIN>, scalar <STDIN>);
	if ($here < $next) { $low = $middle + 1 } else { $high = $middle }
}
print "! $low";
