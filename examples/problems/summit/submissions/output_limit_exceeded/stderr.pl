# SPDX-License-Identifier: MIT
# Polite on standard output, a flood on the other.
$| = 1;
my $posts = <STDIN>;
print "? 1\n";
my $height = <STDIN>;
print STDERR 'why? ' x 8192 while 1;
