/* SPDX-License-Identifier: MIT */
/*
 * Looks around inside the cell and reports what it sees, one fact per line; the tests compare.
 */
#include "command.h"

#include <arpa/inet.h>
#include <dirent.h>
#include <fcntl.h>
#include <net/if.h>
#include <netinet/in.h>
#include <sys/ioctl.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/utsname.h>

/* ns: "NAME LINK" for each namespace. */
static int cmd_ns(int argc, char **argv)
{
	static const char *const names[] = { "user", "mnt", "pid", "net", "ipc", "uts", "cgroup",
					     "time", "time_for_children", "pid_for_children" };
	char path[64], link[64];

	(void)argc;
	(void)argv;
	for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
		snprintf(path, sizeof path, "/proc/self/ns/%s", names[i]);
		ssize_t size = readlink(path, link, sizeof link - 1);
		if (size < 0) {
			printf("%s %s\n", names[i], strerrorname_np(errno));
			continue;
		}
		link[size] = '\0';
		printf("%s %s\n", names[i], link);
	}
	return 0;
}

/* ids: user, group, supplementary groups, session. */
static int cmd_ids(int argc, char **argv)
{
	uid_t uid, euid, suid;
	gid_t gid, egid, sgid;

	(void)argc;
	(void)argv;
	require(getresuid(&uid, &euid, &suid) == 0, "getresuid");
	require(getresgid(&gid, &egid, &sgid) == 0, "getresgid");
	printf("uid %u %u %u\n", uid, euid, suid);
	printf("gid %u %u %u\n", gid, egid, sgid);
	printf("groups %d\n", getgroups(0, NULL));
	printf("pid %d\nppid %d\n", getpid(), getppid());
	printf("session %d\n", getsid(0) == getpid());
	printf("group_leader %d\n", getpgrp() == getpid());
	return 0;
}

/* fds: every open descriptor below 4096, with no help from /proc. */
static int cmd_fds(int argc, char **argv)
{
	(void)argc;
	(void)argv;
	for (int fd = 0; fd < 4096; fd++) {
		if (fcntl(fd, F_GETFD) >= 0)
			printf("%d\n", fd);
	}
	return 0;
}

/* signals: those ignored or handled at start, and those blocked. */
static int cmd_signals(int argc, char **argv)
{
	sigset_t blocked;

	(void)argc;
	(void)argv;
	sigprocmask(SIG_SETMASK, NULL, &blocked);
	for (int sig = 1; sig < NSIG; sig++) {
		struct sigaction now;

		if (sigaction(sig, NULL, &now) == 0 && now.sa_handler != SIG_DFL)
			printf("not default %d\n", sig);
		if (sigismember(&blocked, sig) == 1)
			printf("blocked %d\n", sig);
	}
	return 0;
}

/* tty: opening the controlling terminal must fail, and no standard descriptor is a terminal. */
static int cmd_tty(int argc, char **argv)
{
	(void)argc;
	(void)argv;
	report("/dev/tty", open("/dev/tty", O_RDWR | O_CLOEXEC));
	for (int fd = 0; fd < 3; fd++) {
		struct stat st;

		/* Without isatty(): its ioctl may be refused, which would prove nothing. */
		if (fstat(fd, &st) == 0 && S_ISCHR(st.st_mode))
			printf("%d character %u:%u\n", fd, (unsigned)(st.st_rdev >> 8),
			       (unsigned)(st.st_rdev & 255));
	}
	return 0;
}

static int cmd_machine(int argc, char **argv)
{
	struct utsname names;
	struct timespec boot;

	(void)argc;
	(void)argv;
	require(uname(&names) == 0, "uname");
	printf("host %s\ndomain %s\n", names.nodename, names.domainname);
	clock_gettime(CLOCK_BOOTTIME, &boot);
	printf("boottime %lld\n", (long long)boot.tv_sec);
	clock_gettime(CLOCK_MONOTONIC, &boot);
	printf("monotonic %lld\n", (long long)boot.tv_sec);
	return 0;
}

static int cmd_limits(int argc, char **argv)
{
	static const struct {
		const char *name;
		int resource;
	} limits[] = {
		{ "core", RLIMIT_CORE },       { "nofile", RLIMIT_NOFILE },
		{ "fsize", RLIMIT_FSIZE },     { "stack", RLIMIT_STACK },
		{ "memlock", RLIMIT_MEMLOCK }, { "nice", RLIMIT_NICE },
		{ "rtprio", RLIMIT_RTPRIO },   { "sigpending", RLIMIT_SIGPENDING },
		{ "msgqueue", RLIMIT_MSGQUEUE }, { "as", RLIMIT_AS },
		{ "data", RLIMIT_DATA },
	};

	(void)argc;
	(void)argv;
	for (size_t i = 0; i < sizeof limits / sizeof *limits; i++) {
		struct rlimit limit;

		require(getrlimit((unsigned)limits[i].resource, &limit) == 0, "getrlimit");
		printf("%s %lld %lld\n", limits[i].name, (long long)limit.rlim_cur,
		       (long long)limit.rlim_max);
	}
	return 0;
}

/* prctl: what /proc/self/status does not tell. Needs a policy that allows it. */
static int cmd_prctl(int argc, char **argv)
{
	(void)argc;
	(void)argv;
	printf("securebits 0x%x\n", (unsigned)prctl(PR_GET_SECUREBITS, 0, 0, 0, 0));
	printf("no_new_privs %d\n", prctl(PR_GET_NO_NEW_PRIVS, 0, 0, 0, 0));
	printf("dumpable %d\n", prctl(PR_GET_DUMPABLE, 0, 0, 0, 0));
	return 0;
}

/* ls DIR...: "DIR/NAME TYPE MODE UID MAJOR:MINOR" of each entry. */
static int list_one(const char *path)
{
	DIR *dir = opendir(path);

	if (dir == NULL)
		return !report(path, -1);
	for (struct dirent *e; (e = readdir(dir)) != NULL;) {
		struct stat st;

		if (strcmp(e->d_name, ".") == 0 || strcmp(e->d_name, "..") == 0)
			continue;
		if (fstatat(dirfd(dir), e->d_name, &st, AT_SYMLINK_NOFOLLOW) < 0) {
			printf("%s %s\n", e->d_name, strerrorname_np(errno));
			continue;
		}
		char type = S_ISDIR(st.st_mode)	   ? 'd'
			    : S_ISLNK(st.st_mode)  ? 'l'
			    : S_ISREG(st.st_mode)  ? '-'
			    : S_ISCHR(st.st_mode)  ? 'c'
			    : S_ISBLK(st.st_mode)  ? 'b'
			    : S_ISFIFO(st.st_mode) ? 'p'
						   : 's';
		printf("%s %c %04o %u %u:%u\n", e->d_name, type, st.st_mode & 07777, st.st_uid,
		       (unsigned)(st.st_rdev >> 8), (unsigned)(st.st_rdev & 255));
	}
	closedir(dir);
	return 0;
}

static int cmd_ls(int argc, char **argv)
{
	int bad = 0;

	for (int i = 0; i < argc; i++)
		bad |= list_one(argv[i]);
	return bad;
}

static int cmd_cat(int argc, char **argv)
{
	for (int i = 0; i < argc; i++) {
		char buffer[4096];
		size_t got;
		FILE *file = fopen(argv[i], "re");

		if (file == NULL)
			return !report(argv[i], -1);
		while ((got = fread(buffer, 1, sizeof buffer, file)) > 0)
			fwrite(buffer, 1, got, stdout);
		fclose(file);
	}
	return 0;
}

/* read PATH...: whether each can be opened and a byte read. */
static int cmd_read(int argc, char **argv)
{
	for (int i = 0; i < argc; i++) {
		char byte;
		int fd = open(argv[i], O_RDONLY | O_NONBLOCK | O_CLOEXEC);

		report(argv[i], fd < 0 ? -1 : read(fd, &byte, 1));
		if (fd >= 0)
			close(fd);
	}
	return 0;
}

/* write PATH...: whether each can be opened for writing; nothing is written. */
static int cmd_write(int argc, char **argv)
{
	for (int i = 0; i < argc; i++) {
		int fd = open(argv[i], O_WRONLY | O_NONBLOCK | O_CLOEXEC);

		report(argv[i], fd);
		if (fd >= 0)
			close(fd);
	}
	return 0;
}

/* create DIR...: whether a file can be made in each. */
static int cmd_create(int argc, char **argv)
{
	for (int i = 0; i < argc; i++) {
		char path[4096];

		snprintf(path, sizeof path, "%s/probe-made-this", argv[i]);
		int fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
		report(argv[i], fd);
		if (fd >= 0) {
			close(fd);
			unlink(path);
		}
	}
	return 0;
}

/* writable DIR: every file below that opens for writing (the whole of /proc, say). */
static void find_writable(const char *path, int depth)
{
	DIR *dir = opendir(path);

	for (struct dirent *e; dir != NULL && (e = readdir(dir)) != NULL;) {
		char name[4096];

		if (e->d_name[0] == '.')
			continue;
		snprintf(name, sizeof name, "%s/%s", path, e->d_name);
		if (e->d_type == DT_DIR && depth > 0) {
			find_writable(name, depth - 1);
		} else if (e->d_type == DT_REG) {
			int fd = open(name, O_WRONLY | O_NONBLOCK | O_CLOEXEC);

			if (fd >= 0) {
				puts(name);
				close(fd);
			}
		}
	}
	if (dir != NULL)
		closedir(dir);
}

static int cmd_writable(int argc, char **argv)
{
	for (int i = 0; i < argc; i++)
		find_writable(argv[i], 12);
	return 0;
}

/* loopback: a connection through 127.0.0.1, both ends in this process. */
static int cmd_loopback(int argc, char **argv)
{
	struct sockaddr_in address = { .sin_family = AF_INET,
				       .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
	socklen_t size = sizeof address;
	int server = socket(AF_INET, SOCK_STREAM, 0), client = socket(AF_INET, SOCK_STREAM, 0);
	char byte = 0;

	(void)argc;
	(void)argv;
	require(server >= 0 && client >= 0, "socket");
	if (bind(server, (struct sockaddr *)&address, size) < 0)
		return !report("bind", -1);
	require(listen(server, 1) == 0, "listen");
	require(getsockname(server, (struct sockaddr *)&address, &size) == 0, "getsockname");
	if (connect(client, (struct sockaddr *)&address, size) < 0)
		return !report("connect", -1);
	int peer = accept(server, NULL, NULL);
	require(peer >= 0 && write(client, "x", 1) == 1, "accept");
	require(read(peer, &byte, 1) == 1 && byte == 'x', "read");
	return !report("connect", 0);
}

/* up: tries to start the loopback interface. */
static int cmd_up(int argc, char **argv)
{
	struct ifreq request = { .ifr_name = "lo", .ifr_flags = IFF_UP | IFF_RUNNING };
	int fd = socket(AF_INET, SOCK_DGRAM, 0);

	(void)argc;
	(void)argv;
	require(fd >= 0, "socket");
	return !report("up", ioctl(fd, SIOCSIFFLAGS, &request));
}

/* outside ADDRESS PORT: a connection to somewhere else. */
static int cmd_outside(int argc, char **argv)
{
	struct sockaddr_in address = { .sin_family = AF_INET };
	int fd = socket(AF_INET, SOCK_STREAM, 0);

	address.sin_port = htons((uint16_t)number_arg(argc, argv, 1));
	require(fd >= 0 && inet_pton(AF_INET, argv[0], &address.sin_addr) == 1, "socket");
	return !report("connect", connect(fd, (struct sockaddr *)&address, sizeof address));
}

/* abstract NAME: connects to an abstract Unix socket, which no file system guards. */
static int cmd_abstract(int argc, char **argv)
{
	struct {
		sa_family_t family;
		char path[108];
	} address = { .family = AF_UNIX };
	int fd = socket(AF_UNIX, SOCK_STREAM, 0);
	size_t length = argc > 0 ? strlen(argv[0]) : 0;

	require(fd >= 0 && length > 0 && length < sizeof address.path, "socket");
	memcpy(address.path + 1, argv[0], length);
	return !report("connect", connect(fd, (struct sockaddr *)&address,
					  (socklen_t)(sizeof(sa_family_t) + 1 + length)));
}

static const struct command commands[] = {
	{ "ns", cmd_ns },             { "ids", cmd_ids },           { "fds", cmd_fds },
	{ "signals", cmd_signals },   { "tty", cmd_tty },           { "machine", cmd_machine },
	{ "limits", cmd_limits },     { "prctl", cmd_prctl },       { "ls", cmd_ls },
	{ "cat", cmd_cat },           { "read", cmd_read },         { "write", cmd_write },
	{ "create", cmd_create },     { "writable", cmd_writable }, { "loopback", cmd_loopback },
	{ "outside", cmd_outside },   { "abstract", cmd_abstract },
	{ "up", cmd_up },             { NULL, NULL },
};

int main(int argc, char **argv)
{
	return run_command(commands, argc, argv);
}
