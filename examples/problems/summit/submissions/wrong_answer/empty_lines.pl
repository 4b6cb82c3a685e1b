# SPDX-License-Identifier: MIT
# For readers that skip white space as long as there is some.
print "\n" x 4096 while 1;
