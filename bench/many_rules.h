/* SPDX-License-Identifier: MIT */
#ifndef BAILIFF_BENCH_MANY_RULES_H
#define BAILIFF_BENCH_MANY_RULES_H

struct bailiff_policy;

#define MANY_RULES 400u

/* A policy of that many: every call in a rule of its own, and refusals with conditions. To be called
 * once. */
const struct bailiff_policy *many_rules(void);

#endif
