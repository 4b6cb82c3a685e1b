/* SPDX-License-Identifier: MIT */
/*
 * The calls that known attacks on judges, container runtimes and kernels need, one row for each use
 * that matters, with the reason. SECURITY.md has the attacks. Sorted by name. Where other defences
 * hold as well (capabilities, namespaces), the row says what they would be left alone with.
 */
#include "filter/syscall_info.h"

#define KEYS "keys belong to a user id, not to a cell, and outlive it"
#define IDENTITY "changes identity; only the missing privilege is left in the way"
#define NAMESPACE \
	"a new namespace gives back powers that the cell took away, and most kernel holes of the " \
	"last years were reached through one"
#define MOUNT "changes the file tree that the cell is made of"
#define URING "performs calls that no filter sees"
#define MODULE "runs code in the kernel or replaces it"
#define CLOCK "changes the whole machine's clock"
#define MACHINE "changes settings of the whole machine"
#define CHANNEL "on a file that other cells see too, it is a channel between them"
#define LEFTOVER "makes kernel objects that outlive their maker"
#define MEMORY "reaches into another process"
#define HARDWARE "opens the hardware's ports or odd processor modes"
#define PIPES "moves pages without copying them, the way of CVE-2022-0847"
#define SCHEDULING "takes CPU time at the neighbours' cost"
#define LOCKED "keeps memory from being reclaimed, at the neighbours' cost"
#define HUGE "huge pages come from a pool outside the memory limit"
#define CACHE "tells what others have read lately, or makes them read it again"
#define OLD "an old interface with a history of holes; nobody needs it"
#define HANDLE "opens files past the cell's file tree"

const struct syscall_danger syscall_dangers[] = {
	{ "acct", "", { 0 }, MACHINE },
	{ "add_key", "", { 0 }, KEYS },
	{ "adjtimex", "", { 0 }, CLOCK },
	{ "bpf", "", { 0 }, "loads programs into the kernel; its verifier has had many holes" },
	{ "cachestat", "", { 0 }, CACHE },
	{ "capset", "", { 0 }, IDENTITY },
	{ "chroot", "", { 0 }, MOUNT },
	{ "clock_adjtime", "", { 0 }, CLOCK },
	{ "clock_settime", "", { 0 }, CLOCK },
	{ "clone", "CLONE_NEWUSER", { 0x10000011 }, NAMESPACE },
	{ "clone", "CLONE_NEWNS", { 0x00020011 }, NAMESPACE },
	{ "clone", "CLONE_NEWNET", { 0x40000011 }, NAMESPACE },
	{ "clone", "CLONE_NEWPID", { 0x20000011 }, NAMESPACE },
	{ "clone3", "", { 0, 88 },
	  "its flags lie in memory, where no filter can see CLONE_NEWUSER; refuse it with ENOSYS "
	  "(38) and C libraries use clone" },
	{ "delete_module", "", { 0 }, MODULE },
	{ "fanotify_init", "", { 0 }, CHANNEL },
	{ "fcntl", "F_SETLEASE", { 0, 1024, 1 }, CHANNEL },
	{ "fcntl", "F_NOTIFY", { 0, 1026, 1 }, CHANNEL },
	{ "fcntl", "F_SETLK", { 0, 6 }, CHANNEL },
	{ "finit_module", "", { 3 }, MODULE },
	{ "flock", "", { 0, 1 }, CHANNEL },
	{ "fsconfig", "", { 3 }, MOUNT },
	{ "fsmount", "", { 3 }, MOUNT },
	{ "fsopen", "", { 0 }, MOUNT },
	{ "fspick", "", { 3 }, MOUNT },
	{ "init_module", "", { 0 }, MODULE },
	{ "inotify_add_watch", "", { 3 }, CHANNEL },
	{ "io_setup", "", { 8 }, OLD },
	{ "io_uring_enter", "", { 3 }, URING },
	{ "io_uring_register", "", { 3 }, URING },
	{ "io_uring_setup", "", { 8 }, URING },
	{ "ioctl", "TIOCSTI", { 0, 0x5412 }, "types into the caller's terminal (CVE-2017-5226)" },
	{ "ioctl", "TIOCSTI with a bit above 32 set", { 0, 0x100005412 },
	  "types into the caller's terminal: the kernel reads 32 bits, and so must the rule "
	  "(CVE-2019-10063)" },
	{ "ioctl", "TIOCLINUX", { 0, 0x541c },
	  "pastes into the caller's console (CVE-2023-28100)" },
	{ "ioperm", "", { 0, 1, 1 }, HARDWARE },
	{ "iopl", "", { 3 }, HARDWARE },
	{ "ioprio_set", "", { 1 }, SCHEDULING },
	{ "kcmp", "", { 1, 1 }, MEMORY },
	{ "kexec_file_load", "", { 3 }, MODULE },
	{ "kexec_load", "", { 0 }, MODULE },
	{ "keyctl", "", { 0 }, KEYS },
	{ "memfd_create", "MFD_HUGETLB", { 0, 4 }, HUGE },
	{ "memfd_secret", "", { 0 }, "memory that nobody can look into" },
	{ "migrate_pages", "", { 1 }, MEMORY },
	{ "mincore", "", { 0x1000, 0x1000, 0x2000 }, CACHE },
	{ "mknod", "", { 0, 020666, 0x101 }, "makes device nodes" },
	{ "mknodat", "", { 0, 0, 020666, 0x101 }, "makes device nodes" },
	{ "mlock", "", { 0x1000, 0x1000 }, LOCKED },
	{ "mlockall", "", { 3 }, LOCKED },
	{ "mmap", "MAP_HUGETLB", { 0, 0x200000, 3, 0x40022, 0xffffffff, 0 }, HUGE },
	{ "modify_ldt", "", { 1, 0x1000, 16 }, HARDWARE },
	{ "mount", "", { 0 }, MOUNT },
	{ "mount_setattr", "", { 3 }, MOUNT },
	{ "move_mount", "", { 3 }, MOUNT },
	{ "move_pages", "", { 1 }, MEMORY },
	{ "mq_open", "", { 0 }, LEFTOVER },
	{ "msgget", "", { 0 }, LEFTOVER },
	{ "name_to_handle_at", "", { 3 }, HANDLE },
	{ "open_by_handle_at", "", { 3 }, HANDLE },
	{ "open_tree", "", { 3, 0, 1 }, MOUNT },
	{ "perf_event_open", "", { 0 }, "measures neighbours, and has had many holes" },
	{ "personality", "ADDR_NO_RANDOMIZE", { 0x40000 }, "switches address randomisation off" },
	{ "personality", "READ_IMPLIES_EXEC", { 0x400000 },
	  "makes all readable memory executable" },
	{ "pidfd_getfd", "", { 3 }, MEMORY },
	{ "pivot_root", "", { 0 }, MOUNT },
	{ "prctl", "PR_SET_MM", { 35 }, "rewrites what the kernel says about the process" },
	{ "prctl", "PR_SET_SECCOMP", { 22, 2 },
	  "a filter of its own can make a forbidden call fail quietly and hide the violation" },
	{ "prlimit64", "RLIMIT_CORE of its own", { 0, 4, 0x1000 },
	  "a core dump may start a helper that runs as root and outside every limit (core(5))" },
	{ "prlimit64", "another process", { 1, 7, 0x1000 }, MEMORY },
	{ "process_madvise", "", { 3 }, MEMORY },
	{ "process_vm_readv", "", { 1 }, MEMORY },
	{ "process_vm_writev", "", { 1 }, MEMORY },
	{ "ptrace", "", { 16, 1 }, MEMORY },
	{ "quotactl", "", { 0 }, MACHINE },
	{ "quotactl_fd", "", { 3 }, MACHINE },
	{ "reboot", "", { 0 }, MACHINE },
	{ "remap_file_pages", "", { 0 }, OLD },
	{ "request_key", "", { 0 }, KEYS },
	{ "sched_setattr", "", { 0 }, SCHEDULING },
	{ "sched_setscheduler", "SCHED_FIFO", { 0, 1, 0x1000 }, SCHEDULING },
	{ "seccomp", "", { 1 },
	  "a filter of its own can make a forbidden call fail quietly and hide the violation" },
	{ "semget", "", { 0 }, LEFTOVER },
	{ "setdomainname", "", { 0 }, MACHINE },
	{ "setgid", "", { 0 }, IDENTITY },
	{ "setgroups", "", { 0 }, IDENTITY },
	{ "sethostname", "", { 0 }, MACHINE },
	{ "setns", "", { 3 }, NAMESPACE },
	{ "setpriority", "", { 0, 0, 0xffffffec }, SCHEDULING },
	{ "setregid", "", { 0 }, IDENTITY },
	{ "setresgid", "", { 0 }, IDENTITY },
	{ "setresuid", "", { 0 }, IDENTITY },
	{ "setreuid", "", { 0 }, IDENTITY },
	{ "setrlimit", "RLIMIT_CORE", { 4, 0x1000 },
	  "a core dump may start a helper that runs as root and outside every limit (core(5))" },
	{ "settimeofday", "", { 0 }, CLOCK },
	{ "setuid", "", { 0 }, IDENTITY },
	{ "shmget", "", { 0 }, LEFTOVER },
	{ "socket", "AF_VSOCK", { 40, 1 },
	  "reaches the hypervisor: this family belongs to no namespace on most kernels" },
	{ "socket", "AF_VSOCK with a bit above 32 set", { 0x100000028, 1 },
	  "reaches the hypervisor: the kernel reads 32 bits, and so must the rule" },
	{ "socket", "AF_ALG", { 38, 5 }, "the kernel's ciphers; many holes, no use here" },
	{ "socket", "AF_NETLINK", { 16, 3 },
	  "configures the kernel; many holes were reached by it" },
	{ "socket", "AF_PACKET", { 17, 3 }, "raw packets; many holes were reached by it" },
	{ "socket", "AF_INET", { 2, 1 }, "the network, as far as the cell has one" },
	{ "socket", "AF_INET6", { 10, 1 }, "the network, as far as the cell has one" },
	{ "splice", "", { 0 }, PIPES },
	{ "swapoff", "", { 0 }, MACHINE },
	{ "swapon", "", { 0 }, MACHINE },
	{ "sync", "", { 0 }, "flushes the disks of the whole machine" },
	{ "syncfs", "", { 0 }, "flushes a disk that others use" },
	{ "syslog", "", { 3 }, "the kernel's messages tell about everybody" },
	{ "tee", "", { 0 }, PIPES },
	{ "umount2", "", { 0 }, MOUNT },
	{ "unshare", "", { 0x10000000 }, NAMESPACE },
	{ "userfaultfd", "", { 0 }, "stretches races in the kernel until they can be won" },
	{ "vhangup", "", { 0 }, MACHINE },
	{ "vmsplice", "", { 0 }, PIPES },
	{ .name = NULL },
};
