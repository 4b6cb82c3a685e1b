/* SPDX-License-Identifier: MIT */
/* Messages of a mebibyte each, two to the power of two hundred times. */
#define A "xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx"
#define B A A A A A A A A
#define C B B B B B B B B
#define D C C C C C C C C
#define E D D D D D D D D
#pragma message E E E E
#include __FILE__
#include __FILE__
