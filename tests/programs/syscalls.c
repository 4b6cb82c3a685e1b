/* SPDX-License-Identifier: MIT */
/*
 * Makes one dangerous system call, given by name, with known arguments. A seccomp filter sees
 * numbers only, so pointers are null: a call that gets past the filter fails harmlessly, and the
 * program says so and exits with code 42, which no refusal can produce.
 *
 *   syscalls list              NAME NUMBER ARG0 ... ARG5 per line, for the test to compare with
 *   syscalls call NAME         from the main thread
 *   syscalls thread NAME       from a second thread
 *   syscalls child NAME        from a child process
 *   syscalls storm N NAME      from N threads at once
 *   syscalls i386 NUMBER       through int 0x80: the 32-bit table
 *   syscalls x32 NUMBER        with the x32 bit: the 64-bit table under other numbers
 *   syscalls number N          any number
 *   syscalls clone3            the errno of clone3, then a thread through the C library
 */
#include "command.h"

#include <fcntl.h>
#include <pthread.h>
#include <sched.h>
#include <sys/ioctl.h>
#include <sys/prctl.h>
#include <sys/ptrace.h>
#include <sys/socket.h>
#include <sys/syscall.h>

#define NOT_REFUSED 42

struct attempt {
	const char *name; /* unique; the system call's name up to a '.' */
	long number;
	unsigned long args[6];
};

/* One row per call; the comment says what it would be good for. */
static const struct attempt attempts[] = {
	/* the network, the hypervisor's socket, kernel configuration sockets */
	{ "socket.inet", SYS_socket, { AF_INET, SOCK_STREAM, 0 } },
	{ "socket.inet6", SYS_socket, { AF_INET6, SOCK_DGRAM, 0 } },
	{ "socket.unix", SYS_socket, { AF_UNIX, SOCK_STREAM, 0 } },
	{ "socket.vsock", SYS_socket, { AF_VSOCK, SOCK_STREAM, 0 } },
	{ "socket.netlink", SYS_socket, { AF_NETLINK, SOCK_RAW, 0 } },
	{ "socket.packet", SYS_socket, { AF_PACKET, SOCK_RAW, 0 } },
	/* work done by the kernel with no system call for a filter to see */
	{ "io_uring_setup", 425, { 8, 0 } },
	{ "io_uring_enter", 426, { 3, 1, 1, 0 } },
	{ "io_uring_register", 427, { 3, 0 } },
	/* other processes' memory and control flow */
	{ "ptrace.traceme", SYS_ptrace, { PTRACE_TRACEME } },
	{ "ptrace.attach", SYS_ptrace, { PTRACE_ATTACH, 1 } },
	{ "process_vm_readv", SYS_process_vm_readv, { 1, 0, 0, 0, 0, 0 } },
	{ "process_vm_writev", SYS_process_vm_writev, { 1, 0, 0, 0, 0, 0 } },
	{ "pidfd_open", 434, { 1, 0 } },
	{ "pidfd_getfd", 438, { 3, 0, 0 } },
	{ "kcmp", SYS_kcmp, { 1, 1, 0, 0, 0 } },
	/* namespaces: the door to most kernel holes of the last years */
	{ "unshare.user", SYS_unshare, { CLONE_NEWUSER } },
	{ "unshare.net", SYS_unshare, { CLONE_NEWNET } },
	{ "setns", SYS_setns, { 0, 0 } },
	{ "clone.newuser", SYS_clone, { CLONE_NEWUSER | SIGCHLD } },
	{ "clone.newns", SYS_clone, { CLONE_NEWNS | SIGCHLD } },
	{ "clone.newpid", SYS_clone, { CLONE_NEWPID | SIGCHLD } },
	{ "clone.newnet", SYS_clone, { CLONE_NEWNET | SIGCHLD } },
	{ "clone.newcgroup", SYS_clone, { CLONE_NEWCGROUP | SIGCHLD } },
	/* the file tree itself */
	{ "mount", SYS_mount, { 0, 0, 0, 0, 0 } },
	{ "umount2", SYS_umount2, { 0, 2 } },
	{ "pivot_root", SYS_pivot_root, { 0, 0 } },
	{ "chroot", SYS_chroot, { 0 } },
	{ "open_tree", 428, { 0xffffffffffffff9c, 0, 1 } },
	{ "move_mount", 429, { 3, 0, 4, 0, 0 } },
	{ "fsopen", 430, { 0, 0 } },
	{ "fsmount", 432, { 3, 0, 0 } },
	{ "mount_setattr", 442, { 3, 0, 0, 0, 0 } },
	{ "open_by_handle_at", SYS_open_by_handle_at, { 3, 0, 0 } },
	{ "name_to_handle_at", SYS_name_to_handle_at, { 3, 0, 0, 0, 0 } },
	{ "swapon", SYS_swapon, { 0, 0 } },
	{ "fanotify_init", SYS_fanotify_init, { 0, 0 } },
	/* keys are shared by user id and outlive the cell */
	{ "keyctl", SYS_keyctl, { 0, 0xfffffffffffffffc, 0 } },
	{ "add_key", SYS_add_key, { 0, 0, 0, 0, 0xfffffffffffffffd } },
	{ "request_key", SYS_request_key, { 0, 0, 0, 0xfffffffffffffffd } },
	/* kernel code, kernel races, side channels */
	{ "bpf", SYS_bpf, { 0, 0, 0 } },
	{ "userfaultfd", SYS_userfaultfd, { 0 } },
	{ "perf_event_open", SYS_perf_event_open, { 0, 0, 0xffffffffffffffff, 0xffffffffffffffff, 0 } },
	{ "kexec_load", SYS_kexec_load, { 0, 0, 0, 0 } },
	{ "kexec_file_load", SYS_kexec_file_load, { 3, 4, 0, 0, 0 } },
	{ "init_module", SYS_init_module, { 0, 0, 0 } },
	{ "finit_module", SYS_finit_module, { 3, 0, 0 } },
	{ "delete_module", SYS_delete_module, { 0, 0 } },
	{ "iopl", SYS_iopl, { 3 } },
	{ "ioperm", SYS_ioperm, { 0, 1, 1 } },
	{ "modify_ldt", SYS_modify_ldt, { 0, 0, 0 } },
	{ "vmsplice", SYS_vmsplice, { 1, 0, 0, 0 } },
	{ "splice", SYS_splice, { 0, 0, 1, 0, 1, 0 } },
	{ "tee", SYS_tee, { 0, 1, 1, 0 } },
	{ "syslog", SYS_syslog, { 3, 0, 0 } },
	{ "lookup_dcookie", SYS_lookup_dcookie, { 0, 0, 0 } },
	{ "personality.noaslr", SYS_personality, { 0x0040000 } },
	{ "personality.readimplies", SYS_personality, { 0x0400000 } },
	/* the machine */
	{ "reboot", SYS_reboot, { 0, 0, 0, 0 } },
	{ "settimeofday", SYS_settimeofday, { 0, 0 } },
	{ "clock_settime", SYS_clock_settime, { 0, 0 } },
	{ "adjtimex", SYS_adjtimex, { 0 } },
	{ "sethostname", SYS_sethostname, { 0, 0 } },
	{ "acct", SYS_acct, { 0 } },
	{ "quotactl", SYS_quotactl, { 0, 0, 0, 0 } },
	/* identity and privilege */
	{ "setuid", SYS_setuid, { 0 } },
	{ "setgid", SYS_setgid, { 0 } },
	{ "setgroups", SYS_setgroups, { 0, 0 } },
	{ "setresuid", SYS_setresuid, { 0, 0, 0 } },
	{ "capset", SYS_capset, { 0, 0 } },
	{ "seccomp", SYS_seccomp, { 1, 0, 0 } },
	{ "prctl.securebits", SYS_prctl, { PR_SET_SECUREBITS, 0, 0, 0, 0 } },
	{ "prctl.mm", SYS_prctl, { PR_SET_MM, 13, 0, 0, 0 } },
	{ "prctl.dumpable", SYS_prctl, { PR_SET_DUMPABLE, 1, 0, 0, 0 } },
	/* a dump program that runs as root outside every limit */
	{ "setrlimit.core", SYS_setrlimit, { 4, 0 } },
	{ "mknod", SYS_mknod, { 0, 0020666, 0x101 } },
	{ "mknodat", SYS_mknodat, { 0xffffffffffffff9c, 0, 0020666, 0x101 } },
	/* another program than the one that was judged */
	{ "execve", SYS_execve, { 0, 0, 0 } },
	{ "execveat", SYS_execveat, { 0xffffffffffffff9c, 0, 0, 0, 0 } },
	/* characters pushed into the caller's terminal */
	{ "ioctl.tiocsti", SYS_ioctl, { 0, TIOCSTI, 0 } },
	/* the same: the kernel looks at the low 32 bits only, so a filter must as well */
	{ "ioctl.tiocsti-high", SYS_ioctl, { 0, TIOCSTI | 0x100000000ul, 0 } },
	{ "ioctl.tiocsti-sign", SYS_ioctl, { 0, TIOCSTI | 0xffffffff00000000ul, 0 } },
	{ "ioctl.tioclinux", SYS_ioctl, { 0, TIOCLINUX, 0 } },
	/* locks and leases on shared files are a channel between cells */
	{ "fcntl.setlease", SYS_fcntl, { 0, F_SETLEASE, F_WRLCK } },
	{ "fcntl.notify", SYS_fcntl, { 0, F_NOTIFY, 1 } },
	{ "inotify_add_watch", SYS_inotify_add_watch, { 3, 0, 2 } },
	/* scheduling at the neighbours' cost */
	{ "sched_setscheduler", SYS_sched_setscheduler, { 0, 1, 0 } },
	{ "sched_setattr", SYS_sched_setattr, { 0, 0, 0 } },
	{ "setpriority", SYS_setpriority, { 0, 0, 0xffffffffffffffec } },
	{ "ioprio_set", SYS_ioprio_set, { 1, 0, 0 } },
	{ "mlockall", SYS_mlockall, { 3 } },
	{ "migrate_pages", SYS_migrate_pages, { 1, 0, 0, 0 } },
	{ "move_pages", SYS_move_pages, { 1, 0, 0, 0, 0, 0 } },
};

#define ATTEMPT_COUNT (sizeof attempts / sizeof *attempts)

static _Noreturn void not_refused(long result)
{
	printf("not refused: %ld %s\n", result, result < 0 ? strerrorname_np(errno) : "");
	fflush(stdout);
	_exit(NOT_REFUSED);
}

static const struct attempt *find(int argc, char **argv)
{
	for (size_t i = 0; argc > 0 && i < ATTEMPT_COUNT; i++) {
		if (strcmp(attempts[i].name, argv[0]) == 0)
			return &attempts[i];
	}
	fprintf(stderr, "test program: no attempt '%s'\n", argc > 0 ? argv[0] : "");
	exit(EXIT_MISUSE);
}

static void make(const struct attempt *a)
{
	long result = syscall(a->number, a->args[0], a->args[1], a->args[2], a->args[3],
			      a->args[4], a->args[5]);
	not_refused(result);
}

static int cmd_list(int argc, char **argv)
{
	(void)argc;
	(void)argv;
	for (size_t i = 0; i < ATTEMPT_COUNT; i++) {
		const struct attempt *a = &attempts[i];

		printf("%s %ld", a->name, a->number);
		for (int j = 0; j < 6; j++)
			printf(" 0x%lx", a->args[j]);
		putchar('\n');
	}
	return 0;
}

static int cmd_call(int argc, char **argv)
{
	make(find(argc, argv));
	return 0;
}

static void *thread_call(void *attempt)
{
	make(attempt);
	return NULL;
}

static int cmd_thread(int argc, char **argv)
{
	const struct attempt *a = find(argc, argv);
	pthread_t thread;

	require(pthread_create(&thread, NULL, thread_call, (void *)(uintptr_t)a) == 0,
		"pthread_create");
	pthread_join(thread, NULL);
	return 0;
}

/* storm N NAME: N threads at once, each with the same forbidden call. */
static int cmd_storm(int argc, char **argv)
{
	unsigned long long count = number_arg(argc, argv, 0);
	const struct attempt *a = find(argc - 1, argv + 1);
	pthread_t thread;

	for (unsigned i = 0; i < count; i++)
		require(pthread_create(&thread, NULL, thread_call, (void *)(uintptr_t)a) == 0,
			"pthread_create");
	return pause();
}

static int cmd_child(int argc, char **argv)
{
	const struct attempt *a = find(argc, argv);
	pid_t pid = fork();

	require(pid >= 0, "fork");
	if (pid == 0)
		make(a);
	return pause();
}

static int cmd_i386(int argc, char **argv)
{
	int result;

	__asm__ volatile("int $0x80"
			 : "=a"(result)
			 : "a"((int)number_arg(argc, argv, 0)), "b"(2), "c"(1), "d"(0), "S"(0),
			   "D"(0)
			 : "memory", "r8", "r9", "r10", "r11");
	not_refused(result);
}

static int cmd_x32(int argc, char **argv)
{
	not_refused(syscall((long)(number_arg(argc, argv, 0) | 0x40000000), 0, 0, 0, 0, 0, 0));
}

static int cmd_number(int argc, char **argv)
{
	not_refused(syscall((long)number_arg(argc, argv, 0), 1, 2, 3, 4, 5, 6));
}

static void *thread_nothing(void *unused)
{
	return unused;
}

static int cmd_clone3(int argc, char **argv)
{
	uint64_t clone_args[8] = { [4] = SIGCHLD };
	pthread_t thread;

	(void)argc;
	(void)argv;
	long result = syscall(SYS_clone3, clone_args, sizeof clone_args);
	if (result == 0)
		_exit(0);
	report("clone3", result);
	errno = pthread_create(&thread, NULL, thread_nothing, NULL);
	report("pthread_create", errno == 0 ? 0 : -1);
	return pthread_join(thread, NULL);
}

static const struct command commands[] = {
	{ "list", cmd_list },   { "call", cmd_call },     { "thread", cmd_thread },
	{ "child", cmd_child }, { "storm", cmd_storm },   { "i386", cmd_i386 },
	{ "x32", cmd_x32 },     { "number", cmd_number }, { "clone3", cmd_clone3 },
	{ NULL, NULL },
};

int main(int argc, char **argv)
{
	return run_command(commands, argc, argv);
}
