/* SPDX-License-Identifier: MIT */
/*
 * The metrics endpoint: libmicrohttpd without threads of its own. Its epoll descriptor stands in
 * the worker's loop, and everything it does it does in metrics_server_run(), on sockets that never
 * block.
 *
 * Every connection serves one request and is closed. It has a time for all of it, not one that each
 * byte begins anew, a buffer of fixed size, and there are few of them: so nobody who can reach the
 * loopback interface can make the worker wait or grow, or keep others out for longer than that
 * time.
 */
#include "worker/telemetry.h"

#include "base/clock.h"
#include "base/error.h"
#include "base/fd.h"
#include "base/io.h"
#include "base/mem.h"

#include <arpa/inet.h>
#include <inttypes.h>
#include <limits.h>
#include <microhttpd.h>
#include <netinet/in.h>
#include <string.h>
#include <sys/socket.h>

#define CONNECTIONS_MAX 16u
#define CONNECTION_NS (3 * NS_PER_S)
/* For a request's line and headers, and the answer's headers. */
#define CONNECTION_BYTES ((size_t)8 << 10)
/* libmicrohttpd asks to be run again at once while it has something to do; the worker has, too. */
#define RUNS_MAX 8u
#define HINT_ADDRESS "such as 127.0.0.1:9464, [::1]:9464 or :9464"

/* One that was accepted, and when its time is over. */
struct connection {
	struct MHD_Connection *handle; /* NULL = none */
	uint64_t deadline_ns;	       /* CLOCK_MONOTONIC */
	bool is_shut;
};

struct metrics_server {
	struct MHD_Daemon *daemon; /* owned, with its listening socket */
	int epoll_fd;		   /* the daemon's */
	const struct worker_status *status;
	struct connection connections[CONNECTIONS_MAX];
	size_t connection_count;
};

/* ---- addresses ---------------------------------------------------------------------------------
 */

union address {
	struct sockaddr any;
	struct sockaddr_in v4;
	struct sockaddr_in6 v6;
};

static bool parse_v4(const char *host, in_port_t port, union address *ret_address)
{
	ret_address->v4 = (struct sockaddr_in){ .sin_family = AF_INET, .sin_port = port };
	if (host[0] == '\0')
		ret_address->v4.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	else if (inet_pton(AF_INET, host, &ret_address->v4.sin_addr) != 1)
		return false;
	return ntohl(ret_address->v4.sin_addr.s_addr) >> IN_CLASSA_NSHIFT == IN_LOOPBACKNET;
}

static bool parse_v6(char *host, in_port_t port, union address *ret_address)
{
	size_t length = strlen(host);
	if (length < 2 || host[length - 1] != ']')
		return false;
	host[length - 1] = '\0';
	ret_address->v6 = (struct sockaddr_in6){ .sin6_family = AF_INET6, .sin6_port = port };
	return inet_pton(AF_INET6, host + 1, &ret_address->v6.sin6_addr) == 1 &&
	       IN6_IS_ADDR_LOOPBACK(&ret_address->v6.sin6_addr);
}

static int parse_address(const char *text, union address *ret_address, struct bailiff_error *err)
{
	char host[64];
	uint64_t port;
	const char *colon = strrchr(text, ':');
	if (colon == NULL || (size_t)(colon - text) >= sizeof host ||
	    !io_parse_u64(colon + 1, &port) || port > UINT16_MAX) {
		int rc = fail_spec(err, "metrics address '%s': must be HOST:PORT", text);
		if (err != NULL)
			(void)snprintf(err->hint, sizeof err->hint, HINT_ADDRESS);
		return rc;
	}
	memcpy(host, text, (size_t)(colon - text));
	host[colon - text] = '\0';
	in_port_t network_port = htons((uint16_t)port);
	if (host[0] == '[' ? parse_v6(host, network_port, ret_address) :
			     parse_v4(host, network_port, ret_address))
		return 0;
	int rc =
		fail_spec(err, "metrics address '%s': must be one of the loopback interface", text);
	if (err != NULL)
		(void)snprintf(err->hint, sizeof err->hint,
			       HINT_ADDRESS "; for other machines, put a proxy before it");
	return rc;
}

int metrics_check_address(const char *address, struct bailiff_error *err)
{
	union address parsed;
	return parse_address(address, &parsed, err);
}

/* A socket of our own, because libmicrohttpd does not say why it could not make one. */
static int listen_on(const char *text, int *ret_fd, struct bailiff_error *err)
{
	union address address;
	const int on = 1;
	int rc = parse_address(text, &address, err);
	if (rc < 0)
		return rc;
	socklen_t length = address.any.sa_family == AF_INET ? sizeof address.v4 : sizeof address.v6;
	AUTO_CLOSE int fd =
		socket(address.any.sa_family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	if (fd < 0 || setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on) < 0 ||
	    bind(fd, &address.any, length) < 0 || listen(fd, (int)CONNECTIONS_MAX) < 0)
		return fail_host(err, BAILIFF_STAGE_SUPERVISE, errno,
				 "name another port, or end who listens there: ss -ltnp",
				 "listen on metrics address '%s'", text);
	*ret_fd = fd_take(&fd);
	return 0;
}

/* ---- answers -----------------------------------------------------------------------------------
 */

struct answer {
	unsigned status;
	const char *type;
	char *body; /* owned, malloc(3) */
	size_t size;
};

static const char text_type[] = "text/plain; charset=utf-8";
static const char metrics_type[] = "text/plain; version=0.0.4; charset=utf-8";

static void answer_metrics(const struct metrics_server *server, struct answer *ret_answer)
{
	FILE *out = open_memstream(&ret_answer->body, &ret_answer->size);
	if (out == NULL)
		return;
	metrics_print(out, server->status, clock_boot_ns());
	if (fclose(out) != 0) {
		free(ret_answer->body);
		ret_answer->body = NULL;
	}
	ret_answer->status = MHD_HTTP_OK;
	ret_answer->type = metrics_type;
}

static void answer_word(unsigned status, const char *word, struct answer *ret_answer)
{
	*ret_answer = (struct answer){ .status = status, .type = text_type };
	int length = asprintf(&ret_answer->body, "%s\n", word);
	if (length < 0)
		ret_answer->body = NULL;
	else
		ret_answer->size = (size_t)length;
}

static void answer_health(const struct metrics_server *server, struct answer *ret_answer)
{
	if (server->status->is_draining)
		answer_word(MHD_HTTP_SERVICE_UNAVAILABLE, "draining", ret_answer);
	else if (!server->status->is_reachable)
		answer_word(MHD_HTTP_SERVICE_UNAVAILABLE, "store out of reach", ret_answer);
	else
		answer_word(MHD_HTTP_OK, "ok", ret_answer);
}

static enum MHD_Result send_answer(struct MHD_Connection *connection, const struct answer *answer)
{
	if (answer->body == NULL)
		return MHD_NO; /* no memory: the connection is closed */
	struct MHD_Response *response =
		MHD_create_response_from_buffer(answer->size, answer->body, MHD_RESPMEM_MUST_FREE);
	if (response == NULL) {
		free(answer->body);
		return MHD_NO;
	}
	bool ok = MHD_add_response_header(response, MHD_HTTP_HEADER_CONTENT_TYPE, answer->type) &&
		  MHD_add_response_header(response, MHD_HTTP_HEADER_CONNECTION, "close");
	if (answer->status == MHD_HTTP_METHOD_NOT_ALLOWED)
		ok = ok && MHD_add_response_header(response, MHD_HTTP_HEADER_ALLOW, "GET, HEAD");
	enum MHD_Result result =
		ok ? MHD_queue_response(connection, answer->status, response) : MHD_NO;
	MHD_destroy_response(response);
	return result;
}

/* Called with a request's headers. That it is answered now keeps a body from being read. */
static enum MHD_Result handle(void *context, struct MHD_Connection *connection, const char *url,
			      const char *method, const char *version, const char *upload_data,
			      size_t *upload_data_size, void **request_context)
{
	const struct metrics_server *server = context;
	struct answer answer = { 0 };
	(void)version, (void)upload_data, (void)upload_data_size, (void)request_context;
	if (strcmp(url, "/metrics") != 0 && strcmp(url, "/health") != 0)
		answer_word(MHD_HTTP_NOT_FOUND, "there are /metrics and /health", &answer);
	else if (strcmp(method, MHD_HTTP_METHOD_GET) != 0 &&
		 strcmp(method, MHD_HTTP_METHOD_HEAD) != 0)
		answer_word(MHD_HTTP_METHOD_NOT_ALLOWED, "GET and HEAD only", &answer);
	else if (strcmp(url, "/metrics") == 0)
		answer_metrics(server, &answer);
	else
		answer_health(server, &answer);
	return send_answer(connection, &answer);
}

/* ---- connections -------------------------------------------------------------------------------
 */

static struct connection *find_connection(struct metrics_server *server,
					  const struct MHD_Connection *handle)
{
	for (size_t i = 0; i < CONNECTIONS_MAX; i++) {
		if (server->connections[i].handle == handle)
			return &server->connections[i];
	}
	return NULL;
}

static void note_connection(void *context, struct MHD_Connection *handle, void **socket_context,
			    enum MHD_ConnectionNotificationCode code)
{
	struct metrics_server *server = context;
	(void)socket_context;
	bool is_new = code == MHD_CONNECTION_NOTIFY_STARTED;
	struct connection *connection = find_connection(server, is_new ? NULL : handle);
	if (connection == NULL)
		return;
	*connection = (struct connection){ 0 };
	if (is_new) {
		connection->handle = handle;
		connection->deadline_ns = clock_now_ns() + CONNECTION_NS;
		server->connection_count++;
	} else {
		server->connection_count--;
	}
}

/* Whose time is over is read as ended, so that libmicrohttpd closes it. */
static void end_overdue(struct metrics_server *server)
{
	uint64_t now_ns = clock_now_ns();
	for (size_t i = 0; i < CONNECTIONS_MAX; i++) {
		struct connection *connection = &server->connections[i];
		if (connection->handle == NULL || connection->is_shut ||
		    connection->deadline_ns > now_ns)
			continue;
		const union MHD_ConnectionInfo *info = MHD_get_connection_info(
			connection->handle, MHD_CONNECTION_INFO_CONNECTION_FD);
		if (info != NULL)
			(void)shutdown(info->connect_fd, SHUT_RDWR);
		connection->is_shut = true;
	}
}

static uint64_t next_deadline_ns(const struct metrics_server *server)
{
	uint64_t next_ns = UINT64_MAX;
	for (size_t i = 0; i < CONNECTIONS_MAX; i++) {
		const struct connection *connection = &server->connections[i];
		if (connection->handle != NULL && !connection->is_shut &&
		    connection->deadline_ns < next_ns)
			next_ns = connection->deadline_ns;
	}
	return next_ns;
}

/* ---- the interface ------------------------------------------------------------------------------
 */

static int start(struct metrics_server *server, int listen_fd)
{
	server->daemon = MHD_start_daemon(
		MHD_USE_EPOLL, 0, NULL, NULL, handle, server, MHD_OPTION_LISTEN_SOCKET, listen_fd,
		MHD_OPTION_CONNECTION_LIMIT, CONNECTIONS_MAX, MHD_OPTION_CONNECTION_MEMORY_LIMIT,
		CONNECTION_BYTES, MHD_OPTION_NOTIFY_CONNECTION, note_connection, server,
		MHD_OPTION_STRICT_FOR_CLIENT, 1, MHD_OPTION_END);
	if (server->daemon == NULL)
		return -(errno != 0 ? errno : EIO);
	const union MHD_DaemonInfo *info =
		MHD_get_daemon_info(server->daemon, MHD_DAEMON_INFO_EPOLL_FD);
	server->epoll_fd = info != NULL ? info->epoll_fd : FD_NONE;
	return server->epoll_fd >= 0 ? 0 : -EIO;
}

int metrics_server_open(const char *address, const struct worker_status *status,
			struct metrics_server **ret_server, struct bailiff_error *err)
{
	AUTO_CLOSE int listen_fd = FD_NONE;
	int rc = listen_on(address, &listen_fd, err);
	if (rc < 0)
		return rc;
	struct metrics_server *server = calloc(1, sizeof *server);
	if (server == NULL)
		return fail_internal(err, BAILIFF_STAGE_SUPERVISE, ENOMEM, "serve metrics");
	server->status = status;
	rc = start(server, listen_fd);
	if (server->daemon != NULL)
		(void)fd_take(&listen_fd);
	if (rc < 0) {
		metrics_server_close(server);
		return fail_internal(err, BAILIFF_STAGE_SUPERVISE, -rc, "serve metrics");
	}
	*ret_server = server;
	return 0;
}

int metrics_server_fd(const struct metrics_server *server)
{
	return server->epoll_fd;
}

uint64_t metrics_server_due_ns(const struct metrics_server *server)
{
	MHD_UNSIGNED_LONG_LONG timeout_ms;
	uint64_t next_ns = next_deadline_ns(server);
	uint64_t now_ns = clock_now_ns();
	uint64_t due_ns = UINT64_MAX;
	if (MHD_get_timeout(server->daemon, &timeout_ms) == MHD_YES &&
	    timeout_ms < UINT64_MAX / NS_PER_MS)
		due_ns = timeout_ms * NS_PER_MS;
	if (next_ns != UINT64_MAX) {
		uint64_t left_ns = next_ns > now_ns ? next_ns - now_ns : 0;
		due_ns = left_ns < due_ns ? left_ns : due_ns;
	}
	return due_ns;
}

void metrics_server_run(struct metrics_server *server)
{
	for (unsigned i = 0; i < RUNS_MAX; i++) {
		MHD_UNSIGNED_LONG_LONG timeout_ms;
		bool was_full = server->connection_count == CONNECTIONS_MAX;
		(void)MHD_run(server->daemon);
		/* While all places are taken, nobody listens; that they are not any more is noticed
		 * by the next run, which nothing else may cause. */
		bool has_place = was_full && server->connection_count < CONNECTIONS_MAX;
		bool is_due =
			MHD_get_timeout(server->daemon, &timeout_ms) == MHD_YES && timeout_ms == 0;
		if (!has_place && !is_due)
			break;
	}
	end_overdue(server);
}

void metrics_server_close(struct metrics_server *server)
{
	if (server == NULL)
		return;
	if (server->daemon != NULL)
		MHD_stop_daemon(server->daemon);
	free(server);
}
