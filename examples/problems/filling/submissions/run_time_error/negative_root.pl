# SPDX-License-Identifier: MIT
use strict;
use warnings;

my ($n, $volume) = split ' ', <STDIN>;
print sqrt(-$volume), "\n";
