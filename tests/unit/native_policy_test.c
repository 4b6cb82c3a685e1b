/* SPDX-License-Identifier: MIT */
/*
 * Goal: the shipped policy "native" allows exactly what is listed here and nothing else.
 * Method: the policy as built into the library is compiled and run in the tests' interpreter, for
 * every call number, foreign architectures, and arguments with misleading upper halves. The lists
 * are written by hand, apart from policies/native.json: both must be changed to change the policy.
 */
#include "bpf_interpreter.h"
#include "codec/policy_json.h"
#include "filter/compile.h"

#include <asm/prctl.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/audit.h>
#include <linux/sched.h>
#include <setjmp.h>
#include <stdarg.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/prctl.h>
#include <sys/syscall.h>

#include <cmocka.h>

#include "base/mem.h"

#define NOTIFY SECCOMP_RET_USER_NOTIF
#define ALLOW SECCOMP_RET_ALLOW
#define ERRNO(e) (SECCOMP_RET_ERRNO | (uint32_t)(e))

/* Above every call number; x32 marks its numbers with a bit. */
#define NUMBERS 1024
#define X32_BIT 0x40000000
/* An upper half that the kernel ignores in `int` arguments. */
#define HIGH UINT64_C(0xdead00000000)

static const struct filter_launch launch = { .exec_fd = 4090, .report_fd = 4091 };

/* A few sets of arguments; what does not look at arguments must not care. */
static const uint64_t argument_sets[][6] = {
	{ 0, 0, 0, 0, 0, 0 },
	{ 1, 1, 1, 1, 1, 1 },
	{ UINT64_MAX, UINT64_MAX, UINT64_MAX, UINT64_MAX, UINT64_MAX, UINT64_MAX },
	{ 4091, 4090, 0x1000, 0x40000, 0x1000, 4091 },
	{ HIGH, HIGH, HIGH, HIGH, HIGH, HIGH },
};

/* ---- calls decided by their number alone ------------------------------------------------- */

static const int allowed[] = {
	/* files and descriptors */
	SYS_read, SYS_write, SYS_readv, SYS_writev, SYS_pread64, SYS_pwrite64, SYS_preadv,
	SYS_pwritev, SYS_preadv2, SYS_pwritev2, SYS_lseek, SYS_close, SYS_close_range, SYS_open,
	SYS_openat, SYS_creat, SYS_stat, SYS_fstat, SYS_lstat, SYS_newfstatat, SYS_statx,
	SYS_access, SYS_faccessat, SYS_faccessat2, SYS_readlink, SYS_readlinkat, SYS_statfs,
	SYS_fstatfs, SYS_getdents, SYS_getdents64, SYS_mkdir, SYS_mkdirat, SYS_rmdir, SYS_unlink,
	SYS_unlinkat, SYS_rename, SYS_renameat, SYS_renameat2, SYS_link, SYS_linkat, SYS_symlink,
	SYS_symlinkat, SYS_truncate, SYS_ftruncate, SYS_fallocate, SYS_chmod, SYS_fchmod,
	SYS_fchmodat, 452 /* fchmodat2 */, SYS_utime, SYS_utimes, SYS_futimesat, SYS_utimensat,
	SYS_umask, SYS_fsync, SYS_fdatasync, SYS_copy_file_range, SYS_sendfile,
	SYS_getcwd, SYS_chdir, SYS_fchdir,
	/* pipes and waiting */
	SYS_dup, SYS_dup2, SYS_dup3, SYS_pipe, SYS_pipe2, SYS_poll, SYS_ppoll, SYS_select,
	SYS_pselect6, SYS_epoll_create, SYS_epoll_create1, SYS_epoll_ctl, SYS_epoll_wait,
	SYS_epoll_pwait, SYS_epoll_pwait2, SYS_eventfd, SYS_eventfd2,
	/* memory */
	SYS_munmap, SYS_mprotect, SYS_mremap, SYS_madvise, SYS_brk, SYS_msync,
	/* processes, threads, scheduling */
	SYS_fork, SYS_vfork, SYS_wait4, SYS_waitid, SYS_exit, SYS_exit_group, SYS_set_tid_address,
	SYS_set_robust_list, SYS_rseq, SYS_futex, SYS_membarrier, SYS_gettid, SYS_sched_yield,
	SYS_sched_getaffinity, SYS_sched_getscheduler, SYS_sched_getparam,
	SYS_sched_get_priority_max, SYS_sched_get_priority_min, SYS_sched_rr_get_interval,
	SYS_getpriority,
	/* signals */
	SYS_kill, SYS_tkill, SYS_tgkill, SYS_rt_sigqueueinfo, SYS_rt_tgsigqueueinfo,
	SYS_rt_sigaction, SYS_rt_sigprocmask, SYS_rt_sigreturn, SYS_rt_sigpending,
	SYS_rt_sigtimedwait, SYS_rt_sigsuspend, SYS_sigaltstack, SYS_signalfd, SYS_signalfd4,
	SYS_pause, SYS_restart_syscall,
	/* time */
	SYS_alarm, SYS_getitimer, SYS_setitimer, SYS_timer_create, SYS_timer_settime,
	SYS_timer_gettime, SYS_timer_getoverrun, SYS_timer_delete, SYS_timerfd_create,
	SYS_timerfd_settime, SYS_timerfd_gettime, SYS_nanosleep, SYS_clock_nanosleep,
	SYS_clock_gettime, SYS_clock_getres, SYS_gettimeofday, SYS_time, SYS_times,
	/* facts */
	SYS_getrusage, SYS_getpid, SYS_getppid, SYS_getpgrp, SYS_getpgid, SYS_getsid, SYS_getuid,
	SYS_geteuid, SYS_getgid, SYS_getegid, SYS_getresuid, SYS_getresgid, SYS_getgroups,
	SYS_setpgid, SYS_setsid, SYS_uname, SYS_sysinfo, SYS_getcpu, SYS_getrandom, SYS_getrlimit,
};

static const struct {
	int number;
	int errnum;
} refused[] = {
	{ SYS_clone3, ENOSYS },         { SYS_setrlimit, EPERM },
	{ SYS_flock, ENOLCK },          { SYS_setpriority, EPERM },
	{ SYS_sched_setparam, EPERM },  { SYS_sched_setattr, EPERM },
	{ SYS_sched_setaffinity, EPERM }, { SYS_ioprio_set, EPERM },
	{ SYS_ioprio_get, EPERM },      { SYS_mlock, EPERM },
	{ SYS_mlock2, EPERM },          { SYS_mlockall, EPERM },
	{ SYS_munlock, EPERM },         { SYS_munlockall, EPERM },
	{ SYS_set_mempolicy, ENOSYS },  { SYS_get_mempolicy, ENOSYS },
	{ SYS_mbind, ENOSYS },          { SYS_migrate_pages, ENOSYS },
	{ SYS_move_pages, ENOSYS },     { SYS_splice, ENOSYS },
	{ SYS_tee, ENOSYS },            { SYS_vmsplice, ENOSYS },
	{ SYS_openat2, ENOSYS },        { SYS_pidfd_open, ENOSYS },
	{ SYS_pidfd_send_signal, ENOSYS }, { SYS_sync, EPERM },
	{ SYS_syncfs, EPERM },          { SYS_chown, EPERM },
	{ SYS_fchown, EPERM },          { SYS_lchown, EPERM },
	{ SYS_fchownat, EPERM },        { SYS_mknod, EPERM },
	{ SYS_mknodat, EPERM },         { SYS_fadvise64, ENOSYS },
};

/* Decided by arguments; the tests below say how. */
static const int conditional[] = {
	SYS_mmap, SYS_memfd_create, SYS_clone, SYS_prlimit64, SYS_fcntl, SYS_ioctl, SYS_prctl,
	SYS_arch_prctl, SYS_personality, SYS_sched_setscheduler,
	SYS_sendmsg, SYS_recvmsg, SYS_execveat, /* the launch's own */
};

/* Named one by one although every call not listed above is denied: these are the ones that
 * known attacks need. */
static const int dangerous[] = {
	SYS_execve, SYS_socket, SYS_socketpair, SYS_connect, SYS_bind, SYS_listen, SYS_accept,
	SYS_accept4, SYS_sendto, SYS_recvfrom, SYS_sendmmsg, SYS_recvmmsg, SYS_setsockopt,
	SYS_io_uring_setup, SYS_io_uring_enter, SYS_io_uring_register, SYS_ptrace,
	SYS_process_vm_readv, SYS_process_vm_writev, SYS_pidfd_getfd, SYS_kcmp, SYS_unshare,
	SYS_setns, SYS_mount, SYS_umount2, SYS_pivot_root, SYS_chroot, SYS_fsopen, SYS_fsconfig,
	SYS_fsmount, SYS_fspick, SYS_move_mount, SYS_open_tree, SYS_mount_setattr, SYS_bpf,
	SYS_perf_event_open, SYS_userfaultfd, SYS_seccomp, SYS_add_key, SYS_request_key,
	SYS_keyctl, SYS_inotify_init, SYS_inotify_init1, SYS_inotify_add_watch, SYS_fanotify_init,
	SYS_fanotify_mark, SYS_shmget, SYS_semget, SYS_msgget, SYS_mq_open, SYS_name_to_handle_at,
	SYS_open_by_handle_at, SYS_setuid, SYS_setgid, SYS_setresuid, SYS_setgroups, SYS_capset,
	SYS_init_module, SYS_finit_module, SYS_delete_module, SYS_kexec_load, SYS_kexec_file_load,
	SYS_reboot, SYS_swapon, SYS_swapoff, SYS_quotactl, SYS_acct, SYS_syslog, SYS_iopl,
	SYS_ioperm, SYS_modify_ldt, SYS_sethostname, SYS_setdomainname, SYS_settimeofday,
	SYS_clock_settime, SYS_clock_adjtime, SYS_adjtimex, SYS_vhangup, SYS_mincore,
	SYS_memfd_secret, SYS_remap_file_pages, SYS_landlock_create_ruleset, SYS_pkey_alloc,
};

/* ---- running it -------------------------------------------------------------------------- */

static int set_up(void **state)
{
	static struct filter filter;
	const struct bailiff_policy *policy = bailiff_policy_builtin("native");
	struct bailiff_error err = { 0 };
	size_t unknown;
	size_t at;
	if (policy == NULL || filter_compile(policy, &launch, &filter, &unknown, &err) != 0)
		return -1;
	*state = &filter;
	return bpf_check(filter.code, filter.length, &at);
}

static int tear_down(void **state)
{
	filter_finish(*state);
	return 0;
}

static uint32_t run_arch(void *const *state, uint32_t arch, int number, const uint64_t args[6])
{
	const struct filter *filter = *state;
	struct seccomp_data data = { .nr = number, .arch = arch };
	memcpy(data.args, args, sizeof data.args);
	return bpf_run(filter->code, &data, NULL);
}

static void check(void *const *state, int number, const uint64_t args[6], uint32_t want)
{
	uint32_t got = run_arch(state, AUDIT_ARCH_X86_64, number, args);
	if (got != want)
		fail_msg("call %d(%#lx, %#lx, %#lx, %#lx, %#lx): %#x, not %#x", number, args[0],
			 args[1], args[2], args[3], args[4], got, want);
}

#define CHECK(call, want, ...) check(state, SYS_##call, (const uint64_t[6]){ __VA_ARGS__ }, want)

static void check_any_arguments(void *const *state, int number, uint32_t want)
{
	for (size_t i = 0; i < ARRAY_LENGTH(argument_sets); i++)
		check(state, number, argument_sets[i], want);
}

static void calls_decided_by_number(void **state)
{
	for (size_t i = 0; i < ARRAY_LENGTH(allowed); i++)
		check_any_arguments(state, allowed[i], ALLOW);
	for (size_t i = 0; i < ARRAY_LENGTH(refused); i++)
		check_any_arguments(state, refused[i].number, ERRNO(refused[i].errnum));
	for (size_t i = 0; i < ARRAY_LENGTH(dangerous); i++)
		check_any_arguments(state, dangerous[i], NOTIFY);
}

static void everything_else_is_denied(void **state)
{
	bool listed[NUMBERS] = { false };
	for (size_t i = 0; i < ARRAY_LENGTH(allowed); i++)
		listed[allowed[i]] = true;
	for (size_t i = 0; i < ARRAY_LENGTH(refused); i++)
		listed[refused[i].number] = true;
	for (size_t i = 0; i < ARRAY_LENGTH(conditional); i++)
		listed[conditional[i]] = true;
	for (int number = 0; number < NUMBERS; number++)
		if (!listed[number])
			check_any_arguments(state, number, NOTIFY);
	check_any_arguments(state, -1, NOTIFY);
	check_any_arguments(state, INT32_MIN, NOTIFY);
	check_any_arguments(state, X32_BIT - 1, NOTIFY);
}

static void foreign_entries_are_denied(void **state)
{
	static const uint32_t arches[] = {
		AUDIT_ARCH_I386, AUDIT_ARCH_ARM, AUDIT_ARCH_AARCH64, AUDIT_ARCH_RISCV64, 0,
	};
	static const uint64_t report[6] = { 4091 };
	static const uint64_t exec[6] = { 4090, 0, 0, 0, AT_EMPTY_PATH };
	for (int number = 0; number < NUMBERS; number++) {
		check_any_arguments(state, X32_BIT | number, NOTIFY);
		check(state, X32_BIT | number, report, NOTIFY);
		check(state, X32_BIT | number, exec, NOTIFY);
		for (size_t i = 0; i < ARRAY_LENGTH(arches); i++) {
			assert_int_equal(run_arch(state, arches[i], number, report), NOTIFY);
			assert_int_equal(run_arch(state, arches[i], number, exec), NOTIFY);
		}
	}
}

/* ---- calls decided by arguments ---------------------------------------------------------- */

static void clone_makes_no_namespace(void **state)
{
	static const uint64_t namespaces[] = {
		CLONE_NEWNS, CLONE_NEWCGROUP, CLONE_NEWUTS, CLONE_NEWIPC,
		CLONE_NEWUSER, CLONE_NEWPID, CLONE_NEWNET,
	};
	uint64_t thread = CLONE_VM | CLONE_FS | CLONE_FILES | CLONE_SIGHAND | CLONE_THREAD |
			  CLONE_SYSVSEM | CLONE_SETTLS | CLONE_PARENT_SETTID |
			  CLONE_CHILD_CLEARTID;
	uint64_t process = CLONE_CHILD_CLEARTID | CLONE_CHILD_SETTID | 17; /* SIGCHLD */
	CHECK(clone, ALLOW, thread);
	CHECK(clone, ALLOW, process);
	CHECK(clone, ALLOW, CLONE_VM | CLONE_VFORK | 17);
	CHECK(clone, ALLOW, HIGH | thread);
	for (size_t i = 0; i < ARRAY_LENGTH(namespaces); i++) {
		CHECK(clone, NOTIFY, namespaces[i]);
		CHECK(clone, NOTIFY, namespaces[i] | process);
		CHECK(clone, NOTIFY, namespaces[i] | thread);
		CHECK(clone, NOTIFY, HIGH | namespaces[i]);
	}
}

static void ioctl_knows_few_requests(void **state)
{
	static const uint64_t harmless[] = {
		TCGETS, 0x802c542a /* TCGETS2 */, TIOCGWINSZ, TIOCGPGRP, FIONREAD, FIONBIO, FIOCLEX, FIONCLEX,
	};
	static const uint64_t change[] = { TCSETS, TCSETSW, TCSETSF };
	static const uint64_t forbidden[] = {
		TIOCSTI, TIOCLINUX, TIOCSCTTY, TIOCNOTTY, TIOCSPGRP, TIOCCONS, TIOCSETD, FIOASYNC,
		0, 0x4020940d /* FICLONERANGE */, UINT32_MAX,
	};
	for (size_t i = 0; i < ARRAY_LENGTH(harmless); i++) {
		CHECK(ioctl, ALLOW, 0, harmless[i]);
		CHECK(ioctl, ALLOW, 0, HIGH | harmless[i]);
	}
	for (size_t i = 0; i < ARRAY_LENGTH(change); i++)
		CHECK(ioctl, ERRNO(ENOTTY), 0, HIGH | change[i]);
	CHECK(ioctl, ERRNO(EOPNOTSUPP), 1, 0x40049409, 0); /* FICLONE */
	for (size_t i = 0; i < ARRAY_LENGTH(forbidden); i++) {
		CHECK(ioctl, NOTIFY, 0, forbidden[i]);
		CHECK(ioctl, NOTIFY, 0, HIGH | forbidden[i]);
		CHECK(ioctl, NOTIFY, TCGETS, forbidden[i]);
	}
}

static void fcntl_takes_no_locks_and_leases(void **state)
{
	static const uint64_t harmless[] = {
		F_DUPFD, F_GETFD, F_SETFD, F_GETFL, F_SETFL, F_DUPFD_CLOEXEC, F_GETPIPE_SZ,
		F_ADD_SEALS, F_GET_SEALS,
	};
	static const uint64_t locks[] = {
		F_GETLK, F_SETLK, F_SETLKW, F_OFD_GETLK, F_OFD_SETLK, F_OFD_SETLKW,
	};
	static const uint64_t forbidden[] = {
		F_SETLEASE, F_GETLEASE, F_NOTIFY, F_SETOWN, F_SETOWN_EX, F_SETSIG, UINT32_MAX,
	};
	for (size_t i = 0; i < ARRAY_LENGTH(harmless); i++)
		CHECK(fcntl, ALLOW, 0, HIGH | harmless[i]);
	for (size_t i = 0; i < ARRAY_LENGTH(locks); i++)
		CHECK(fcntl, ERRNO(ENOLCK), 0, HIGH | locks[i]);
	CHECK(fcntl, ERRNO(EPERM), 0, F_SETPIPE_SZ, 1 << 30);
	for (size_t i = 0; i < ARRAY_LENGTH(forbidden); i++) {
		CHECK(fcntl, NOTIFY, 0, forbidden[i]);
		CHECK(fcntl, NOTIFY, 0, HIGH | forbidden[i]);
	}
}

static void prctl_names_threads_only(void **state)
{
	static const uint64_t forbidden[] = {
		PR_SET_SECCOMP, PR_SET_NO_NEW_PRIVS, PR_SET_DUMPABLE, PR_SET_PTRACER,
		PR_SET_MM, PR_CAP_AMBIENT, PR_SET_SECUREBITS, PR_SET_CHILD_SUBREAPER,
		PR_SET_PDEATHSIG, PR_SET_TSC, 0, UINT32_MAX,
	};
	CHECK(prctl, ALLOW, PR_SET_NAME);
	CHECK(prctl, ALLOW, HIGH | PR_GET_NAME);
	CHECK(prctl, ERRNO(EINVAL), PR_SET_VMA);
	for (size_t i = 0; i < ARRAY_LENGTH(forbidden); i++) {
		CHECK(prctl, NOTIFY, forbidden[i]);
		CHECK(prctl, NOTIFY, HIGH | forbidden[i], PR_SET_NAME);
	}
	CHECK(arch_prctl, ALLOW, ARCH_SET_FS);
	CHECK(arch_prctl, ALLOW, HIGH | ARCH_GET_GS);
	CHECK(arch_prctl, ERRNO(EINVAL), 0x3001); /* ARCH_CET_STATUS */
	CHECK(arch_prctl, NOTIFY, ARCH_SET_CPUID);
	CHECK(arch_prctl, NOTIFY, ARCH_MAP_VDSO_32);
}

static void limits_can_only_be_read(void **state)
{
	CHECK(prlimit64, ALLOW, 0, 3, 0, 0x7fff0000);
	CHECK(prlimit64, ERRNO(EPERM), 0, 4, 0x7fff0000, 0);
	CHECK(prlimit64, ERRNO(EPERM), 0, 4, UINT64_C(0x7fff00000000), 0);
	CHECK(prlimit64, ERRNO(EPERM), 1, 4, 0, 0x7fff0000);
	CHECK(prlimit64, ERRNO(EPERM), HIGH, 4, 0, 0x7fff0000);
	CHECK(prlimit64, ERRNO(EPERM), 1, 4, 0x7fff0000, 0);
}

static void modes_cannot_be_changed(void **state)
{
	CHECK(personality, ALLOW, UINT32_MAX);
	CHECK(personality, ALLOW, UINT64_MAX);
	CHECK(personality, NOTIFY, 0);
	CHECK(personality, NOTIFY, 0x0040000);       /* ADDR_NO_RANDOMIZE */
	CHECK(personality, NOTIFY, HIGH | 0x0400000); /* READ_IMPLIES_EXEC */
	CHECK(sched_setscheduler, ALLOW, 17, 0);
	CHECK(sched_setscheduler, ERRNO(EPERM), 17, 1); /* SCHED_FIFO */
	CHECK(sched_setscheduler, ERRNO(EPERM), 17, HIGH | 1);
	CHECK(mmap, ALLOW, 0, 4096, 3, 0x22);
	CHECK(mmap, ERRNO(ENOMEM), 0, 4096, 3, 0x22 | 0x40000);
	CHECK(mmap, ERRNO(ENOMEM), 0, 4096, 3, HIGH | 0x22 | 0x40000);
	CHECK(memfd_create, ALLOW, 0, 3);
	CHECK(memfd_create, ERRNO(ENOMEM), 0, 4);
}

static void launch_calls_need_the_launchs_descriptors(void **state)
{
	CHECK(sendmsg, ALLOW, 4091);
	CHECK(recvmsg, ALLOW, HIGH | 4091);
	/* Reported, for the supervisor to let the launch's own pass and no other. */
	CHECK(execveat, NOTIFY, 4090, 1, 2, 3, AT_EMPTY_PATH);
	CHECK(execveat, NOTIFY, HIGH | 4090, 1, 2, 3, HIGH | AT_EMPTY_PATH);
	for (uint64_t fd = 0; fd < 4090; fd++) {
		CHECK(sendmsg, NOTIFY, fd);
		CHECK(recvmsg, NOTIFY, HIGH | fd);
		CHECK(execveat, NOTIFY, fd, 1, 2, 3, AT_EMPTY_PATH);
	}
	CHECK(sendmsg, NOTIFY, 4090);
	CHECK(execveat, NOTIFY, 4091, 1, 2, 3, AT_EMPTY_PATH);
	CHECK(execveat, NOTIFY, 4090, 1, 2, 3, 0);
	CHECK(execveat, NOTIFY, 4090, 1, 2, 3, AT_EMPTY_PATH | AT_SYMLINK_NOFOLLOW);
	CHECK(execveat, NOTIFY, (uint64_t)AT_FDCWD, 1, 2, 3, 0);
}

/* ---- the shipped file -------------------------------------------------------------------- */

static void builtin_policies_can_be_listed(void **state)
{
	(void)state;
	bool found = false;
	const char *previous = "";
	for (size_t i = 0; bailiff_policy_builtin_name(i) != NULL; i++) {
		const char *name = bailiff_policy_builtin_name(i);
		assert_true(strcmp(previous, name) < 0);
		assert_string_equal(bailiff_policy_name(bailiff_policy_builtin(name)), name);
		found = found || strcmp(name, "native") == 0;
		previous = name;
	}
	assert_true(found);
	assert_null(bailiff_policy_builtin("no such policy"));
	assert_null(bailiff_policy_builtin(""));
	assert_null(bailiff_policy_builtin_name(1000));
}

/* The table in the library and the file read at run time are the same policy. */
static void table_and_file_agree(void **state)
{
	struct bailiff_error err = { 0 };
	struct loaded_policy *loaded = NULL;
	struct filter from_file = { 0 };
	const struct filter *from_table = *state;
	const char *path = BAILIFF_SOURCE_DIR "/policies/native.json";
	if (policy_json_read(path, &loaded, &err) != 0)
		fail_msg("%s", err.message);
	const struct bailiff_policy *file = loaded_policy_get(loaded);
	const struct bailiff_policy *table = bailiff_policy_builtin("native");
	assert_int_equal(filter_compile(file, &launch, &from_file, NULL, &err), 0);
	assert_int_equal(from_file.length, from_table->length);
	assert_memory_equal(from_file.code, from_table->code,
			    from_file.length * sizeof *from_file.code);
	assert_string_equal(file->description, table->description);
	assert_int_equal(file->rule_count, table->rule_count);
	for (size_t i = 0; i < file->rule_count; i++) {
		assert_string_equal(file->rules[i].why, table->rules[i].why);
		assert_true(strlen(table->rules[i].why) > 0);
	}
	filter_finish(&from_file);
	loaded_policy_free(loaded);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(calls_decided_by_number),
		cmocka_unit_test(everything_else_is_denied),
		cmocka_unit_test(foreign_entries_are_denied),
		cmocka_unit_test(clone_makes_no_namespace),
		cmocka_unit_test(ioctl_knows_few_requests),
		cmocka_unit_test(fcntl_takes_no_locks_and_leases),
		cmocka_unit_test(prctl_names_threads_only),
		cmocka_unit_test(limits_can_only_be_read),
		cmocka_unit_test(modes_cannot_be_changed),
		cmocka_unit_test(launch_calls_need_the_launchs_descriptors),
		cmocka_unit_test(builtin_policies_can_be_listed),
		cmocka_unit_test(table_and_file_agree),
	};
	return cmocka_run_group_tests(tests, set_up, tear_down);
}
