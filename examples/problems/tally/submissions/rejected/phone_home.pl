# SPDX-License-Identifier: MIT
use strict;
use warnings;
use IO::Socket::INET;

my $home = IO::Socket::INET->new('192.0.2.1:80') or die "nobody answers: $!\n";
print $home <STDIN>;
