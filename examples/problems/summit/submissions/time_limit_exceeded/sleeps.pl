# SPDX-License-Identifier: MIT
# Right, but sleeps for ever after the first reply where the ridge is long.
use strict;
use warnings;

$| = 1;
my $posts = <STDIN>;
my ($low, $high) = (1, $posts);
while ($low < $high) {
	my $middle = int(($low + $high) / 2);
	print "? $middle\n? ", $middle + 1, "\n";
	my ($here, $next) = (scalar <STDIN>, scalar <STDIN>);
	sleep 1000 while $posts == 2000;
	if ($here < $next) { $low = $middle + 1 } else { $high = $middle }
}
print "! $low";
