/* SPDX-License-Identifier: MIT */
/*
 * Goal: the policies minimal, static and compiler allow exactly what is listed here.
 * Method: lists made by hand, apart from the files in policies/; the filter of each policy is run
 * in the tests' interpreter for every call number, and with the arguments that matter.
 */
#include "bpf_interpreter.h"
#include "filter/compile.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/audit.h>
#include <setjmp.h>
#include <stdarg.h>
#include <string.h>
#include <sys/syscall.h>

#include <cmocka.h>

#include "base/mem.h"

#define NOTIFY SECCOMP_RET_USER_NOTIF
#define ALLOW SECCOMP_RET_ALLOW
#define ERRNO(e) (SECCOMP_RET_ERRNO | (uint32_t)(e))
#define NUMBERS 600
#define HIGH UINT64_C(0xdead00000000)

static const struct filter_launch launch = { .exec_fd = 4090, .report_fd = 4091 };

static struct filter compile(const char *name)
{
	struct bailiff_error err = { 0 };
	struct filter filter = { 0 };
	const struct bailiff_policy *policy = bailiff_policy_builtin(name);
	assert_non_null(policy);
	if (filter_compile(policy, &launch, &filter, NULL, &err) != 0)
		fail_msg("%s", err.message);
	return filter;
}

static uint32_t run(const struct filter *filter, int number, const uint64_t args[6])
{
	struct seccomp_data data = { .nr = number, .arch = AUDIT_ARCH_X86_64 };
	memcpy(data.args, args, sizeof data.args);
	return bpf_run(filter->code, &data, NULL);
}

#define CHECK(filter, call, want, ...)                                                       \
	do {                                                                                 \
		uint32_t got = run(filter, SYS_##call, (const uint64_t[6]){ __VA_ARGS__ });  \
		if (got != (want))                                                           \
			fail_msg(#call "(" #__VA_ARGS__ "): %#x, not %#x", got, (want));     \
	} while (0)

/* What a call gets whatever its arguments are; others must get NOTIFY. */
struct expected {
	int number;
	uint32_t result;
};

/* Every number that is neither in `listed` nor in `conditional` is denied. */
static void check_numbers(const struct filter *filter, const struct expected *listed,
			  const int *conditional)
{
	static const uint64_t argument_sets[][6] = {
		{ 0, 0, 0, 0, 0, 0 },
		{ 1, 1, 1, 1, 1, 1 },
		{ UINT64_MAX, UINT64_MAX, UINT64_MAX, UINT64_MAX, UINT64_MAX, UINT64_MAX },
		{ HIGH, HIGH, HIGH, HIGH, HIGH, HIGH },
	};
	for (int number = 0; number < NUMBERS; number++) {
		uint32_t want = NOTIFY;
		bool skip = false;
		for (const struct expected *at = listed; at->result != 0; at++)
			if (at->number == number)
				want = at->result;
		for (const int *at = conditional; *at >= 0; at++)
			skip = skip || *at == number;
		for (size_t i = 0; i < ARRAY_LENGTH(argument_sets) && !skip; i++) {
			uint32_t got = run(filter, number, argument_sets[i]);
			if (got != want)
				fail_msg("call %d, set %zu: %#x, not %#x", number, i, got, want);
		}
	}
}

static void minimal_is_strict_mode_and_what_exec_forces(void **state)
{
	(void)state;
	static const struct expected listed[] = {
		{ SYS_read, ALLOW },
		{ SYS_write, ALLOW },
		{ SYS_exit, ALLOW },
		{ SYS_exit_group, ALLOW },
		{ SYS_rt_sigreturn, ALLOW },
		{ SYS_brk, ALLOW },
		{ SYS_getrandom, ALLOW },
		{ SYS_set_tid_address, ERRNO(ENOSYS) },
		{ SYS_set_robust_list, ERRNO(ENOSYS) },
		{ SYS_rseq, ERRNO(ENOSYS) },
		{ SYS_prlimit64, ERRNO(EPERM) },
		{ SYS_readlink, ERRNO(EPERM) },
		{ SYS_readlinkat, ERRNO(EPERM) },
		{ SYS_fstat, ERRNO(ENOSYS) },
		{ SYS_newfstatat, ERRNO(ENOSYS) },
		{ SYS_lseek, ERRNO(ESPIPE) },
		{ -1, 0 },
	};
	static const int conditional[] = { SYS_arch_prctl, SYS_mprotect, -1 };
	struct filter filter = compile("minimal");
	check_numbers(&filter, listed, conditional);
	CHECK(&filter, arch_prctl, ALLOW, 0x1002);
	CHECK(&filter, arch_prctl, NOTIFY, 0x1001);
	CHECK(&filter, mprotect, ALLOW, 0x1000, 0x1000, 1);
	CHECK(&filter, mprotect, ALLOW, 0x1000, 0x1000, 3);
	CHECK(&filter, mprotect, NOTIFY, 0x1000, 0x1000, 4);
	CHECK(&filter, mprotect, NOTIFY, 0x1000, 0x1000, 7);
	filter_finish(&filter);
}

static void static_adds_memory_time_and_signals(void **state)
{
	(void)state;
	static const struct expected listed[] = {
		{ SYS_read, ALLOW },	       { SYS_write, ALLOW },
		{ SYS_readv, ALLOW },	       { SYS_writev, ALLOW },
		{ SYS_lseek, ALLOW },	       { SYS_close, ALLOW },
		{ SYS_fstat, ALLOW },	       { SYS_newfstatat, ALLOW },
		{ SYS_exit, ALLOW },	       { SYS_exit_group, ALLOW },
		{ SYS_brk, ALLOW },	       { SYS_munmap, ALLOW },
		{ SYS_mremap, ALLOW },	       { SYS_madvise, ALLOW },
		{ SYS_set_tid_address, ALLOW }, { SYS_set_robust_list, ALLOW },
		{ SYS_rseq, ALLOW },	       { SYS_futex, ALLOW },
		{ SYS_getpid, ALLOW },	       { SYS_gettid, ALLOW },
		{ SYS_kill, ALLOW },	       { SYS_tkill, ALLOW },
		{ SYS_tgkill, ALLOW },	       { SYS_rt_sigaction, ALLOW },
		{ SYS_rt_sigprocmask, ALLOW }, { SYS_rt_sigreturn, ALLOW },
		{ SYS_sigaltstack, ALLOW },    { SYS_restart_syscall, ALLOW },
		{ SYS_clock_gettime, ALLOW },  { SYS_clock_getres, ALLOW },
		{ SYS_gettimeofday, ALLOW },   { SYS_time, ALLOW },
		{ SYS_times, ALLOW },	       { SYS_getrusage, ALLOW },
		{ SYS_nanosleep, ALLOW },      { SYS_clock_nanosleep, ALLOW },
		{ SYS_getrandom, ALLOW },      { SYS_sysinfo, ALLOW },
		{ SYS_uname, ALLOW },	       { SYS_readlink, ALLOW },
		{ SYS_readlinkat, ALLOW },     { SYS_getrlimit, ALLOW },
		{ SYS_setrlimit, ERRNO(EPERM) }, { -1, 0 },
	};
	static const int conditional[] = { SYS_arch_prctl, SYS_mprotect, SYS_mmap, SYS_ioctl,
					   SYS_prlimit64, -1 };
	struct filter filter = compile("static");
	check_numbers(&filter, listed, conditional);
	CHECK(&filter, arch_prctl, ALLOW, 0x1002);
	CHECK(&filter, arch_prctl, NOTIFY, 0x3001);
	CHECK(&filter, mprotect, NOTIFY, 0, 0, 5);
	CHECK(&filter, mmap, ALLOW, 0, 4096, 3, 0x22);
	CHECK(&filter, mmap, NOTIFY, 0, 4096, 5, 0x22);
	CHECK(&filter, mmap, NOTIFY, 0, 4096, 7, 0x22);
	CHECK(&filter, mmap, ERRNO(ENOMEM), 0, 4096, 3, 0x40022);
	CHECK(&filter, ioctl, ALLOW, 1, HIGH | 0x5401);
	CHECK(&filter, ioctl, NOTIFY, 1, 0x5412);
	CHECK(&filter, ioctl, NOTIFY, 1, 0x5413);
	CHECK(&filter, prlimit64, ALLOW, 0, 3, 0, 1);
	CHECK(&filter, prlimit64, ERRNO(EPERM), 0, 3, 1, 0);
	CHECK(&filter, prlimit64, NOTIFY, 7, 3, 0, 1);
	filter_finish(&filter);
}

/* Whatever native and compiler treat differently is listed here. */
static void compiler_differs_from_native_by_this(void **state)
{
	(void)state;
	static const struct expected changed[] = {
		{ SYS_execve, ALLOW },
		{ SYS_capget, ALLOW },
		{ SYS_shutdown, ALLOW },
		{ SYS_socket, ERRNO(EAFNOSUPPORT) },
		{ SYS_connect, ERRNO(ENOTSOCK) },
		{ SYS_bind, ERRNO(ENOTSOCK) },
		{ SYS_listen, ERRNO(ENOTSOCK) },
		{ SYS_accept, ERRNO(ENOTSOCK) },
		{ SYS_accept4, ERRNO(ENOTSOCK) },
		{ SYS_getsockname, ERRNO(ENOTSOCK) },
		{ SYS_getpeername, ERRNO(ENOTSOCK) },
		{ SYS_getsockopt, ERRNO(ENOTSOCK) },
		{ SYS_setsockopt, ERRNO(ENOTSOCK) },
		{ SYS_sendmmsg, ERRNO(ENOTSOCK) },
		{ SYS_recvmmsg, ERRNO(ENOTSOCK) },
		{ SYS_flock, ERRNO(ENOSYS) },
		{ SYS_io_uring_setup, ERRNO(ENOSYS) },
		{ SYS_io_uring_enter, ERRNO(ENOSYS) },
		{ SYS_io_uring_register, ERRNO(ENOSYS) },
		{ SYS_inotify_init, ERRNO(ENOSYS) },
		{ SYS_inotify_init1, ERRNO(ENOSYS) },
		{ SYS_inotify_add_watch, ERRNO(ENOSYS) },
		{ SYS_inotify_rm_watch, ERRNO(ENOSYS) },
		{ SYS_pkey_alloc, ERRNO(ENOSYS) },
		{ SYS_pkey_free, ERRNO(ENOSYS) },
		{ SYS_pkey_mprotect, ERRNO(ENOSYS) },
		{ SYS_getxattr, ERRNO(EOPNOTSUPP) },
		{ SYS_lgetxattr, ERRNO(EOPNOTSUPP) },
		{ SYS_fgetxattr, ERRNO(EOPNOTSUPP) },
		{ SYS_listxattr, ERRNO(EOPNOTSUPP) },
		{ SYS_llistxattr, ERRNO(EOPNOTSUPP) },
		{ SYS_flistxattr, ERRNO(EOPNOTSUPP) },
		{ SYS_setxattr, ERRNO(EOPNOTSUPP) },
		{ SYS_lsetxattr, ERRNO(EOPNOTSUPP) },
		{ SYS_fsetxattr, ERRNO(EOPNOTSUPP) },
		{ SYS_removexattr, ERRNO(EOPNOTSUPP) },
		{ SYS_lremovexattr, ERRNO(EOPNOTSUPP) },
		{ SYS_fremovexattr, ERRNO(EOPNOTSUPP) },
	};
	static const int conditional[] = { SYS_socketpair, SYS_sendmsg, SYS_recvmsg, SYS_sendto,
					   SYS_recvfrom };
	static const uint64_t args[6] = { 3, 0x5401, 1, 2, 3, 4 };
	struct filter native = compile("native");
	struct filter compiler = compile("compiler");
	for (int number = 0; number < NUMBERS; number++) {
		uint32_t want = run(&native, number, args);
		bool skip = false;
		for (size_t i = 0; i < ARRAY_LENGTH(changed); i++)
			if (changed[i].number == number)
				want = changed[i].result;
		for (size_t i = 0; i < ARRAY_LENGTH(conditional); i++)
			skip = skip || conditional[i] == number;
		uint32_t got = run(&compiler, number, args);
		if (!skip && got != want)
			fail_msg("call %d: %#x, not %#x", number, got, want);
	}
	CHECK(&compiler, socketpair, ALLOW, 1);
	CHECK(&compiler, socketpair, ERRNO(EAFNOSUPPORT), 2);
	CHECK(&compiler, sendmsg, ALLOW, 3, 1, 0);
	CHECK(&compiler, sendmsg, ERRNO(EOPNOTSUPP), 3, 1, 1);
	CHECK(&compiler, recvmsg, ALLOW, 3, 1, 0x40000000);
	CHECK(&compiler, recvmsg, ERRNO(EOPNOTSUPP), 3, 1, HIGH | 1);
	CHECK(&compiler, sendto, ALLOW, 3, 1, 1, 0x4000);
	CHECK(&compiler, sendto, ERRNO(EOPNOTSUPP), 3, 1, 1, 1);
	CHECK(&compiler, recvfrom, ERRNO(EOPNOTSUPP), 3, 1, 1, 1);
	CHECK(&compiler, clone, NOTIFY, 0x10000011);
	CHECK(&compiler, ioctl, NOTIFY, 0, 0x5412);
	CHECK(&compiler, ptrace, NOTIFY, 0);
	CHECK(&compiler, execveat, NOTIFY, 3, 1, 1, 1, 0x1000);
	filter_finish(&native);
	filter_finish(&compiler);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(minimal_is_strict_mode_and_what_exec_forces),
		cmocka_unit_test(static_adds_memory_time_and_signals),
		cmocka_unit_test(compiler_differs_from_native_by_this),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
