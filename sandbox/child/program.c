/* SPDX-License-Identifier: MIT */
/*
 * The program's process, from init's fork to exec: joins the leaf, gives everything up, and waits
 * for its job; then takes what the job is made of, loads the filter, executes. Async-signal-safe.
 *
 * Once the filter is in force only the calls of its launch rules are certain to be allowed: sendmsg
 * on the report channel, execveat on the opened program, exit_group. The steps after
 * "exec.seccomp" use nothing else.
 */
#include "child/stage.h"

#include "base/fd.h"
#include "base/sys.h"
#include "child/channel.h"

#include <linux/seccomp.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/stat.h>

/* A session without a terminal, and a keyring nobody else has. */
static int step_session(const struct cell_plan *plan, struct stage_state *state)
{
	(void)plan;
	(void)state;
	if (setsid() < 0)
		return -errno;
	/* A kernel without keyrings has none to share. */
	if (sys_keyctl_join_session() < 0 && errno != ENOSYS)
		return -errno;
	return 0;
}

/* Writing "0" moves the writer; the right to do so was checked when the supervisor opened it. */
static int step_join_leaf(const struct cell_plan *plan, struct stage_state *state)
{
	for (size_t i = 0; i < plan->join_fd_count; i++) {
		state->detail = (uint32_t)i;
		if (write(plan->join_fds[i], "0", 1) != 1)
			return -errno;
	}
	return 0;
}

/* Only now: the namespace's root is the group its maker is in. Source: cgroup_namespaces(7). */
static int step_cgroup_namespace(const struct cell_plan *plan, struct stage_state *state)
{
	(void)plan;
	(void)state;
	return unshare(CLONE_NEWCGROUP) < 0 ? -errno : 0;
}

/*
 * Nothing stays open but the report channel. Until the job has come it also keeps the standard
 * descriptors' numbers from everything else.
 */
static int step_descriptors(const struct cell_plan *plan, struct stage_state *state)
{
	/* In a supervisor with many descriptors it may have that number from the beginning. */
	if (plan->report_fd != CELL_REPORT_FD &&
	    dup3(plan->report_fd, CELL_REPORT_FD, O_CLOEXEC) < 0)
		return -errno;
	state->report_fd = CELL_REPORT_FD;
	for (int i = 0; i < 3; i++)
		if (dup2(CELL_REPORT_FD, i) < 0)
			return -errno;
	if (close_range(3, CELL_REPORT_FD - 1, 0) < 0 || close_range(CELL_REPORT_FD + 1, ~0u, 0) < 0)
		return -errno;
	return 0;
}

static int step_signals(const struct cell_plan *plan, struct stage_state *state)
{
	(void)plan;
	struct sigaction fallback = { .sa_handler = SIG_DFL };
	for (int number = 1; number < NSIG; number++) {
		state->detail = (uint32_t)number;
		/* glibc refuses its two internal ones; the kernel resets those on exec. */
		if (number == SIGKILL || number == SIGSTOP || number == 32 || number == 33)
			continue;
		if (sigaction(number, &fallback, NULL) < 0)
			return -errno;
	}
	sigset_t none;
	(void)sigemptyset(&none);
	if (sigprocmask(SIG_SETMASK, &none, NULL) < 0)
		return -errno;
	(void)umask(022);
	return 0;
}

static int step_drop_identity(const struct cell_plan *plan, struct stage_state *state)
{
	(void)plan;
	(void)state;
	if (sys_setgroups_none() < 0 || sys_setresgid(CELL_PROGRAM_ID) < 0 ||
	    sys_setresuid(CELL_PROGRAM_ID) < 0)
		return -errno;
	return 0;
}

static int step_drop_capabilities(const struct cell_plan *plan, struct stage_state *state)
{
	(void)plan;
	(void)state;
	return drop_all_capabilities();
}

static int step_no_new_privileges(const struct cell_plan *plan, struct stage_state *state)
{
	(void)plan;
	(void)state;
	if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) < 0 ||
	    prctl(PR_GET_NO_NEW_PRIVS, 0, 0, 0, 0) != 1)
		return -errno;
	return 0;
}

/* The last of what any job needs is done. This wait ends with the supervisor, too: its end of the
 * channel closes then. */
static int step_await_job(const struct cell_plan *plan, struct stage_state *state)
{
	(void)plan;
	struct message message;
	int rc = channel_receive(CELL_REPORT_FD, &message, state->job_fds, JOB_FD_COUNT);
	if (rc < 0)
		return rc;
	for (int i = 0; i < JOB_FD_COUNT; i++)
		if (state->job_fds[i] < 0)
			return -EPROTO;
	if (message.type != MESSAGE_JOB)
		return -EPROTO;
	rc = job_map(state->job_fds[JOB_IMAGE], &state->job);
	if (rc < 0)
		return rc;
	fd_close(&state->job_fds[JOB_IMAGE]);
	state->argv = state->job->argv + JOB_ARGV_SPARE;
	return 0;
}

static int step_streams(const struct cell_plan *plan, struct stage_state *state)
{
	(void)plan;
	for (int i = JOB_STDIN; i <= JOB_STDERR; i++) {
		state->detail = (uint32_t)i;
		if (dup2(state->job_fds[i], i) < 0)
			return -errno;
		fd_close(&state->job_fds[i]);
	}
	return 0;
}

static int step_working_folder(const struct cell_plan *plan, struct stage_state *state)
{
	(void)plan;
	return chdir(state->job->cwd) < 0 ? -errno : 0;
}

/* Hard limits equal to soft ones. After the program was opened at a number above RLIMIT_NOFILE,
 * which from here on nobody can use again. */
static int step_limits(const struct cell_plan *plan, struct stage_state *state)
{
	(void)plan;
	const struct job *job = state->job;
	if (dup3(state->exec_fd, CELL_EXEC_FD, O_CLOEXEC) < 0)
		return -errno;
	fd_close(&state->exec_fd);
	for (size_t i = 0; i < job->rlimit_count; i++) {
		state->detail = (uint32_t)job->rlimits[i].resource;
		if (syscall(SYS_prlimit64, 0, job->rlimits[i].resource, &job->rlimits[i].limit,
			    NULL) < 0)
			return -errno;
	}
	return 0;
}

/* The listener travels to the supervisor at once: from here on a forbidden call waits for it. */
static int step_seccomp(const struct cell_plan *plan, struct stage_state *state)
{
	(void)plan;
	int listener_fd = sys_seccomp(SECCOMP_SET_MODE_FILTER, SECCOMP_FILTER_FLAG_NEW_LISTENER,
				      &state->job->filter);
	if (listener_fd < 0)
		return -errno;
	const struct message parked = { .type = MESSAGE_PARKED };
	/* Not closed: close(2) may be forbidden by now. It closes on exec. */
	return channel_send(CELL_REPORT_FD, &parked, &listener_fd, 1);
}

/* The call waits for the supervisor's answer under every filter (filter/compile.h), and the answer
 * comes when clocks, baselines and limits are in place. */
static int step_exec(const struct cell_plan *plan, struct stage_state *state)
{
	(void)plan;
	(void)syscall(SYS_execveat, CELL_EXEC_FD, "", state->argv, state->job->envp, AT_EMPTY_PATH);
	return -errno;
}

const struct stage program_stages[] = {
	{ BAILIFF_STAGE_NAMESPACE, PRIVILEGE_CELL_ROOT, "program.session", step_session },
	{ BAILIFF_STAGE_CGROUP, PRIVILEGE_CELL_ROOT, "cgroup.join", step_join_leaf },
	{ BAILIFF_STAGE_NAMESPACE, PRIVILEGE_CELL_ROOT, "cgroup.namespace", step_cgroup_namespace },
	{ BAILIFF_STAGE_SUPERVISE, PRIVILEGE_CELL_ROOT, "program.descriptors", step_descriptors },
	{ BAILIFF_STAGE_SUPERVISE, PRIVILEGE_CELL_ROOT, "program.signals", step_signals },
	{ BAILIFF_STAGE_NAMESPACE, PRIVILEGE_CELL_ROOT, "drop.identity", step_drop_identity },
	{ BAILIFF_STAGE_NAMESPACE, PRIVILEGE_NONE, "drop.capabilities", step_drop_capabilities },
	{ BAILIFF_STAGE_NAMESPACE, PRIVILEGE_NONE, "drop.verify", step_drop_verify },
	{ BAILIFF_STAGE_POLICY, PRIVILEGE_NONE, "drop.no_new_privileges", step_no_new_privileges },
	{ BAILIFF_STAGE_POLICY, PRIVILEGE_NONE, "landlock.rules", step_landlock_rules },
	{ BAILIFF_STAGE_SUPERVISE, PRIVILEGE_NONE, "drop.memory", step_memory },
	{ BAILIFF_STAGE_SUPERVISE, PRIVILEGE_NONE, "job.await", step_await_job },
	{ BAILIFF_STAGE_SUPERVISE, PRIVILEGE_NONE, "job.streams", step_streams },
	{ BAILIFF_STAGE_POLICY, PRIVILEGE_NONE, "landlock.restrict", step_landlock },
	{ BAILIFF_STAGE_SPEC, PRIVILEGE_NONE, "exec.working_folder", step_working_folder },
	{ BAILIFF_STAGE_EXEC, PRIVILEGE_NONE, "exec.open", step_open_program },
	{ BAILIFF_STAGE_SUPERVISE, PRIVILEGE_NONE, "exec.limits", step_limits },
	{ BAILIFF_STAGE_POLICY, PRIVILEGE_NONE, "exec.seccomp", step_seccomp },
	{ BAILIFF_STAGE_EXEC, PRIVILEGE_NONE, "exec.program", step_exec },
};
const size_t program_stage_count = sizeof program_stages / sizeof program_stages[0];

_Noreturn void program_main(const struct cell_plan *plan)
{
	struct stage_state state = { .report_fd = plan->report_fd, .root_fd = FD_NONE,
				     .collect_fd = FD_NONE, .ruleset_fd = FD_NONE,
				     .exec_fd = FD_NONE };
	stages_run(program_stages, program_stage_count, plan, &state);
	_exit(0); /* not reached: the last step executes the program or fails */
}
