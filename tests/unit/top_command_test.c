/* SPDX-License-Identifier: MIT */
/*
 * Goal: `bailiff top` shows what is in a queue and gives the terminal back as it was, however it
 * ends. Method: the command in a process of its own on a pseudo-terminal, with an embedded queue
 * that has one worker; what it wrote is looked at as bytes.
 */
#include "base/clock.h"
#include "base/fd.h"
#include "base/mem.h"
#include "codec/json.h"
#include "commands.h"
#include "queue/queue.h"
#include "scratch_folder.h"
#include "worker/telemetry.h"

#include <fcntl.h>
#include <poll.h>
#include <pty.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/wait.h>
#include <termios.h>
#include <utmp.h>

#include <cmocka.h>

#define ENTER "\033[?1049h"
#define LEAVE "\033[?1049l"
#define WAIT_NS (20 * NS_PER_S)

static char url[256];

/* ---- the queue
 * ------------------------------------------------------------------------------------- */

static void report(struct queue *queue)
{
	static const char *const offers[] = { "cpp", NULL };
	struct slot_status slots[12] = { 0 };
	const struct worker_status status = { .name = "host-1", .slots = slots, .slot_count = 12 };
	const struct queue_worker worker = { .name = "host-1",
					     .instance = 7,
					     .slots = 12,
					     .offers = offers,
					     .host = "judge",
					     .version = "0.1.0" };
	struct bailiff_error err = { 0 };
	AUTO_FREE char *text = NULL;
	for (size_t i = 0; i < 12; i++) {
		slots[i] = (struct slot_status){ .state = SLOT_STATE_BUSY,
						 .core = (int)i,
						 .job = 100 + i,
						 .attempt = 1,
						 .done = 3,
						 .total = 40 };
		(void)snprintf(slots[i].client, sizeof slots[i].client, "course-%zu", i);
		(void)snprintf(slots[i].phase, sizeof slots[i].phase, "test secret/3");
	}
	assert_int_equal(status_json_print(&status, 0, &text, &err), 0);
	if (queue_register(queue, &worker, true, &err) < 0 ||
	    queue_report(queue, &worker, text, &err) < 0)
		fail_msg("%s", err.message);
}

static int make_queue(void **state)
{
	struct queue *queue = NULL;
	struct bailiff_error err = { 0 };
	const struct queue_options options = { .create = true };
	const struct queue_request request = {
		.client = "course", .kind = QUEUE_KIND_RUN, .spec = "{}", .spec_size = 2
	};
	struct queue_ticket ticket;
	(void)unsetenv("BAILIFF_QUEUE");
	(void)setenv("NO_COLOR", "1", 1);
	if (scratch_make(state) < 0)
		return -1;
	(void)snprintf(url, sizeof url, "sqlite:%s/queue.db", (const char *)*state);
	if (queue_open(url, &options, &queue, &err) < 0 ||
	    queue_submit(queue, &request, &ticket, &err) < 0) {
		print_error("%s\n", err.message);
		return -1;
	}
	report(queue);
	queue_close(queue);
	return 0;
}

/* ---- the command on a terminal
 * ------------------------------------------------------------------------ */

struct session {
	pid_t pid;
	int fd; /* the terminal's other end */
	int slave_fd;
	struct termios modes;
	char seen[1u << 20];
	size_t used;
};

static struct session session;

static void start(const char *queue_url, unsigned short width, unsigned short height)
{
	const struct winsize size = { .ws_col = width, .ws_row = height };
	char *argv[] = { (char *)(uintptr_t) "top",    (char *)(uintptr_t) "--queue",
			       (char *)(uintptr_t)queue_url, (char *)(uintptr_t) "--interval",
			       (char *)(uintptr_t) "100ms",  NULL };
	memset(&session, 0, sizeof session);
	assert_int_equal(openpty(&session.fd, &session.slave_fd, NULL, NULL, &size), 0);
	assert_int_equal(tcgetattr(session.slave_fd, &session.modes), 0);
	session.pid = fork();
	assert_true(session.pid >= 0);
	if (session.pid == 0) {
		(void)close(session.fd);
		(void)signal(SIGPIPE, SIG_IGN);
		_exit(login_tty(session.slave_fd) == 0 ? command_top(5, argv) : 99);
	}
	assert_int_equal(fcntl(session.fd, F_SETFL, O_NONBLOCK), 0);
}

/* Reads what is there; false where nothing came for a moment. */
static bool look(void)
{
	struct pollfd ready = { .fd = session.fd, .events = POLLIN };
	(void)poll(&ready, 1, 50);
	ssize_t size = read(session.fd, session.seen + session.used,
			    sizeof session.seen - 1 - session.used);
	if (size > 0)
		session.used += (size_t)size;
	session.seen[session.used] = '\0';
	return size > 0;
}

static void wait_for(const char *text)
{
	uint64_t start_ns = clock_now_ns();
	size_t from = session.used;
	while (strstr(session.seen + from, text) == NULL) {
		(void)look();
		if (clock_now_ns() - start_ns > WAIT_NS)
			fail_msg("no '%s' in: %s", text, session.seen + from);
	}
}

static void press(const char *keys)
{
	assert_int_equal(write(session.fd, keys, strlen(keys)), strlen(keys));
}

static int wait_status(void)
{
	uint64_t start_ns = clock_now_ns();
	int status = 0;
	while (waitpid(session.pid, &status, WNOHANG) == 0) {
		(void)look();
		if (clock_now_ns() - start_ns > WAIT_NS) {
			(void)kill(session.pid, SIGKILL);
			fail_msg("it does not end");
		}
	}
	return status;
}

static bool is_restored(void)
{
	struct termios modes;
	assert_int_equal(tcgetattr(session.slave_fd, &modes), 0);
	return modes.c_lflag == session.modes.c_lflag && modes.c_iflag == session.modes.c_iflag &&
	       modes.c_oflag == session.modes.c_oflag &&
	       memcmp(modes.c_cc, session.modes.c_cc, sizeof modes.c_cc) == 0;
}

/* It ended with `expected`, and nothing of it is left on the terminal. */
static void finish(int expected)
{
	int status = wait_status();
	while (look())
		;
	assert_true(WIFEXITED(status));
	assert_int_equal(WEXITSTATUS(status), expected);
	assert_true(is_restored());
	const char *enter = strstr(session.seen, ENTER);
	const char *leave = strstr(session.seen, LEAVE);
	assert_true(enter != NULL && leave != NULL && enter < leave);
	assert_non_null(strstr(session.seen, "\033[?25h"));
	assert_non_null(strstr(session.seen, "\033[?7h"));
	assert_null(strstr(leave, "bailiff top"));
	fd_close(&session.fd);
	fd_close(&session.slave_fd);
}

static void test_quit(void **state)
{
	(void)state;
	start(url, 80, 24);
	wait_for("course-11");
	wait_for("rate     0.0 jobs/s");
	assert_false(is_restored());
	assert_non_null(strstr(session.seen, "queue    1 ready  0 running"));
	assert_non_null(strstr(session.seen, "workers  1 with 12 slots  12 busy"));
	press("q");
	finish(0);
}

static void test_signals(void **state)
{
	static const struct {
		int number, expected;
	} signals[] = { { SIGTERM, 143 }, { SIGINT, 130 }, { SIGHUP, 129 }, { SIGQUIT, 131 } };
	(void)state;
	for (size_t i = 0; i < ARRAY_LENGTH(signals); i++) {
		start(url, 80, 24);
		wait_for("course-11");
		assert_int_equal(kill(session.pid, signals[i].number), 0);
		finish(signals[i].expected);
	}
	start(url, 80, 24);
	wait_for("course-11");
	press("\003");
	finish(130);
}

static void test_resize_and_scroll(void **state)
{
	const struct winsize smaller = { .ws_col = 40, .ws_row = 10 };
	(void)state;
	start(url, 100, 30);
	wait_for("course-11");
	assert_int_equal(ioctl(session.fd, TIOCSWINSZ, &smaller), 0);
	wait_for("q quits  lines 1 to 2 of 13");
	press("\033[B");
	wait_for("q quits  lines 2 to 3 of 13");
	press("G");
	wait_for("q quits  lines 12 to 13 of 13");
	press("gj");
	wait_for("q quits  lines 1 to 2 of 13");
	/* A whole frame fits. */
	wait_for("\033[J");
	size_t from = session.used;
	wait_for("\033[J");
	wait_for("\033[J");
	const char *line = strstr(session.seen + from, "\033[H");
	assert_non_null(line);
	const char *end = strstr(line, "\033[J");
	size_t lines = 1;
	for (line += 3; strstr(line, "\r\n") < end; lines++) {
		const char *erase = strstr(line, "\033[K");
		assert_in_range(erase - line, 0, 39 + 2); /* "…" has two bytes more than columns */
		line = strstr(line, "\r\n") + 2;
	}
	assert_int_equal(lines, 10);
	press("q");
	finish(0);
}

/* Goal: stopped and continued, as a shell does it, the terminal is the shell's meanwhile. */
static void test_stop(void **state)
{
	int status = 0;
	(void)state;
	start(url, 80, 24);
	wait_for("course-11");
	press("\032");
	assert_int_equal(waitpid(session.pid, &status, WUNTRACED), session.pid);
	assert_true(WIFSTOPPED(status));
	while (look())
		;
	assert_true(is_restored());
	assert_non_null(strstr(session.seen, LEAVE));
	session.used = 0;
	session.seen[0] = '\0';
	assert_int_equal(kill(session.pid, SIGCONT), 0);
	wait_for(ENTER);
	wait_for("course-11");
	press("q");
	finish(0);
}

/* Goal: a terminal that takes nothing keeps nobody from ending it. Method: nobody reads. */
static void test_stopped_output(void **state)
{
	int status = 0;
	(void)state;
	start(url, 200, 60);
	(void)usleep(1500 * 1000);
	uint64_t start_ns = clock_now_ns();
	assert_int_equal(kill(session.pid, SIGTERM), 0);
	while (waitpid(session.pid, &status, WNOHANG) == 0) {
		(void)usleep(10 * 1000);
		assert_true(clock_now_ns() - start_ns < 10 * NS_PER_S);
	}
	assert_true(WIFEXITED(status));
	assert_int_equal(WEXITSTATUS(status), 143);
	assert_true(is_restored());
	fd_close(&session.fd);
	fd_close(&session.slave_fd);
}

/* Goal: a store that is out of reach is shown, and q still quits. */
static void test_unreachable(void **state)
{
	(void)state;
	start("postgresql://nobody@127.0.0.1:1/none", 80, 24);
	wait_for("trouble  ");
	wait_for("trying again");
	wait_for("\033[H"); /* and again */
	press("q");
	finish(0);
}

/* ---- the command on a pipe
 * ----------------------------------------------------------------------------- */

/* Its output, the caller's to free; it is ended by `number` after the first line, 0 = it ends. */
static char *piped(const char *option, int number, int expected)
{
	char *argv[] = { (char *)(uintptr_t) "top",
			       (char *)(uintptr_t) "--queue",
			       url,
			       (char *)(uintptr_t) "--interval",
			       (char *)(uintptr_t) "100ms",
			       (char *)(uintptr_t)option,
			       NULL };
	char *text = calloc(1, 65536);
	size_t used = 0;
	ssize_t size;
	int status = 0;
	int fds[2];
	assert_non_null(text);
	assert_int_equal(pipe2(fds, O_CLOEXEC), 0);
	pid_t pid = fork();
	assert_true(pid >= 0);
	if (pid == 0) {
		(void)dup2(fds[1], STDOUT_FILENO);
		(void)signal(SIGPIPE, SIG_IGN);
		int rc = command_top(option != NULL ? 6 : 5, argv);
		(void)fflush(stdout);
		_exit(rc);
	}
	(void)close(fds[1]);
	while ((size = read(fds[0], text + used, 65535 - used)) > 0) {
		used += (size_t)size;
		if (number != 0 && strchr(text, '\n') != NULL)
			(void)kill(pid, number);
	}
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_true(WIFEXITED(status));
	assert_int_equal(WEXITSTATUS(status), expected);
	(void)close(fds[0]);
	return text;
}

static void test_pipe(void **state)
{
	(void)state;
	AUTO_FREE char *text = piped(NULL, 0, 0);
	assert_memory_equal(text, "bailiff top  sqlite:", 20);
	assert_non_null(strstr(text, "\n    11   11 busy "));
	assert_null(strchr(text, '\033'));
}

static void test_json(void **state)
{
	(void)state;
	struct bailiff_error err = { 0 };
	const char *option = "--json";
	AUTO_FREE char *stream = piped(option, SIGTERM, 143);
	JSON_AUTO_DELETE cJSON *document = NULL;
	assert_int_equal(json_parse(stream, strcspn(stream, "\n"), &document, &err), 0);
	const struct json_node root = json_root(document);
	struct json_node workers;
	size_t count = 0;
	assert_true(json_find(&root, "workers", &workers));
	assert_int_equal(json_array_size(&workers, 10, &count, &err), 0);
	assert_int_equal(count, 1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_quit),
		cmocka_unit_test(test_signals),
		cmocka_unit_test(test_resize_and_scroll),
		cmocka_unit_test(test_stop),
		cmocka_unit_test(test_stopped_output),
		cmocka_unit_test(test_unreachable),
		cmocka_unit_test(test_pipe),
		cmocka_unit_test(test_json),
	};
	return cmocka_run_group_tests(tests, make_queue, scratch_remove);
}
