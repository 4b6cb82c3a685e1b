/* SPDX-License-Identifier: MIT */
#ifndef BAILIFF_CODEC_JUDGEMENT_JSON_H
#define BAILIFF_CODEC_JUDGEMENT_JSON_H

#include "judge/event.h"

/* A judgement (bailiff-judge(1), JUDGEMENT), laid out for reading, with a newline at its end;
 * *ret_text is the caller's to free. Fails only where memory runs out. */
int judgement_json_print(const struct judgement *judgement, char **ret_text,
			 struct bailiff_error *err);

/* The same in one line. */
int judgement_json_print_line(const struct judgement *judgement, char **ret_text,
			      struct bailiff_error *err);

/*
 * The same, in at most `bytes_max` bytes: what tests quote is left out first, then all of them but name,
 * verdict, costs and score, of accepted tests before that of others and of late ones before that of early
 * ones; at last long names are cut. Then the judgement says that it is truncated. Verdict, score, groups and
 * every test's verdict stay. BAILIFF_FAULT_INTERNAL (-EFBIG) where even that is too long.
 */
int judgement_json_print_bounded(struct judgement *judgement, size_t bytes_max, char **ret_text,
				 struct bailiff_error *err);

/* Several submissions: their judgements, what was expected of each, the suggested time limit. */
int judge_summary_json_print(const struct judge_summary *summary, char **ret_text,
			     struct bailiff_error *err);

/* One line for --events, with its newline. The last event of a submission carries the whole
 * judgement. */
int judge_event_json_print(const struct judge_event *event, char **ret_text,
			   struct bailiff_error *err);

#endif
