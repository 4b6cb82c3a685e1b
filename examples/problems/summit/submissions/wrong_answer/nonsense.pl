# SPDX-License-Identifier: MIT
# Not the language that was agreed on: a terminal's, with NULs and what is no UTF-8.
binmode STDOUT;
$| = 1;
print "\e[2J\e[1;32maccepted\e[0m \0\0? 1\n\xff\xfe</script>";
<STDIN>;
