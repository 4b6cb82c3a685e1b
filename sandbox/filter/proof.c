/* SPDX-License-Identifier: MIT */
/*
 * A network or IPC namespace has no life of its own: it changes because somebody makes a call. The
 * tables below list the calls that can make the first object in one, or that act on its objects by
 * a name or a number which can be guessed. Where a filter refuses all of them, with any arguments,
 * nothing can be in the namespace that was not there before. For the list to be complete, three
 * more things must be refused: calls of other architectures, which have other numbers; x32's; and
 * every number that did not exist when these tables were made. A policy that allows what it does
 * not name therefore proves nothing.
 *
 * What the proof rests on besides, which the cell provides for every program:
 *
 *   - No capability, and none to be had: no_new_privs, an empty bounding set, no user namespace
 *     below (user.no_nesting). So no rtnetlink, no tun or tap device, no network device moved in or
 *     out, no mount of mqueue, sysfs or a network file system. The calls that begin with a new
 *     namespace or a mount are in the tables nevertheless: neither wall stands alone.
 *   - /proc is read-only and shows processes only (subset=pid): no /proc/sys, no /proc/sysvipc;
 *     /proc/self/net can be read, and its files belong to the cell's root.
 *   - No device but null, zero, full, random and urandom, and nodev on every other mount: opening
 *     /dev/net/tun, /dev/ppp or /dev/vhost-net would attach a file to the opener's namespace.
 *   - /dev/mqueue is not mounted. Should a bind show the host's, it is the host's namespace.
 *   - No descriptor of a socket. One that belongs to another namespace acts in that one, so calls
 *     that need a descriptor (bind, connect, sendmsg, SCM_RIGHTS, pidfd_getfd, mq_timedsend's
 *     siblings...) need no row: there is none to be had for this namespace. The launch's sendmsg
 *     and recvmsg go to a descriptor that exec closes.
 *   - /proc/self/ns/net can be opened; but setns is refused, nobody outside can be handed it
 *     without a socket, and the descriptor ends with the cell's last process.
 *   - A notification is never answered with "continue", save the launch's execveat, and its
 *     listener stays open: another filter's listener could answer in its place (see seccomp below).
 *   - ptrace and process_vm_writev reach only processes under the same filter: init is another
 *     user's and not dumpable. Helpers that the kernel starts (core dumps, request_key, modules)
 *     run in the first namespaces.
 *
 * What a later program may still notice: the namespace's inode number (/proc/self/ns), which the
 * earlier one could read but not choose, and the time that has passed.
 */
#include "filter/proof.h"

#include "base/mem.h"
#include "filter/refusal.h"

#include <linux/audit.h>
#include <linux/sched.h>
#include <linux/seccomp.h>
#include <sys/syscall.h>

#if defined(__x86_64__)
#define NATIVE_ARCH AUDIT_ARCH_X86_64
/* The last call that was looked at for the tables is file_setattr (469, Linux 6.17). */
#define FIRST_UNKNOWN_CALL 470u
#else
#error "the tables were made for x86_64: other architectures have other numbers and arguments"
#endif

/* Call numbers are not negative; x32's have bit 30 set. */
#define CALL_NUMBERS 0x80000000u

/* Any use of a call; or, where `bit` is not 0, those with this bit set in the lower half of an
 * argument. */
struct use {
	uint32_t number;
	unsigned argument;
	uint32_t bit;
};

/* Ways around the lists, for either namespace. */
static const struct use evasions[] = {
	/* Into another namespace, or to powers over this one. setns(2), namespaces(7),
	 * user_namespaces(7). clone3's flags lie in memory. */
	{ SYS_setns, 0, 0 },
	{ SYS_clone3, 0, 0 },
	{ SYS_clone, 0, CLONE_NEWUSER },
	{ SYS_clone, 0, CLONE_NEWNS },
	{ SYS_clone, 0, CLONE_NEWNET },
	{ SYS_clone, 0, CLONE_NEWIPC },
	{ SYS_unshare, 0, CLONE_NEWUSER },
	{ SYS_unshare, 0, CLONE_NEWNS },
	{ SYS_unshare, 0, CLONE_NEWNET },
	{ SYS_unshare, 0, CLONE_NEWIPC },
	/* mqueue shows the IPC namespace as files (mq_overview(7)); network file systems and sysfs
	 * hold the network namespace of whoever mounts them (network_namespaces(7)). */
	{ SYS_mount, 0, 0 },
	{ SYS_fsopen, 0, 0 },
	/* Performs operations that no filter sees, IORING_OP_SOCKET among them. io_uring(7),
	 * io_uring_enter(2). */
	{ SYS_io_uring_setup, 0, 0 },
	{ SYS_io_uring_enter, 0, 0 },
	{ SYS_io_uring_register, 0, 0 },
	/* Of filters with the same action the last loaded decides; if it has a listener, that one
	 * answers. Kernels so far refuse a second listener while there is a first; that is theirs
	 * to change. seccomp(2). */
	{ SYS_seccomp, 1, SECCOMP_FILTER_FLAG_NEW_LISTENER },
};

static const struct use network[] = {
	/* The only calls that make a socket out of nothing, netlink's and AF_UNIX's included: the
	 * abstract names of the latter belong to the namespace. socket(2), socketpair(2),
	 * network_namespaces(7), unix(7). */
	{ SYS_socket, 0, 0 },
	{ SYS_socketpair, 0, 0 },
	/* Programs can be attached to a network namespace. bpf(2), and the kernel's
	 * Documentation/bpf/prog_flow_dissector.rst and prog_sk_lookup.rst. */
	{ SYS_bpf, 0, 0 },
	/* Keys of some types (dns_resolver, rxrpc) are filed under their maker's network
	 * namespace. keyrings(7); KEY_TYPE_NET_DOMAIN in the kernel's include/linux/key-type.h. */
	{ SYS_add_key, 0, 0 },
	{ SYS_request_key, 0, 0 },
	{ SYS_keyctl, 0, 0 },
};

/* ipc_namespaces(7): System V objects and POSIX message queues, nothing else. */
static const struct use ipc[] = {
	/* Objects outlive their makers, and are reached by keys and ids. sysvipc(7). */
	{ SYS_msgget, 0, 0 },
	{ SYS_msgsnd, 0, 0 },
	{ SYS_msgrcv, 0, 0 },
	{ SYS_msgctl, 0, 0 },
	{ SYS_semget, 0, 0 },
	{ SYS_semop, 0, 0 },
	{ SYS_semtimedop, 0, 0 },
	{ SYS_semctl, 0, 0 },
	{ SYS_shmget, 0, 0 },
	{ SYS_shmat, 0, 0 },
	{ SYS_shmctl, 0, 0 },
	/* By name; the other calls need a queue's descriptor. mq_overview(7). */
	{ SYS_mq_open, 0, 0 },
	{ SYS_mq_unlink, 0, 0 },
};

static struct call_set native_calls(struct bits number)
{
	struct call_set calls = { .words = { BITS_ANY } };
	calls.words[CALL_NUMBER] = number;
	calls.words[CALL_ARCH] = bits_exactly(NATIVE_ARCH);
	return calls;
}

/* Every architecture but the native one differs from it in at least one bit. */
static bool refuses_foreign(struct refusal *filter)
{
	for (uint32_t bit = 1; bit != 0; bit <<= 1) {
		struct call_set calls = { .words = { BITS_ANY } };
		calls.words[CALL_ARCH] = (struct bits){ bit, ~NATIVE_ARCH & bit };
		if (!refusal_holds(filter, &calls))
			return false;
	}
	return true;
}

/* All numbers from the first unknown one to the last, cut into blocks that differ in their lower
 * bits only. */
static bool refuses_unknown(struct refusal *filter)
{
	uint32_t block;
	for (uint32_t first = FIRST_UNKNOWN_CALL; first < CALL_NUMBERS; first += block) {
		block = first & -first;
		struct call_set calls = native_calls((struct bits){ ~(block - 1), first });
		if (!refusal_holds(filter, &calls))
			return false;
	}
	return true;
}

static bool refuses_uses(struct refusal *filter, const struct use *uses, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		struct call_set calls = native_calls(bits_exactly(uses[i].number));
		calls.words[CALL_ARGUMENTS + 2 * uses[i].argument] =
			(struct bits){ uses[i].bit, uses[i].bit };
		if (!refusal_holds(filter, &calls))
			return false;
	}
	return true;
}

struct filter_proof filter_prove(const struct sock_filter *code, size_t length)
{
	struct filter_proof proof = { false, false };
	struct refusal filter = { 0 };
	if (refusal_open(&filter, code, length) != 0)
		return proof;
	if (refuses_foreign(&filter) && refuses_unknown(&filter) &&
	    refuses_uses(&filter, evasions, ARRAY_LENGTH(evasions))) {
		proof.network = refuses_uses(&filter, network, ARRAY_LENGTH(network));
		proof.ipc = refuses_uses(&filter, ipc, ARRAY_LENGTH(ipc));
	}
	refusal_close(&filter);
	return proof;
}
