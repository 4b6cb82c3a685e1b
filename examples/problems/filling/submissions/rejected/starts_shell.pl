# SPDX-License-Identifier: MIT
use strict;
use warnings;

print `ls -la / /box`;
