/* SPDX-License-Identifier: MIT */
#ifndef BAILIFF_QUEUE_USUAL_QUEUE_H
#define BAILIFF_QUEUE_USUAL_QUEUE_H

#include <stdbool.h>

/* The rows' texts of the option --queue, which all commands of a queue have alike. */
#define QUEUE_OPTION_HELP                                                    \
	"sqlite:PATH or postgres://...; also $BAILIFF_QUEUE,\nwhich no list of " \
	"processes shows"
#define QUEUE_URL_DEFAULT "sqlite:bailiff.db"

/* The URL of the queue where the command line names none: BAILIFF_QUEUE of the environment, else
 * QUEUE_URL_DEFAULT. Borrowed from the environment. */
const char *usual_queue_url(void);

/* Whether a URL is an embedded queue's, which whoever writes to it first may make. Another's tables are
 * made by its administrator, so that a slip in a name makes none in a database of somebody else's. */
bool queue_url_is_embedded(const char *url);

#endif
