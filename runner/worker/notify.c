/* SPDX-License-Identifier: MIT */
/*
 * What systemd wants to know of a service, by sd_notify(3)'s protocol: each message is one datagram
 * of "KEY=VALUE" lines to the socket that NOTIFY_SOCKET names. That is all the worker needs of
 * libsystemd. Messages are for somebody else: where they do not get through, nothing is done about
 * it, and the one that decides whether the service counts as started waits for room, but not for
 * long.
 */
#include "worker/telemetry.h"

#include "base/clock.h"
#include "base/fd.h"
#include "base/io.h"

#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <sys/un.h>

#define MESSAGE_BYTES_MAX 512u
/* How long a change of state may wait for room in the socket. */
#define SEND_TIMEOUT_S 1
/* The watchdog is petted this many times within its time. */
#define PETS_PER_WATCHDOG 2u

/* "/path", or "@name" in the abstract namespace. Returns the address's length, 0 = neither. */
static socklen_t parse_address(const char *text, struct sockaddr_un *ret_address)
{
	size_t length = strlen(text);
	if ((text[0] != '/' && text[0] != '@') || length < 2 ||
	    length >= sizeof ret_address->sun_path)
		return 0;
	*ret_address = (struct sockaddr_un){ .sun_family = AF_UNIX };
	memcpy(ret_address->sun_path, text, length);
	if (text[0] == '@')
		ret_address->sun_path[0] = '\0';
	/* A name in the abstract namespace is exactly as long as it is said to be, unix(7). */
	size_t end = length + (text[0] == '/' ? 1 : 0);
	return (socklen_t)(offsetof(struct sockaddr_un, sun_path) + end);
}

static int connect_to(const char *text)
{
	struct sockaddr_un address;
	const struct timeval timeout = { .tv_sec = SEND_TIMEOUT_S };
	socklen_t length = text != NULL ? parse_address(text, &address) : 0;
	if (length == 0)
		return FD_NONE;
	AUTO_CLOSE int fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	if (fd < 0 || setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &timeout, sizeof timeout) < 0 ||
	    connect(fd, (const struct sockaddr *)&address, length) < 0)
		return FD_NONE;
	return fd_take(&fd);
}

/* sd_watchdog_enabled(3): WATCHDOG_PID names whom it is meant for. */
static uint64_t watchdog_interval_ns(void)
{
	const char *usec_text = getenv("WATCHDOG_USEC");
	const char *pid_text = getenv("WATCHDOG_PID");
	uint64_t usec;
	uint64_t pid;
	if (usec_text == NULL || !io_parse_u64(usec_text, &usec) || usec > UINT64_MAX / NS_PER_US)
		return 0;
	if (pid_text != NULL && (!io_parse_u64(pid_text, &pid) || pid != (uint64_t)getpid()))
		return 0;
	return usec * NS_PER_US / PETS_PER_WATCHDOG;
}

void notifier_open(struct notifier *notifier)
{
	notifier->fd = connect_to(getenv("NOTIFY_SOCKET"));
	notifier->watchdog_ns = notifier->fd >= 0 ? watchdog_interval_ns() : 0;
	/* Children are not the service, and must not speak for it. */
	(void)unsetenv("NOTIFY_SOCKET");
	(void)unsetenv("WATCHDOG_USEC");
	(void)unsetenv("WATCHDOG_PID");
}

void notifier_close(struct notifier *notifier)
{
	fd_close(&notifier->fd);
	notifier->watchdog_ns = 0;
}

static void tell(const struct notifier *notifier, const char *message, int flags)
{
	if (notifier->fd >= 0)
		(void)send(notifier->fd, message, strlen(message), flags | MSG_NOSIGNAL);
}

void notifier_ready(const struct notifier *notifier)
{
	tell(notifier, "READY=1", 0);
}

void notifier_stopping(const struct notifier *notifier)
{
	tell(notifier, "STOPPING=1", 0);
}

void notifier_pet(const struct notifier *notifier)
{
	if (notifier->watchdog_ns > 0)
		tell(notifier, "WATCHDOG=1", MSG_DONTWAIT);
}

void notifier_status(const struct notifier *notifier, const char *format, ...)
{
	char message[MESSAGE_BYTES_MAX] = "STATUS=";
	size_t used = strlen(message);
	va_list args;
	va_start(args, format);
	(void)vsnprintf(message + used, sizeof message - used, format, args);
	va_end(args);
	/* A line of its own would be an assignment of its own. */
	for (char *at = message + used; *at != '\0'; at++) {
		if ((unsigned char)*at < 0x20 || *at == 0x7f)
			*at = ' ';
	}
	tell(notifier, message, MSG_DONTWAIT);
}
