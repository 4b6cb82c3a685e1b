/* SPDX-License-Identifier: MIT */
/*
 * Tries to get out, with every argument right. Run under a policy that allows all calls, it shows
 * that the other walls stand without seccomp: namespaces, empty capability sets, read-only
 * mounts, resource limits, separate user ids. Each attempt prints one line, "NAME ok" when it
 * worked.
 */
#include "command.h"

#include <fcntl.h>
#include <grp.h>
#include <sched.h>
#include <sys/mman.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/ptrace.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/swap.h>
#include <sys/syscall.h>
#include <sys/wait.h>

/* privileges: what a process with any capability could do. */
static int cmd_privileges(int argc, char **argv)
{
	struct timespec past = { .tv_sec = 1000000000 };
	struct rlimit nice_limit = { 40, 40 };

	(void)argc;
	(void)argv;
	report("mount tmpfs", mount("none", "/tmp", "tmpfs", 0, NULL));
	report("mount proc", mount("none", "/tmp", "proc", 0, NULL));
	report("remount root", mount(NULL, "/", NULL, MS_REMOUNT | MS_BIND, NULL));
	report("remount usr", mount(NULL, "/usr", NULL, MS_REMOUNT | MS_BIND, NULL));
	report("umount proc", umount2("/proc", MNT_DETACH));
	report("pivot_root", syscall(SYS_pivot_root, "/box", "/box"));
	report("chroot", chroot("/box"));
	report("mknod", mknod("/box/null", S_IFCHR | 0666, 0x103));
	report("sethostname", sethostname("mine", 4));
	report("clock_settime", clock_settime(CLOCK_REALTIME, &past));
	report("setuid 0", setuid(0));
	report("setresuid 0", setresuid(0, 0, 0));
	report("setgid 0", setgid(0));
	report("setgroups", setgroups(0, NULL));
	report("raise nice", setrlimit(RLIMIT_NICE, &nice_limit));
	report("nice", setpriority(PRIO_PROCESS, 0, -20));
	report("mlock", mlock(&past, sizeof past));
	report("swapon", swapon("/box/swap", 0));
	report("reboot", syscall(SYS_reboot, 0xfee1dead, 672274793, 0, NULL));
	report("init_module", syscall(SYS_init_module, "", 0, ""));
	report("bpf", syscall(SYS_bpf, 5, "", 0));
	report("securebits", prctl(PR_SET_SECUREBITS, 0, 0, 0, 0));
	report("cap ambient", prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_RAISE, 7, 0, 0));
	report("no_new_privs off", prctl(PR_SET_NO_NEW_PRIVS, 0, 0, 0, 0));
	return 0;
}

/* namespaces: a new user namespace gives back every capability, inside itself; a judge has no
 * use for one and the kernel holes behind it are many. */
static int cmd_namespaces(int argc, char **argv)
{
	static const struct {
		const char *name;
		int flag;
	} kinds[] = {
		{ "user", CLONE_NEWUSER }, { "mount", CLONE_NEWNS },  { "pid", CLONE_NEWPID },
		{ "net", CLONE_NEWNET },   { "ipc", CLONE_NEWIPC },   { "uts", CLONE_NEWUTS },
		{ "cgroup", CLONE_NEWCGROUP }, { "time", 0x80 },
	};

	(void)argc;
	(void)argv;
	for (size_t i = 0; i < sizeof kinds / sizeof *kinds; i++)
		report(kinds[i].name, unshare(kinds[i].flag));
	return 0;
}

/* setns: back into whatever the first process of the cell can be seen to live in. */
static int cmd_setns(int argc, char **argv)
{
	(void)argc;
	(void)argv;
	int fd = open("/proc/1/ns/mnt", O_RDONLY | O_CLOEXEC);
	report("open", fd);
	if (fd >= 0)
		report("setns", setns(fd, 0));
	return 0;
}

/* core: a program may lower the core limit from 1 to 0 and dump again; with a piping
 * core_pattern that runs a program as root outside every limit. */
static int cmd_core(int argc, char **argv)
{
	struct rlimit zero = { 0, 0 }, unlimited = { RLIM_INFINITY, RLIM_INFINITY };

	(void)argc;
	(void)argv;
	report("raise", setrlimit(RLIMIT_CORE, &unlimited));
	report("lower", setrlimit(RLIMIT_CORE, &zero));
	abort();
}

/* kill: every process it can see, its init, and whoever started it. */
static int cmd_kill(int argc, char **argv)
{
	(void)argc;
	(void)argv;
	report("kill 1", kill(1, SIGKILL));
	report("kill parent", kill(getppid(), SIGKILL));
	report("kill parent stop", kill(getppid(), SIGSTOP));
	report("kill all", kill(-1, SIGKILL));
	return 0;
}

/* kill-pid PID...: process ids of the host mean nothing here. */
static int cmd_kill_pid(int argc, char **argv)
{
	for (int i = 0; i < argc; i++)
		report(argv[i], kill((pid_t)number_arg(argc, argv, i), SIGKILL));
	return 0;
}

/* stop-self-group: stops every process of its session, init's too if it can reach it. */
static int cmd_stop_all(int argc, char **argv)
{
	(void)argc;
	(void)argv;
	(void)kill(-1, SIGSTOP);
	return raise(SIGSTOP);
}

/* ptrace-init: reads or controls the cell's first process, which once was privileged. */
static int cmd_ptrace(int argc, char **argv)
{
	(void)argc;
	(void)argv;
	report("attach", ptrace(PTRACE_ATTACH, 1, NULL, NULL));
	report("seize", ptrace(PTRACE_SEIZE, 1, NULL, NULL));
	report("mem", open("/proc/1/mem", O_RDWR | O_CLOEXEC));
	report("environ", open("/proc/1/environ", O_RDONLY | O_CLOEXEC));
	report("exe", open("/proc/1/exe", O_RDONLY | O_CLOEXEC));
	report("root", open("/proc/1/root/etc/shadow", O_RDONLY | O_CLOEXEC));
	report("fd", open("/proc/1/fd/0", O_RDONLY | O_CLOEXEC));
	return 0;
}

/* pidfd: the descriptors of another process, one of which may be a way out. */
static int cmd_pidfd(int argc, char **argv)
{
	(void)argc;
	(void)argv;
	int pidfd = (int)syscall(434, getppid(), 0);

	for (int fd = 0; pidfd >= 0 && fd < 64; fd++) {
		if (syscall(438, pidfd, fd, 0) >= 0)
			printf("stolen %d\n", fd);
	}
	report("pidfd_open", pidfd);
	return 0;
}

/* keyring NAME: leaves a key where the next run of the same user would find it. */
static int cmd_keyring(int argc, char **argv)
{
	const char *name = argc > 0 ? argv[0] : "mark";

	report("found", syscall(SYS_request_key, "user", name, NULL, 0));
	report("session", syscall(SYS_add_key, "user", name, "x", 1, -3));
	report("user", syscall(SYS_add_key, "user", name, "x", 1, -4));
	return 0;
}

/* exec-launch PATH [ARG...]: execs by the call that launched this program. Its descriptor is closed,
 * but an absolute path does not need it. "memfd" executes a copy of this program in memory. */
static int cmd_exec_launch(int argc, char **argv)
{
	char path[64];
	char *environment[] = { NULL };

	if (argc < 2)
		return 64;
	(void)snprintf(path, sizeof path, "%s", argv[1]);
	if (strcmp(path, "memfd") == 0) {
		int self = open("/proc/self/exe", O_RDONLY);
		int copy = (int)syscall(SYS_memfd_create, "copy", 0);
		char buffer[65536];
		ssize_t size;
		while ((size = read(self, buffer, sizeof buffer)) > 0)
			if (write(copy, buffer, (size_t)size) != size)
				return 2;
		(void)snprintf(path, sizeof path, "/proc/self/fd/%d", copy);
	}
	(void)syscall(SYS_execveat, 1000, path, argv + 1, environment, AT_EMPTY_PATH);
	return 1;
}

/* exec PATH [ARG...]: becomes another program. */
static int cmd_exec(int argc, char **argv)
{
	require(argc > 0, "PATH");
	execv(argv[0], argv);
	return !report("exec", -1);
}

static const struct command commands[] = {
	{ "privileges", cmd_privileges }, { "namespaces", cmd_namespaces }, { "setns", cmd_setns },
	{ "core", cmd_core },             { "kill", cmd_kill },
	{ "kill-pid", cmd_kill_pid },     { "stop-all", cmd_stop_all },
	{ "ptrace", cmd_ptrace },         { "pidfd", cmd_pidfd },
	{ "keyring", cmd_keyring },       { "exec", cmd_exec },
	{ "exec-launch", cmd_exec_launch }, { NULL, NULL },
};

int main(int argc, char **argv)
{
	return run_command(commands, argc, argv);
}
