# SPDX-License-Identifier: MIT
# Asks once, and sleeps for ever where the ridge is long.
use strict;
use warnings;

$| = 1;
my $posts = <STDIN>;
print "? 1\n";
my $height = <STDIN>;
sleep 1000 while $posts == 2000;
