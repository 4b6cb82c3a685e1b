/* SPDX-License-Identifier: MIT */
/*
 * termios(3) and a handful of ECMA-48 and xterm sequences that every terminal of today has; a frame
 * is drawn whole, so there is nothing for ncurses to optimise, and nothing else to be linked. What
 * is drawn is on the alternate screen, so that the one before comes back.
 *
 * The terminal is opened once more, not to block: where its output is stopped, signals must be
 * taken all the same, and O_NONBLOCK on standard output itself would be the shell's, too.
 */
#include "top/terminal.h"

#include "base/clock.h"
#include "base/error.h"
#include "base/fd.h"
#include "base/mem.h"

#include <fcntl.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/signalfd.h>

/* The alternate screen, no cursor, no wrapping; and back. */
#define ENTER "\033[?1049h\033[?25l\033[?7l"
#define LEAVE "\033[?7h\033[?25h\033[?1049l"
#define ERASE_LINE "\033[K"
#define ERASE_BELOW "\033[J"
#define HOME "\033[H"

/* How long leaving waits for a terminal that takes nothing. */
#define LEAVE_NS (500 * NS_PER_MS)
#define WIDTH_DEFAULT 80u
#define HEIGHT_DEFAULT 24u

static const int taken_signals[] = { SIGINT, SIGTERM, SIGHUP, SIGQUIT, SIGWINCH, SIGTSTP };

/* Writes until all is written, there is a signal, or `timeout_ns` is over. False where the terminal
 * is gone. */
static bool write_all(const struct terminal *terminal, const char *text, size_t size,
		      bool heeds_signals, uint64_t timeout_ns)
{
	uint64_t end_ns = clock_now_ns() + timeout_ns;
	for (size_t at = 0; at < size;) {
		ssize_t written = write(terminal->out_fd, text + at, size - at);
		if (written >= 0) {
			at += (size_t)written;
			continue;
		}
		if (errno != EAGAIN && errno != EINTR)
			return false;
		struct pollfd fds[] = { { .fd = terminal->out_fd, .events = POLLOUT },
					{ .fd = heeds_signals ? terminal->signal_fd : -1,
					  .events = POLLIN } };
		uint64_t now_ns = clock_now_ns();
		const struct timespec left = clock_timespec(end_ns > now_ns ? end_ns - now_ns : 0);
		if (ppoll(fds, ARRAY_LENGTH(fds), &left, NULL) == 0 || fds[1].revents != 0)
			return true;
	}
	return true;
}

static void enter(struct terminal *terminal)
{
	if (!terminal->is_drawn_on || terminal->is_entered)
		return;
	if (terminal->has_keys) {
		struct termios modes = terminal->saved_modes;
		modes.c_lflag &= ~(tcflag_t)(ICANON | ECHO);
		modes.c_cc[VMIN] = 0;
		modes.c_cc[VTIME] = 0;
		(void)tcsetattr(STDIN_FILENO, TCSANOW, &modes);
	}
	terminal->is_entered = true;
	(void)write_all(terminal, ENTER, sizeof ENTER - 1, true, UINT32_MAX);
}

static void leave(struct terminal *terminal)
{
	if (!terminal->is_entered)
		return;
	terminal->is_entered = false;
	(void)write_all(terminal, LEAVE, sizeof LEAVE - 1, false, LEAVE_NS);
	/* What was typed meanwhile is not the shell's. */
	if (terminal->has_keys)
		(void)tcsetattr(STDIN_FILENO, TCSAFLUSH, &terminal->saved_modes);
}

static int take_signals(struct terminal *terminal)
{
	sigset_t mask;
	(void)sigemptyset(&mask);
	for (size_t i = 0; i < ARRAY_LENGTH(taken_signals); i++)
		(void)sigaddset(&mask, taken_signals[i]);
	if (sigprocmask(SIG_BLOCK, &mask, &terminal->saved_signals) < 0)
		return -errno;
	terminal->signal_fd = signalfd(-1, &mask, SFD_CLOEXEC | SFD_NONBLOCK);
	return terminal->signal_fd < 0 ? -errno : 0;
}

int terminal_open(struct terminal *terminal, bool draws, struct bailiff_error *err)
{
	*terminal = (struct terminal){ .out_fd = STDOUT_FILENO, .signal_fd = FD_NONE };
	int rc = take_signals(terminal);
	if (rc < 0)
		return fail_internal(err, BAILIFF_STAGE_SUPERVISE, -rc, "take signals");
	if (!draws || isatty(STDOUT_FILENO) != 1)
		return 0;
	int fd = open("/proc/self/fd/1", O_WRONLY | O_NONBLOCK | O_NOCTTY | O_CLOEXEC);
	if (fd >= 0)
		terminal->out_fd = fd;
	terminal->has_keys = tcgetattr(STDIN_FILENO, &terminal->saved_modes) == 0;
	terminal->is_drawn_on = true;
	enter(terminal);
	return 0;
}

void terminal_close(struct terminal *terminal)
{
	leave(terminal);
	if (terminal->out_fd != STDOUT_FILENO)
		fd_close(&terminal->out_fd);
	terminal->out_fd = STDOUT_FILENO;
	if (terminal->signal_fd < 0)
		return;
	fd_close(&terminal->signal_fd);
	(void)sigprocmask(SIG_SETMASK, &terminal->saved_signals, NULL);
}

void terminal_size(const struct terminal *terminal, unsigned *ret_width, unsigned *ret_height)
{
	struct winsize size = { 0 };
	(void)ioctl(terminal->out_fd, TIOCGWINSZ, &size);
	*ret_width = size.ws_col > 0 ? size.ws_col : WIDTH_DEFAULT;
	*ret_height = size.ws_row > 0 ? size.ws_row : HEIGHT_DEFAULT;
}

bool terminal_show(const struct terminal *terminal, const char *text, size_t size)
{
	AUTO_FREE char *drawn = NULL;
	size_t drawn_size = 0;
	FILE *out = open_memstream(&drawn, &drawn_size);
	if (out == NULL)
		return true; /* the next frame may find memory */
	(void)fputs(HOME, out);
	for (size_t at = 0; at < size;) {
		size_t length = strcspn(text + at, "\n");
		(void)fwrite(text + at, 1, length, out);
		at += length + 1;
		/* No line feed behind the last one: it would scroll the screen. */
		(void)fputs(at < size ? ERASE_LINE "\r\n" : ERASE_LINE ERASE_BELOW, out);
	}
	if (fclose(out) != 0)
		return true;
	return write_all(terminal, drawn, drawn_size, true, UINT32_MAX);
}

/* Stops as the shell expects it of a job, and goes on where it is continued. */
static void stop_and_go_on(struct terminal *terminal)
{
	leave(terminal);
	(void)raise(SIGSTOP);
	enter(terminal);
}

/* What a signal means; TERMINAL_TIME for none. */
static enum terminal_event take_signal(struct terminal *terminal, int *ret_signal)
{
	struct signalfd_siginfo info;
	if (read(terminal->signal_fd, &info, sizeof info) != (ssize_t)sizeof info)
		return TERMINAL_TIME;
	if (info.ssi_signo == SIGWINCH)
		return TERMINAL_RESIZED;
	if (info.ssi_signo == SIGTSTP) {
		stop_and_go_on(terminal);
		return TERMINAL_RESIZED;
	}
	*ret_signal = (int)info.ssi_signo;
	return TERMINAL_SIGNAL;
}

static const struct {
	const char *bytes;
	enum terminal_event event;
} keys[] = {
	{ "q", TERMINAL_QUIT },
	{ "Q", TERMINAL_QUIT },
	{ "\033[A", TERMINAL_UP },
	{ "\033OA", TERMINAL_UP },
	{ "k", TERMINAL_UP },
	{ "\033[B", TERMINAL_DOWN },
	{ "\033OB", TERMINAL_DOWN },
	{ "j", TERMINAL_DOWN },
	{ "\033[5~", TERMINAL_PAGE_UP },
	{ "b", TERMINAL_PAGE_UP },
	{ "\033[6~", TERMINAL_PAGE_DOWN },
	{ " ", TERMINAL_PAGE_DOWN },
	{ "\033[H", TERMINAL_HOME },
	{ "\033[1~", TERMINAL_HOME },
	{ "g", TERMINAL_HOME },
	{ "\033[F", TERMINAL_END },
	{ "\033[4~", TERMINAL_END },
	{ "G", TERMINAL_END },
};

/* One read is one key, or several that were pressed at once, of which the first counts. */
static enum terminal_event take_key(struct terminal *terminal)
{
	char bytes[32];
	ssize_t size = read(STDIN_FILENO, bytes, sizeof bytes);
	if (size <= 0) {
		terminal->has_keys = size < 0 && errno == EAGAIN;
		return TERMINAL_TIME;
	}
	for (size_t i = 0; i < ARRAY_LENGTH(keys); i++) {
		size_t length = strlen(keys[i].bytes);
		if ((size_t)size >= length && memcmp(bytes, keys[i].bytes, length) == 0)
			return keys[i].event;
	}
	return TERMINAL_TIME;
}

enum terminal_event terminal_wait(struct terminal *terminal, uint64_t timeout_ns, int *ret_signal)
{
	uint64_t end_ns = clock_now_ns() + timeout_ns;
	for (;;) {
		uint64_t now_ns = clock_now_ns();
		const struct timespec left = clock_timespec(end_ns > now_ns ? end_ns - now_ns : 0);
		struct pollfd fds[] = { { .fd = terminal->signal_fd, .events = POLLIN },
					{ .fd = terminal->has_keys ? STDIN_FILENO : -1,
					  .events = POLLIN } };
		enum terminal_event event = TERMINAL_TIME;
		int count = ppoll(fds, ARRAY_LENGTH(fds), &left, NULL);
		if (count == 0)
			return TERMINAL_TIME;
		if (fds[0].revents != 0)
			event = take_signal(terminal, ret_signal);
		else if (count > 0)
			event = take_key(terminal);
		if (event != TERMINAL_TIME)
			return event;
	}
}
