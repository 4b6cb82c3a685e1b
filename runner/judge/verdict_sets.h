/* SPDX-License-Identifier: MIT */
/*
 * The words that problem packages have for verdicts, as sets of ours.
 */
#ifndef BAILIFF_JUDGE_VERDICT_SETS_H
#define BAILIFF_JUDGE_VERDICT_SETS_H

#include "judge/judgement.h"

#define SET_ACCEPTED VERDICT_BIT(JUDGE_AC)
#define SET_WRONG (VERDICT_BIT(JUDGE_WA) | VERDICT_BIT(JUDGE_PE))
#define SET_TIME VERDICT_BIT(JUDGE_TLE)
/* Whatever a package calls a run-time error: it knows neither memory and output limits nor
 * policies. */
#define SET_RUN_TIME                                                               \
	(VERDICT_BIT(JUDGE_RE) | VERDICT_BIT(JUDGE_MLE) | VERDICT_BIT(JUDGE_OLE) | \
	 VERDICT_BIT(JUDGE_SV))
#define SET_COMPILE VERDICT_BIT(JUDGE_CE)
/* All but a judge error, which nobody expects. */
#define SET_ANY (SET_ACCEPTED | SET_WRONG | SET_TIME | SET_RUN_TIME | SET_COMPILE)

#endif
