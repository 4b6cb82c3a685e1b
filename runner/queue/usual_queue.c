/* SPDX-License-Identifier: MIT */
/*
 * Clients, workers and `bailiff top` find the same queue where none is named: what one of them took
 * from the environment and another did not would be two queues.
 */
#include "queue/usual_queue.h"

#include <stdlib.h>
#include <string.h>

const char *usual_queue_url(void)
{
	const char *url = getenv("BAILIFF_QUEUE");
	return url != NULL && url[0] != '\0' ? url : QUEUE_URL_DEFAULT;
}

bool queue_url_is_embedded(const char *url)
{
	static const char prefix[] = "sqlite:";
	return strncmp(url, prefix, strlen(prefix)) == 0;
}
