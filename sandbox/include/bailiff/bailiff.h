/* SPDX-License-Identifier: MIT */
/*
 * libbailiff: runs one program nobody trusts in a fresh cell and reports, from the kernel's own
 * counters, what it did.
 *
 * Pattern of use:
 *
 *   1. bailiff_host_open()      once per process: finds the cgroups, claims nothing yet
 *   2. struct bailiff_spec      say what to run; zero is a valid default for every field but argv
 *   3. bailiff_run()            blocks until the cell is gone; fills a result
 *   4. bailiff_result_finish()  frees what the result owns
 *   5. bailiff_host_close()
 *
 * Conventions: functions return 0 or a negative errno value and, on failure, fill *err. Times are
 * nanoseconds, sizes are bytes. Strings in a spec are borrowed until bailiff_run() returns. The
 * library keeps no global state, prints nothing, installs no signal handler, never exits, and
 * leaves the caller's SIGCHLD handling alone. One host may be used by several threads at once;
 * a thread that calls bailiff_run() must live until it returns (the cell dies with the thread).
 */
#ifndef BAILIFF_H
#define BAILIFF_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

#if defined(__GNUC__)
#define BAILIFF_API __attribute__((visibility("default")))
#else
#define BAILIFF_API
#endif

/* A counter the running kernel does not offer. */
#define BAILIFF_UNKNOWN UINT64_MAX

/* "0.1.0" */
BAILIFF_API const char *bailiff_version(void);

/* ---- errors ---------------------------------------------------------------------------- */

/* Whose fault a failed call is. The three families never mix; a program's own behaviour is never
 * an error but a verdict. */
enum bailiff_fault {
	BAILIFF_FAULT_NONE,
	BAILIFF_FAULT_SPEC,     /* the caller asked for something impossible or malformed */
	BAILIFF_FAULT_INPUT,    /* a file the caller named is missing or unreadable */
	BAILIFF_FAULT_HOST,     /* this machine lacks something; the hint says what mends it */
	BAILIFF_FAULT_INTERNAL, /* the sandbox itself failed */
	BAILIFF_FAULT_CANCELLED, /* nobody's: the caller gave the run up */
};

/* Where in the life of a run something failed. */
enum bailiff_stage {
	BAILIFF_STAGE_SPEC,
	BAILIFF_STAGE_CGROUP,
	BAILIFF_STAGE_NAMESPACE,
	BAILIFF_STAGE_ROOTFS,
	BAILIFF_STAGE_POLICY,
	BAILIFF_STAGE_EXEC,
	BAILIFF_STAGE_SUPERVISE,
};

/* Fixed size: an error is a value on the caller's stack, never an allocation. */
struct bailiff_error {
	enum bailiff_fault fault;
	enum bailiff_stage stage;
	int errnum;        /* positive errno, 0 where none applies */
	char message[320]; /* what failed, with the object's name; lower case, no full stop */
	char hint[320];    /* what mends it; empty where nothing is known */
};

/* The stage's name as the JSON contract spells it ("spec", "cgroup", ...). Never NULL. */
BAILIFF_API const char *bailiff_stage_name(enum bailiff_stage stage);

/* ---- policies -------------------------------------------------------------------------- */

/* A set of system call rules, immutable once made; may be shared between threads. */
struct bailiff_policy;

/* A policy built into the library, by its name ("native"). Returns NULL for an unknown name; the
 * library owns the result. */
BAILIFF_API const struct bailiff_policy *bailiff_policy_builtin(const char *name);

/* Name of the index-th built-in policy, NULL past the last. */
BAILIFF_API const char *bailiff_policy_builtin_name(size_t index);

/* The policy's name as results show it. Never NULL. */
BAILIFF_API const char *bailiff_policy_name(const struct bailiff_policy *policy);

/* ---- what to run ----------------------------------------------------------------------- */

/* Zero means the default named beside each field. */
struct bailiff_limits {
	uint64_t cpu_ns;        /* CPU time of all processes together; 1 s */
	uint64_t wall_ns;       /* 2 x cpu + 1 s */
	uint64_t memory_bytes;  /* memory of all processes together, tmpfs included; 256 MiB */
	uint64_t processes;     /* processes and threads alive at once; 32 */
	uint64_t output_bytes;  /* standard output and error together, and any one file; 64 MiB */
	uint64_t disk_bytes;    /* what may be stored in the cell; 64 MiB */
	uint64_t stack_bytes;   /* equal to memory_bytes */
	uint64_t open_files;    /* 64; at most BAILIFF_OPEN_FILES_MAX */
	uint64_t cpus_milli;    /* CPU bandwidth in thousandths of a CPU; 1000 */
	uint64_t idle_ns;       /* time in a row for which nothing used a CPU, that is, less than a
				 * thousandth of it, or waited for one; at least 100 ms, 0 = never */
	const char *cpuset;     /* CPU list such as "0,2-3"; NULL = no restriction */
};

#define BAILIFF_OPEN_FILES_MAX 1000u

enum bailiff_stdin_kind {
	BAILIFF_STDIN_EMPTY,
	BAILIFF_STDIN_PATH, /* `path`, opened read-only before the cell exists */
	BAILIFF_STDIN_DATA, /* `data`, `size`: bytes in the caller's memory */
	BAILIFF_STDIN_FD,   /* `fd` is read by the supervisor and passed on */
	BAILIFF_STDIN_INHERIT, /* the program gets `fd` itself */
};

struct bailiff_stdin {
	enum bailiff_stdin_kind kind;
	const char *path;
	const void *data;
	size_t size;
	int fd; /* borrowed */
};

enum bailiff_stdout_kind {
	BAILIFF_STDOUT_CAPTURE, /* the first `capture_bytes` (0 = 64 KiB) go into the result */
	BAILIFF_STDOUT_PATH,    /* written to `path`, created or truncated */
	BAILIFF_STDOUT_INHERIT, /* the program gets `fd` itself; its bytes are not counted */
};

struct bailiff_stdout {
	enum bailiff_stdout_kind kind;
	uint64_t capture_bytes;
	const char *path;
	int fd; /* borrowed */
};

/* A host file or folder made visible at an absolute path inside. Read-only unless writable. */
struct bailiff_bind {
	const char *from;
	const char *to; /* NULL = same as from */
	bool writable;
};

/* A regular file put into the cell before the program starts. */
struct bailiff_file {
	const char *to;   /* below /box when relative; may name /tmp too */
	const char *from; /* host file, or NULL to use data */
	const void *data;
	size_t size;
	unsigned mode; /* permission bits; 0 = those of `from`, or 0644 */
};

/* A regular file taken out of the cell afterwards. */
struct bailiff_collect {
	const char *name; /* below /box when relative; may name /tmp too */
	const char *to;   /* host path, created or truncated */
};

enum bailiff_network {
	BAILIFF_NETWORK_NONE,     /* no interface is up */
	BAILIFF_NETWORK_LOOPBACK, /* only the cell's own loopback */
};

/* The forbidden call that ended the run, or one that is observed. */
struct bailiff_syscall {
	char name[32]; /* "unknown" where the number has no name */
	char arch[16]; /* "x86_64", "x32", "i386", ... */
	int number;    /* as the architecture's table counts it (x32: without the x32 bit) */
	uint64_t args[6];
};

struct bailiff_spec {
	/* The program and its arguments, NULL-terminated; required. A program that names a host
	 * file outside the cell is copied into /box. */
	const char *const *argv;
	/* The folder a relative program is looked for in on the host; NULL = the current one. */
	const char *host_folder;
	/* The program is looked for in the cell only, and no file of the host is copied for it:
	 * for an argv that a stranger wrote. A relative one with a slash is below cwd. */
	bool program_is_inside;
	/* "KEY=VALUE" strings, NULL-terminated; added to PATH, HOME=/box and LANG=C.UTF-8, which
	 * they may replace. NULL = only those three. */
	const char *const *env;
	const char *cwd; /* NULL = /box */
	struct bailiff_limits limits;
	const struct bailiff_policy *policy; /* NULL = built-in "native" */
	const char *rootfs;                  /* NULL = "host"; or a folder; or a squashfs/erofs image */
	const struct bailiff_bind *binds;
	size_t bind_count;
	const struct bailiff_file *files;
	size_t file_count;
	const struct bailiff_collect *collects;
	size_t collect_count;
	struct bailiff_stdin in;
	struct bailiff_stdout out;
	struct bailiff_stdout err;
	enum bailiff_network network;
	/* In a pool: take no network or IPC namespace that an earlier cell had, proved untouched or
	 * not, and hand none on. */
	bool fresh;
	/* Becomes readable when the run is to be given up (a signalfd, an eventfd). Used only when
	 * has_cancel_fd is set. Never read from. */
	bool has_cancel_fd;
	int cancel_fd; /* borrowed */
	/*
	 * For trusted programs only, to learn which calls they make: a call that the policy denies
	 * does not end the run but is told to observe(), in the thread of bailiff_run(), while the
	 * caller of it waits. observe() returns 0 to let the kernel make the call, or a positive
	 * errno for it to fail with. Nothing is forbidden that way: what arguments point to may
	 * change before the kernel reads it. Calls of a foreign architecture still end the run.
	 * NULL = denied calls end the run.
	 */
	int (*observe)(void *context, const struct bailiff_syscall *call);
	void *observe_context;
	/*
	 * Called in the thread of bailiff_run() when there is a verdict that is not IE, the last
	 * process of the cell is gone and its files are not: for those whose names the caller
	 * does not know beforehand. scratch_fd is the folder with box/ and tmp/ below it; read it
	 * with bailiff_scratch_walk(). A negative errno with *err filled makes the run fail with it.
	 * NULL = nobody looks.
	 */
	int (*inspect)(void *context, int scratch_fd, struct bailiff_error *err);
	void *inspect_context;
};

/* ---- what it did ----------------------------------------------------------------------- */

enum bailiff_verdict {
	/* No run yet, one that failed without a verdict, or one whose end nobody waited for. */
	BAILIFF_VERDICT_NONE,
	BAILIFF_VERDICT_OK,
	BAILIFF_VERDICT_RE,
	BAILIFF_VERDICT_TLE,
	BAILIFF_VERDICT_MLE,
	BAILIFF_VERDICT_OLE,
	BAILIFF_VERDICT_SV,
	BAILIFF_VERDICT_IE,
};

enum bailiff_reason {
	BAILIFF_REASON_NONE,
	BAILIFF_REASON_EXITED,
	BAILIFF_REASON_EXIT_CODE,
	BAILIFF_REASON_SIGNAL,
	BAILIFF_REASON_EXEC,
	BAILIFF_REASON_CPU_TIME,
	BAILIFF_REASON_WALL_TIME,
	BAILIFF_REASON_IDLE,
	BAILIFF_REASON_OOM_KILL,
	BAILIFF_REASON_OUTPUT,
	BAILIFF_REASON_FILE_SIZE,
	BAILIFF_REASON_SYSCALL,
	BAILIFF_REASON_STAGE, /* verdict IE: the stage is in the result's error */
};

BAILIFF_API const char *bailiff_verdict_name(enum bailiff_verdict verdict);
BAILIFF_API const char *bailiff_reason_name(enum bailiff_reason reason);

struct bailiff_capture {
	char *data; /* owned by the result; NULL when nothing was captured */
	size_t size;
	bool truncated;
};

/* What the memory peak consisted of, from the largest sample taken (samples = 0: none was).
 * Fields the kernel does not tell are BAILIFF_UNKNOWN. */
struct bailiff_memory_breakdown {
	uint64_t sampled_bytes; /* the group's total at that moment */
	uint64_t anon_bytes;
	uint64_t file_bytes;  /* page cache, shared memory not included */
	uint64_t shmem_bytes; /* tmpfs, shared memory */
	uint64_t kernel_bytes;
	uint64_t samples;
};

/* What disturbed the measurement, as far as the kernel tells. */
struct bailiff_noise {
	uint64_t throttled_ns;         /* held back by the CPU bandwidth limit */
	uint64_t throttled_periods;
	uint64_t involuntary_switches; /* of the program and what it waited for, if it ended itself */
	uint64_t steal_ns;             /* whole machine, taken by the hypervisor; unknown for runs
					* shorter than a tick of its counter, 10 ms */
	uint64_t cpu_pressure_ns;      /* some task of the cell waited for a CPU */
};

enum bailiff_collect_status {
	BAILIFF_COLLECT_OK,
	BAILIFF_COLLECT_MISSING,
	BAILIFF_COLLECT_NOT_REGULAR, /* a link, folder, FIFO, socket or device; never followed */
	BAILIFF_COLLECT_TOO_LARGE,   /* its size is above limits.output_bytes or disk_bytes */
	BAILIFF_COLLECT_FAILED,      /* reading it or writing `to` failed; errnum says why */
};

BAILIFF_API const char *bailiff_collect_status_name(enum bailiff_collect_status status);

struct bailiff_collected {
	enum bailiff_collect_status status;
	uint64_t bytes;
	int errnum;
};

enum bailiff_cgroup_kind {
	BAILIFF_CGROUP_V1,     /* every controller used is on v1, and there is no v2 tree */
	BAILIFF_CGROUP_HYBRID, /* some on v1, with a v2 tree beside them */
	BAILIFF_CGROUP_V2,
};

BAILIFF_API const char *bailiff_cgroup_kind_name(enum bailiff_cgroup_kind kind);

/* Where a namespace of a cell came from. */
enum bailiff_freshness {
	BAILIFF_FRESHNESS_FRESH,  /* made for this cell */
	BAILIFF_FRESHNESS_PROVED, /* an earlier cell's, in which nothing could touch it; only in pools */
};

BAILIFF_API const char *bailiff_freshness_name(enum bailiff_freshness freshness);

/* Facts about the cell the program ran in. */
struct bailiff_cell {
	enum bailiff_cgroup_kind cgroup;
	char policy[64];
	unsigned landlock_abi; /* 0 = this kernel has no Landlock */
	uint32_t uid;          /* the program's user id outside, this run's alone */
	uint64_t setup_ns;     /* from bailiff_run() to the program's exec */
	uint64_t teardown_ns;  /* from the program's end until nothing of the cell was left;
				* BAILIFF_UNKNOWN where that was not waited for */
	bool was_waiting;      /* it came out of a pool */
	enum bailiff_freshness network_freshness, ipc_freshness; /* all else is always new */
};

struct bailiff_result {
	enum bailiff_verdict verdict;
	enum bailiff_reason reason;
	char message[400];
	char hint[400]; /* verdict SV: what the call is for and which policy allows it; else empty */
	bool has_exit_code;
	int exit_code;
	int signal; /* 0 = none */
	uint64_t cpu_ns, user_ns, system_ns, wall_ns;
	uint64_t memory_peak_bytes;
	uint64_t oom_kills;
	struct bailiff_memory_breakdown breakdown;
	uint64_t processes_peak;
	uint64_t processes_refused;
	uint64_t stdout_bytes, stderr_bytes;
	struct bailiff_capture out, err;
	bool has_syscall;
	struct bailiff_syscall syscall; /* meaningful with has_syscall: verdict SV */
	struct bailiff_limits limits; /* in force; cpuset is borrowed from the spec */
	struct bailiff_cell cell;
	struct bailiff_noise noise;
	struct bailiff_collected *collected; /* one per spec->collects, owned */
	size_t collected_count;
	struct bailiff_error error; /* verdict IE: what failed */
};

/* ---- running --------------------------------------------------------------------------- */

struct bailiff_host;

/*
 * Finds where the cgroup controllers live and whether every protection can be had.
 * *ret_host is owned by the caller (bailiff_host_close). Fails with BAILIFF_FAULT_HOST, naming
 * the missing thing and the command that mends it. Nothing is left on the machine by a failure.
 *
 * On cgroup v2, where this process is alone in a group that is not the root, the whole process is
 * moved into a child group named "supervisor", and back by bailiff_host_close().
 */
BAILIFF_API int bailiff_host_open(struct bailiff_host **ret_host, struct bailiff_error *err);

/* Releases the host and its base cgroups where no other supervisor uses them. NULL is allowed. */
BAILIFF_API void bailiff_host_close(struct bailiff_host *host);

/*
 * Runs one program in a fresh cell and blocks until nothing of the cell is left.
 *
 * Returns 0 with *result filled whenever there is a verdict, IE included (result->error then says
 * what failed). Returns a negative errno with *err filled, and *result inert, where the caller's
 * spec or this machine is at fault or the run was cancelled (-ECANCELED).
 */
BAILIFF_API int bailiff_run(struct bailiff_host *host, const struct bailiff_spec *spec,
			    struct bailiff_result *result, struct bailiff_error *err);

/* A regular file in a cell, after its program's end. Everything is borrowed. */
struct bailiff_scratch_file {
	const char *path; /* relative to the folder that is walked; bytes as the program chose them */
	int fd;		  /* open for reading, at the file's start */
	uint64_t size;
	bool is_executable; /* by anybody */
};

struct bailiff_scratch_walk {
	const char *folder;   /* "box/feedback"; "box" is the working folder */
	size_t files_max;     /* more regular files than this are an error (-EFBIG) ... */
	uint64_t bytes_max;   /* ... and so are more bytes in them together; none is shown then */
	int (*found)(void *context, const struct bailiff_scratch_file *file,
		     struct bailiff_error *err); /* < 0 with *err filled ends the walk */
	void *context;
};

/*
 * Walks the regular files below a folder of a cell, sorted by path. Links, FIFOs, sockets and devices
 * are neither opened nor followed, folders deeper than 8 not entered; more than 65536 names of
 * any kind are an error (-EFBIG), too. A folder that is missing, or something else, is an empty
 * one. 0, or a negative errno with *err filled.
 */
BAILIFF_API int bailiff_scratch_walk(int scratch_fd, const struct bailiff_scratch_walk *walk,
				     struct bailiff_error *err);

/*
 * Two programs that talk to each other, each in a cell of its own with limits of its own. The
 * standard output of each is the standard input of the other, by pipes that nobody stands
 * between; `in` and `out` of both specs must be zero. Neither is let go before both can be; one
 * that cannot be executed has ended. What they write to each other goes through nobody's hands; the
 * kernel's own count of what a process writes (proc_pid_io(5)) is looked at from time to time, so
 * the output limit stops a flood with some delay.
 */
struct bailiff_pair {
	const struct bailiff_spec *specs[2];
	/* Both are stopped (TLE, idle) when for this long neither has used or waited for a CPU; when
	 * one has ended, the other alone. At least 100 ms; 0 = never. */
	uint64_t idle_ns;
	/* Time in which its partner uses a CPU or waits for one is not counted by the wall limit of
	 * one that is excused. */
	bool is_excused[2];
	/* One that is shielded is never killed, nor told, for writing to a partner that does not
	 * read any more: the reading end of its output is held open until it has ended, and once
	 * the partner has ended, what it writes is read and dropped. */
	bool is_shielded[2];
	/* Called once, when the first of them has ended and its result is complete: whether the
	 * other may go on. NULL = it may. */
	bool (*may_go_on)(void *context, unsigned ended, const struct bailiff_result *result);
	void *context;
};

/*
 * Runs both and blocks until nothing of their cells is left. As bailiff_run(), with a result for each;
 * an error of either is one of the pair. *ret_first says whose program ended first; where the end of
 * one may be the cause of the other's, that is the one that closed its pipes first. One that was
 * stopped because of may_go_on() has the verdict NONE, and counters as far as it came; it may have
 * ended by itself in that moment, and then has its own. Where one has IE, *ret_first is that one, and
 * the other, unless it had ended, is inert.
 */
BAILIFF_API int bailiff_run_pair(struct bailiff_host *host, const struct bailiff_pair *pair,
				 struct bailiff_result results[2], unsigned *ret_first,
				 struct bailiff_error *err);

/* ---- cells that wait -------------------------------------------------------------------- */

/*
 * A pool holds cells that are built already and wait for their program, each to be used once, and so
 * takes building and removing them out of a run's time. One thread of its own, the keeper, builds
 * and removes them in the background; it sleeps when there is nothing to do. What it costs to clone them
 * does not grow with this process, because a small child of its own does that, which is cloned when the
 * pool is opened: early, in a process that will have much memory. Cells inherit what it is then, or when
 * it has to be replaced by another: identity and privileges, cgroups, OOM score, limits that no job sets.
 *
 * Cells fit a request when they were built for the same rootfs, binds, network, fresh and cpuset, and
 * by a thread with the same affinity, nice value and scheduling class as the caller's. Everything
 * else (program, limits, files, streams, policy) comes with the request. What is not there is built
 * while the caller waits, as by bailiff_run(); what was built once is then kept ready, as many
 * as were used at the same time and one more. A cell is not handed out when a mount or one of the
 * files and folders it shows has been replaced since it was built.
 *
 * Of an earlier cell nothing is used again, except: its network and IPC namespace go on to one later
 * cell without a network, if nothing in it could touch them. That is proved over the compiled filter
 * of its policy (no socket, no way to another namespace, no System V object or message queue), for
 * runs with a verdict and without observe() or inherited streams. They are replaced after
 * age_max_ns. `fresh` in a spec forbids it; result->cell tells.
 *
 * A waiting cell is as safe as a running one: it has its limits, holds no privilege, and dies
 * with this process. It costs some 300 KiB of kernel memory and 25 to 35 descriptors of this process.
 */
struct bailiff_pool;

struct bailiff_pool_options {
	size_t cells_max;    /* waiting at once, of all kinds; 8. As many may be in removal. */
	uint64_t age_max_ns; /* older ones are removed, and not replaced before somebody asks for
			      * such a cell again; 5 minutes */
};

/* *ret_pool is owned by the caller (bailiff_pool_close). `host` is borrowed until then; `options` may
 * be NULL. */
BAILIFF_API int bailiff_pool_open(struct bailiff_host *host,
				  const struct bailiff_pool_options *options,
				  struct bailiff_pool **ret_pool, struct bailiff_error *err);

/*
 * As bailiff_run(), from any thread, but for the cell: it comes out of the pool if one fits, and is
 * removed by the keeper after this has returned (result->cell.teardown_ns is BAILIFF_UNKNOWN
 * then). Where the keeper cannot keep up, the caller's thread removes its cell itself. When all slots
 * of the machine are taken it fails as bailiff_run() does.
 */
BAILIFF_API int bailiff_pool_run(struct bailiff_pool *pool, const struct bailiff_spec *spec,
				 struct bailiff_result *result, struct bailiff_error *err);

/* As bailiff_run_pair(), with cells as bailiff_pool_run() has them. */
BAILIFF_API int bailiff_pool_run_pair(struct bailiff_pool *pool, const struct bailiff_pair *pair,
				      struct bailiff_result results[2], unsigned *ret_first,
				      struct bailiff_error *err);

/*
 * A series is one program that is run many times with different standard input: a submission and its
 * tests. Its cells do not only wait, they have everything but that: the files are copied in, the
 * program is opened and its filter loaded, and its process waits in exec. What is left is the least
 * that a run can be.
 *
 * `spec` (its in, out, err, collects, cancel_fd and inspect are not used) and all that it points to
 * are borrowed until bailiff_series_close(). The files it names are read when a cell is made
 * ready, so they must not change as long as the series is open; nor must a program that a bind shows.
 */
struct bailiff_series;

BAILIFF_API int bailiff_series_open(struct bailiff_pool *pool, const struct bailiff_spec *spec,
				    struct bailiff_series **ret_series, struct bailiff_error *err);

/*
 * As bailiff_pool_run(), from any thread; of `spec`, in, out, err, collects, cancel_fd and inspect
 * are used and the rest is the series'. Input above 4 MiB, or that is not in a file or memory, and
 * inherited streams are served by an ordinary cell.
 */
BAILIFF_API int bailiff_series_run(struct bailiff_series *series, const struct bailiff_spec *spec,
				   struct bailiff_result *result, struct bailiff_error *err);

/* No run of it may be going on. NULL is allowed. */
BAILIFF_API void bailiff_series_close(struct bailiff_series *series);

/* What a pool has done, and holds at the moment. */
struct bailiff_pool_counts {
	uint64_t handed_out; /* requests that found a cell ... */
	uint64_t missed;     /* ... and that did not */
	uint64_t built;	     /* by the keeper */
	uint64_t discarded;  /* too old, not true to the host any more, or in another's way */
	size_t waiting;
	size_t used; /* to be removed */
};

BAILIFF_API void bailiff_pool_read(struct bailiff_pool *pool,
				   struct bailiff_pool_counts *ret_counts);

/*
 * Removes every cell and ends the keeper. No run may be going on in the pool. 0, or -errno with *err
 * filled where a cell of this pool's life could not be removed. NULL is allowed.
 */
BAILIFF_API int bailiff_pool_close(struct bailiff_pool *pool, struct bailiff_error *err);

/* Frees what the result owns and makes it inert. A zeroed result is allowed. */
BAILIFF_API void bailiff_result_finish(struct bailiff_result *result);

/* ---- what the machine offers ----------------------------------------------------------- */

enum bailiff_check_status {
	BAILIFF_CHECK_OK,
	BAILIFF_CHECK_WARN, /* bailiff works; a guarantee named in `cost` is weaker */
	BAILIFF_CHECK_FAIL, /* bailiff cannot run here until it is mended */
};

struct bailiff_check {
	const char *id; /* stable: "cgroup", "namespaces", "seccomp", ... */
	enum bailiff_check_status status;
	char finding[200]; /* what was found */
	char cost[200];    /* which guarantee that costs; empty when OK */
	char mend[320];    /* the command that mends it; empty when OK */
};

/*
 * Examines the machine and leaves it as it was. Writes up to `capacity` checks into `checks` and
 * returns how many there are in all.
 */
BAILIFF_API size_t bailiff_host_examine(struct bailiff_check *checks, size_t capacity);

#ifdef __cplusplus
}
#endif
#endif
