# SPDX-License-Identifier: MIT
print 'x ' x 32768 while 1;
