/* SPDX-License-Identifier: MIT */
/*
 * Goal: whoever speaks HTTP gets the metrics, and nobody can make the worker wait, grow or leave
 * others out. Method: real connections over the loopback interface, with the server run as the
 * worker's loop runs it: when its descriptor is readable or its time has come.
 */
#include "base/clock.h"
#include "base/fd.h"
#include "base/mem.h"
#include "worker/telemetry.h"

#include <arpa/inet.h>
#include <malloc.h>
#include <netinet/in.h>
#include <poll.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#include <cmocka.h>

/* A run of the server takes no longer than this, on a busy machine with sanitizers. */
#define RUN_NS_MAX (500 * NS_PER_MS)

static struct slot_status slots[64];
static struct worker_status status = {
	.name = "host-1", .host = "host", .is_reachable = true, .slots = slots, .slot_count = 64
};
static struct metrics_server *server;
static unsigned run_count;

static void run_once(uint64_t wait_ns)
{
	struct pollfd ready = { .fd = metrics_server_fd(server), .events = POLLIN };
	uint64_t due_ns = metrics_server_due_ns(server);
	uint64_t least_ns = due_ns < wait_ns ? due_ns : wait_ns;
	const struct timespec timeout = clock_timespec(least_ns);
	if (ppoll(&ready, 1, &timeout, NULL) == 0 && due_ns > wait_ns)
		return;
	uint64_t start_ns = clock_now_ns();
	metrics_server_run(server);
	run_count++;
	assert_true(clock_now_ns() - start_ns < RUN_NS_MAX);
}

static int connect_client(in_port_t port)
{
	const struct sockaddr_in address = { .sin_family = AF_INET,
					     .sin_port = port,
					     .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	assert_true(fd >= 0);
	if (connect(fd, (const struct sockaddr *)&address, sizeof address) < 0)
		assert_int_equal(errno, EINPROGRESS);
	return fd;
}

static in_port_t open_server(const char *address)
{
	struct bailiff_error err = { 0 };
	/* The port is whatever is free: the kernel's choice is asked of a socket bound before. */
	char text[64];
	struct sockaddr_in own = { .sin_family = AF_INET,
				   .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
	socklen_t size = sizeof own;
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	assert_int_equal(bind(fd, (struct sockaddr *)&own, size), 0);
	assert_int_equal(getsockname(fd, (struct sockaddr *)&own, &size), 0);
	(void)close(fd);
	(void)snprintf(text, sizeof text, "%s:%u", address, ntohs(own.sin_port));
	if (metrics_server_open(text, &status, &server, &err) < 0)
		fail_msg("%s", err.message);
	return own.sin_port;
}

static void close_server(void)
{
	metrics_server_close(server);
	server = NULL;
	metrics_server_close(NULL);
}

/* May have to wait until there is a place. */
static void say(int fd, const char *text)
{
	uint64_t start_ns = clock_now_ns();
	while (send(fd, text, strlen(text), MSG_NOSIGNAL) < 0) {
		assert_int_equal(errno, EAGAIN);
		assert_true(clock_now_ns() - start_ns < 10 * NS_PER_S);
		run_once(20 * NS_PER_MS);
	}
}

/* Everything that comes until the connection is closed; the caller's to free. Fails after 10 s. */
static char *hear(int fd)
{
	const size_t capacity = 256u << 10;
	char *text = calloc(1, capacity);
	size_t used = 0;
	uint64_t start_ns = clock_now_ns();
	assert_non_null(text);
	for (;;) {
		ssize_t size = recv(fd, text + used, capacity - 1 - used, 0);
		if (size == 0 || (size < 0 && errno == ECONNRESET))
			return text;
		if (size > 0)
			used += (size_t)size;
		else
			run_once(20 * NS_PER_MS);
		assert_true(clock_now_ns() - start_ns < 10 * NS_PER_S);
	}
}

static char *ask(in_port_t port, const char *request)
{
	AUTO_CLOSE int fd = connect_client(port);
	say(fd, request);
	return hear(fd);
}

static void assert_status(in_port_t port, const char *request, const char *expected)
{
	AUTO_FREE char *answer = ask(port, request);
	char line[64];
	(void)snprintf(line, sizeof line, "HTTP/1.1 %s ", expected);
	if (strncmp(answer, line, strlen(line)) != 0)
		fail_msg("asked %s, expected %s, got %s", request, expected, answer);
}

#define GET(path) "GET " path " HTTP/1.1\r\nHost: localhost\r\n\r\n"

static void test_exchange(void **state)
{
	(void)state;
	in_port_t port = open_server("127.0.0.1");
	AUTO_FREE char *answer = ask(port, GET("/metrics"));
	assert_memory_equal(answer, "HTTP/1.1 200 OK\r\n", 17);
	assert_non_null(
		strstr(answer, "Content-Type: text/plain; version=0.0.4; charset=utf-8\r\n"));
	const char *body = strstr(answer, "\r\n\r\n");
	assert_non_null(body);
	assert_memory_equal(body + 4, "# HELP bailiff_build_info", 25);
	char length[64];
	(void)snprintf(length, sizeof length, "Content-Length: %zu\r\n", strlen(body + 4));
	assert_non_null(strstr(answer, length));
	AUTO_FREE char *head = ask(port, "HEAD /metrics HTTP/1.1\r\nHost: localhost\r\n\r\n");
	body = strstr(head, "\r\n\r\n");
	assert_string_equal(body, "\r\n\r\n");
	assert_memory_equal(head, "HTTP/1.1 200 OK\r\n", 17);
	AUTO_FREE char *old = ask(port, "GET /health HTTP/1.0\r\n\r\n");
	assert_non_null(strstr(old, " 200 OK\r\n"));
	assert_non_null(strstr(old, "\r\n\r\nok\n"));
	assert_status(port, GET("/metrics?x=%00"), "200");
	close_server();
}

static void test_refusals(void **state)
{
	(void)state;
	in_port_t port = open_server("127.0.0.1");
	assert_status(port, GET("/"), "404");
	assert_status(port, GET("/metrics/"), "404");
	assert_status(port, GET("/../metrics"), "404");
	assert_status(port,
		      "POST /metrics HTTP/1.1\r\nHost: x\r\nContent-Length: 1000000000\r\n\r\n",
		      "405");
	assert_status(port, "DELETE /health HTTP/1.1\r\nHost: x\r\n\r\n", "405");
	AUTO_FREE char *answer = ask(port, "PUT /metrics HTTP/1.1\r\nHost: x\r\n\r\n");
	assert_non_null(strstr(answer, "Allow: GET, HEAD\r\n"));
	close_server();
}

static void test_health(void **state)
{
	(void)state;
	in_port_t port = open_server("");
	assert_status(port, GET("/health"), "200");
	status.is_reachable = false;
	AUTO_FREE char *answer = ask(port, GET("/health"));
	assert_memory_equal(answer, "HTTP/1.1 503 ", 13);
	assert_non_null(strstr(answer, "\r\n\r\nstore out of reach\n"));
	status.is_draining = true;
	AUTO_FREE char *draining = ask(port, GET("/health"));
	assert_non_null(strstr(draining, "\r\n\r\ndraining\n"));
	status.is_reachable = true;
	status.is_draining = false;
	close_server();
}

/* Goal: bytes that are no HTTP end their connection and nothing else. */
static void test_garbage(void **state)
{
	static const char *const texts[] = {
		"\r\n\r\n\r\n",
		"GET\r\n\r\n",
		"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03",
		"GET /metrics HTTP/9.9\r\n\r\n",
		"\xff\xfe\xfd\r\n\r\n",
		"GET /metrics HTTP/1.1\r\nContent-Length: -1\r\nHost: x\r\n\r\n",
		"GET /metrics HTTP/1.1\r\nTransfer-Encoding: chunked\r\nHost: x\r\n\r\nzzzz\r\n\r\n",
	};
	(void)state;
	in_port_t port = open_server("127.0.0.1");
	for (size_t i = 0; i < ARRAY_LENGTH(texts); i++) {
		AUTO_FREE char *answer = ask(port, texts[i]);
		assert_non_null(answer);
	}
	unsigned seed = 1;
	for (int i = 0; i < 200; i++) {
		char noise[300];
		AUTO_CLOSE int fd = connect_client(port);
		for (size_t j = 0; j < sizeof noise; j++) {
			seed = seed * 1103515245u + 12345u;
			noise[j] = (char)(seed >> 16);
		}
		(void)send(fd, noise, sizeof noise, MSG_NOSIGNAL);
		run_once(NS_PER_MS);
	}
	assert_status(port, GET("/health"), "200");
	close_server();
}

/* Goal: endless headers end at the buffer's size, not at the worker's memory's. */
static void test_endless_headers(void **state)
{
	(void)state;
	char header[1024];
	memset(header, 'h', sizeof header);
	memcpy(header + sizeof header - 2, "\r\n", 2);
	header[10] = ':';
	in_port_t port = open_server("127.0.0.1");
	assert_status(port, GET("/health"), "200");
	size_t before = mallinfo2().uordblks;
	AUTO_CLOSE int fd = connect_client(port);
	say(fd, "GET /metrics HTTP/1.1\r\nHost: x\r\n");
	size_t sent = 0;
	for (int i = 0; i < 2000; i++) {
		ssize_t size = send(fd, header, sizeof header, MSG_NOSIGNAL);
		if (size < 0 && errno != EAGAIN)
			break;
		sent += size > 0 ? (size_t)size : 0;
		run_once(NS_PER_MS);
	}
	assert_true(sent < (4u << 20)); /* it did not swallow all that was offered */
	assert_true(mallinfo2().uordblks < before + (256u << 10));
	AUTO_FREE char *answer = hear(fd);
	assert_true(answer[0] == '\0' || strncmp(answer, "HTTP/1.1 431 ", 13) == 0 ||
		    strncmp(answer, "HTTP/1.1 413 ", 13) == 0);
	assert_status(port, GET("/health"), "200");
	close_server();
}

/*
 * Goal: clients that hold every place, some sending a byte now and then, keep others out for a few
 * seconds only, and the loop sleeps meanwhile. Method: 20 of them, then one that is served.
 */
static void test_slow_clients(void **state)
{
	(void)state;
	int fds[20];
	in_port_t port = open_server("127.0.0.1");
	for (size_t i = 0; i < ARRAY_LENGTH(fds); i++) {
		fds[i] = connect_client(port);
		run_once(NS_PER_MS);
		(void)send(fds[i], "GET /metrics HTTP/1.1\r\nX: ", 26, MSG_NOSIGNAL);
	}
	for (int i = 0; i < 5; i++)
		run_once(10 * NS_PER_MS);
	uint64_t start_ns = clock_now_ns();
	AUTO_CLOSE int fd = connect_client(port);
	run_count = 0;
	say(fd, GET("/health"));
	size_t size = 0;
	char answer[256] = "";
	for (size_t i = 0; size == 0; i++) {
		(void)send(fds[i % ARRAY_LENGTH(fds)], "x", 1, MSG_NOSIGNAL);
		run_once(100 * NS_PER_MS);
		ssize_t got = recv(fd, answer, sizeof answer - 1, 0);
		size = got > 0 ? (size_t)got : 0;
		assert_true(clock_now_ns() - start_ns < 15 * NS_PER_S);
	}
	assert_memory_equal(answer, "HTTP/1.1 200 ", 13);
	assert_true(run_count < 1000);
	for (size_t i = 0; i < ARRAY_LENGTH(fds); i++)
		(void)close(fds[i]);
	close_server();
}

/* Goal: that places are free again is noticed even where nothing else happens. Method: all of them
 * are held by clients that say nothing, and the worker is busy until all of them are overdue. */
static void test_silent_clients(void **state)
{
	(void)state;
	int fds[16];
	in_port_t port = open_server("127.0.0.1");
	for (size_t i = 0; i < ARRAY_LENGTH(fds); i++)
		fds[i] = connect_client(port);
	for (int i = 0; i < 5; i++)
		run_once(10 * NS_PER_MS);
	AUTO_CLOSE int fd = connect_client(port);
	say(fd, GET("/health"));
	(void)usleep(3500 * 1000);
	AUTO_FREE char *answer = hear(fd);
	assert_memory_equal(answer, "HTTP/1.1 200 ", 13);
	for (size_t i = 0; i < ARRAY_LENGTH(fds); i++)
		(void)close(fds[i]);
	close_server();
}

/* Goal: one that asks and does not read costs neither time nor more than its answer. */
static void test_deaf_client(void **state)
{
	(void)state;
	const int small = 1;
	in_port_t port = open_server("127.0.0.1");
	AUTO_CLOSE int fd = connect_client(port);
	(void)setsockopt(fd, SOL_SOCKET, SO_RCVBUF, &small, sizeof small);
	for (int i = 0; i < 10; i++) /* more requests than are answered */
		say(fd, GET("/metrics"));
	run_count = 0;
	uint64_t start_ns = clock_now_ns();
	while (clock_now_ns() - start_ns < NS_PER_S)
		run_once(50 * NS_PER_MS);
	assert_true(run_count < 100);
	assert_status(port, GET("/health"), "200");
	close_server();
}

/* Goal: an address is refused unless it is the loopback interface's, and one in use is the
 * machine's trouble. */
static void test_addresses(void **state)
{
	static const char *const wrong[] = { "",
					     "9464",
					     "0.0.0.0:9464",
					     "[::]:9464",
					     "10.0.0.1:9464",
					     "localhost:9464",
					     "127.0.0.1",
					     "127.0.0.1:",
					     "127.0.0.1:65536",
					     "127.0.0.1:-1",
					     "[::1:9464",
					     "::1:9464",
					     "[]:1",
					     "[::2]:9464",
					     "128.0.0.1:1" };
	struct bailiff_error err = { 0 };
	struct metrics_server *other = NULL;
	(void)state;
	for (size_t i = 0; i < ARRAY_LENGTH(wrong); i++) {
		err = (struct bailiff_error){ 0 };
		assert_true(metrics_server_open(wrong[i], &status, &other, &err) < 0);
		assert_int_equal(err.fault, BAILIFF_FAULT_SPEC);
		assert_string_not_equal(err.hint, "");
		assert_null(other);
	}
	in_port_t port = open_server("127.9.8.7");
	char text[64];
	(void)snprintf(text, sizeof text, "127.9.8.7:%u", ntohs(port));
	assert_int_equal(metrics_server_open(text, &status, &other, &err), -EADDRINUSE);
	assert_int_equal(err.fault, BAILIFF_FAULT_HOST);
	close_server();
	AUTO_CLOSE int fd = socket(AF_INET6, SOCK_STREAM | SOCK_CLOEXEC, 0);
	const struct sockaddr_in6 v6 = { .sin6_family = AF_INET6,
					 .sin6_addr = IN6ADDR_LOOPBACK_INIT };
	if (fd < 0 || bind(fd, (const struct sockaddr *)&v6, sizeof v6) < 0)
		return; /* no IPv6 here */
	assert_int_equal(metrics_server_open("[::1]:0", &status, &other, &err), 0);
	metrics_server_close(other);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_exchange),	cmocka_unit_test(test_refusals),
		cmocka_unit_test(test_health),		cmocka_unit_test(test_garbage),
		cmocka_unit_test(test_endless_headers), cmocka_unit_test(test_slow_clients),
		cmocka_unit_test(test_silent_clients),	cmocka_unit_test(test_deaf_client),
		cmocka_unit_test(test_addresses),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
