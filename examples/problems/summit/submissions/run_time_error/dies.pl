# SPDX-License-Identifier: MIT
$| = 1;
my $posts = <STDIN>;
print "? $posts\n";
my $height = <STDIN>;
die "too high for me\n" if $height >= 0;
