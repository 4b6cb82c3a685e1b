/* SPDX-License-Identifier: MIT */
/*
 * Turns a policy into one classic BPF program; the only user of libseccomp's rule compiler.
 *
 * A policy may hold several rules for one call, with different actions and overlapping
 * conditions. libseccomp (2.5.4) is right about any single rule, but not about combinations:
 * which of two overlapping rules with different actions wins depends on the order in which they
 * were added, and even among rules with one action some mixtures of operators give wrong answers
 * or never finish. So libseccomp is only asked questions that it answers correctly. A *layer* is
 * one libseccomp program in which each call has one rule, or several with one action that compare
 * the same argument for equality. Every call's rules are sorted by severity,
 *
 *	launch, DENY, TRAP, ERRNO (smallest errno first), LOG, ALLOW
 *
 * and dealt out: the first layer holds what comes first for every call, the second what comes
 * next where the first has a condition that may not hold, and so on; behind the last layer stands
 * the default action. The first layer with a match decides. That makes the meaning of a policy
 * independent of the order of its rules: the most severe matching rule wins, as the kernel decides
 * between filters. The launch comes first because it must succeed under every policy.
 *
 * Most calls need no condition. They are decided before the first layer, by their number alone
 * (numbers.h); where they are allowed, the kernel finds that out once, when the filter is loaded, and
 * never runs the filter for them. Policies have few layers: as many as the call with the most kinds
 * of rules.
 *
 * Joining needs no jump to be recomputed: libseccomp ends every path with a RET of a marker, and
 * each such RET is replaced in place by the RET or the jump it stands for.
 *
 * Reference: seccomp(2), seccomp_rule_add(3), seccomp_export_bpf(3), and the kernel's
 * Documentation/networking/filter.rst for the instruction set.
 */
#include "filter/compile.h"

#include "base/error.h"
#include "base/fd.h"
#include "base/mem.h"
#include "filter/numbers.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/seccomp.h>
#include <seccomp.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

/* What a layer returns: TRACE, which never occurs in a policy, with 16 bits of ours. A match has
 * the action + 1 and the errno (12 bits) in them. */
#define MARK_NO_MATCH SCMP_ACT_TRACE(0)
#define MARK_FOREIGN SCMP_ACT_TRACE(0xffff)
#define MARK_ERRNO_BITS 12u
#define MARK_ERRNO_MASK ((1u << MARK_ERRNO_BITS) - 1)

#define SYSCALL_NUMBERS NUMBERS_MAX

/* The kernel reads an `int` parameter as 32 bits, whatever the register's upper half holds. */
#define LOW_32 UINT64_C(0xffffffff)

#define CONDITIONS_MAX 6

/* An action with its errno (0 for all but POLICY_ERRNO). */
struct outcome {
	enum policy_action action;
	int errnum;
};

/* One name of one rule. */
struct call {
	const struct policy_rule *rule;
	int number;
	size_t order;
	bool is_launch;
	bool compiled;
};

struct compilation {
	const char *policy_name;
	struct call *calls; /* owned; sorted by severity before they are compiled */
	size_t call_count;
	size_t added; /* rules given to libseccomp so far */
	struct filter filter; /* has room for the longest program the kernel takes */
	struct bailiff_error *err;
};

static int out_of_memory(struct compilation *self)
{
	return fail_internal(self->err, BAILIFF_STAGE_POLICY, ENOMEM, "cannot compile policy '%s'",
			     self->policy_name);
}

static int internal_error(struct compilation *self, int errnum, const char *what)
{
	return fail_internal(self->err, BAILIFF_STAGE_POLICY, errnum, "cannot %s for policy '%s'",
			     what, self->policy_name);
}

/* ---- actions ----------------------------------------------------------------------------- */

static uint32_t kernel_action(struct outcome outcome)
{
	switch (outcome.action) {
	case POLICY_ALLOW: return SECCOMP_RET_ALLOW;
	case POLICY_LOG: return SECCOMP_RET_LOG;
	case POLICY_ERRNO: return SECCOMP_RET_ERRNO | (uint32_t)outcome.errnum;
	case POLICY_DENY: return SECCOMP_RET_USER_NOTIF;
	case POLICY_TRAP: return SECCOMP_RET_TRAP;
	}
	return SECCOMP_RET_KILL_PROCESS;
}

static struct outcome rule_outcome(const struct policy_rule *rule)
{
	return (struct outcome){ rule->action, rule->action == POLICY_ERRNO ? rule->errnum : 0 };
}

static struct outcome default_outcome(const struct bailiff_policy *policy)
{
	bool has_errno = policy->default_action == POLICY_ERRNO;
	return (struct outcome){ policy->default_action, has_errno ? policy->default_errnum : 0 };
}

static bool same_outcome(struct outcome a, struct outcome b)
{
	return a.action == b.action && a.errnum == b.errnum;
}

static uint32_t outcome_mark(struct outcome outcome)
{
	return SCMP_ACT_TRACE((((uint32_t)outcome.action + 1) << MARK_ERRNO_BITS) |
			      (uint32_t)outcome.errnum);
}

/* The kernel's action for a mark of a match; false for another value. */
static bool action_of_mark(uint32_t mark, uint32_t *ret_action)
{
	uint32_t data = mark & SECCOMP_RET_DATA;
	uint32_t action = data >> MARK_ERRNO_BITS;
	if ((mark & SECCOMP_RET_ACTION_FULL) != SECCOMP_RET_TRACE || action == 0 ||
	    action > POLICY_TRAP + 1)
		return false;
	*ret_action = kernel_action((struct outcome){ (enum policy_action)(action - 1),
						      (int)(data & MARK_ERRNO_MASK) });
	return true;
}

static enum scmp_compare compare_operator(enum policy_operator op)
{
	switch (op) {
	case POLICY_NE: return SCMP_CMP_NE;
	case POLICY_LT: return SCMP_CMP_LT;
	case POLICY_LE: return SCMP_CMP_LE;
	case POLICY_EQ: return SCMP_CMP_EQ;
	case POLICY_GE: return SCMP_CMP_GE;
	case POLICY_GT: return SCMP_CMP_GT;
	case POLICY_MASKED_EQ: return SCMP_CMP_MASKED_EQ;
	}
	return _SCMP_CMP_MIN; /* refused by libseccomp */
}

/* ---- the program so far ------------------------------------------------------------------ */

/* Whether every jump stays within the program and its last instruction ends it: a program that was
 * cut off (a file size limit of the caller's) would be another filter, not none. */
static bool is_whole(const struct sock_filter *code, size_t length)
{
	for (size_t i = 0; i < length; i++) {
		size_t left = length - i - 1;
		if (BPF_CLASS(code[i].code) != BPF_JMP)
			continue;
		if (BPF_OP(code[i].code) == BPF_JA ? code[i].k >= left :
						     code[i].jt >= left || code[i].jf >= left)
			return false;
	}
	return BPF_CLASS(code[length - 1].code) == BPF_RET;
}

/* Replaces the markers of the `length` instructions at `code` by what they stand for. */
static int resolve_markers(struct sock_filter *code, size_t length)
{
	if (!is_whole(code, length))
		return -EPROTO;
	for (size_t i = 0; i < length; i++) {
		if (BPF_CLASS(code[i].code) != BPF_RET)
			continue;
		if (code[i].code != (BPF_RET | BPF_K))
			return -EPROTO;
		if (code[i].k == MARK_FOREIGN)
			code[i].k = SECCOMP_RET_USER_NOTIF;
		else if (code[i].k == MARK_NO_MATCH) /* on to the instruction after the layer */
			code[i] = (struct sock_filter)BPF_STMT(BPF_JMP | BPF_JA,
							       (uint32_t)(length - i - 1));
		else if (!action_of_mark(code[i].k, &code[i].k))
			return -EPROTO;
	}
	return 0;
}

/* Fails unless `more` instructions fit behind those there are. */
static int check_room(struct compilation *self, size_t more)
{
	if (more <= BPF_MAXINSNS - self->filter.length)
		return 0;
	return fail_spec(self->err, "policy '%s' is too large: the kernel takes at most %d filter "
			 "instructions", self->policy_name, BPF_MAXINSNS);
}

/* Appends the program that libseccomp wrote into `fd`. */
static int append_program(struct compilation *self, int fd)
{
	struct stat st;
	if (fstat(fd, &st) != 0)
		return internal_error(self, errno, "size the filter");
	size_t size = (size_t)st.st_size;
	if (size == 0 || size % sizeof(struct sock_filter) != 0)
		return internal_error(self, EPROTO, "understand the filter");
	struct sock_filter *code = self->filter.code + self->filter.length;
	size_t length = size / sizeof *code;
	int rc = check_room(self, length);
	if (rc != 0)
		return rc;
	if (pread(fd, code, size, 0) != (ssize_t)size)
		return internal_error(self, EIO, "read the filter");
	rc = resolve_markers(code, length);
	if (rc != 0)
		return internal_error(self, -rc, "understand the filter");
	self->filter.length += length;
	return 0;
}

static int layer_append(struct compilation *self, scmp_filter_ctx layer)
{
	/* libseccomp 2.5 exports to a descriptor only */
	AUTO_CLOSE int fd = memfd_create("bailiff-filter", MFD_CLOEXEC);
	if (fd < 0)
		return internal_error(self, errno, "create a memory file");
	int rc = seccomp_export_bpf(layer, fd);
	return rc == 0 ? append_program(self, fd) :
			 internal_error(self, -rc, "export the filter");
}

/* ---- layers ------------------------------------------------------------------------------ */

static int layer_open(struct compilation *self, scmp_filter_ctx *ret_layer)
{
	scmp_filter_ctx layer = seccomp_init(MARK_NO_MATCH); /* native architecture only */
	if (layer == NULL)
		return out_of_memory(self);
	int rc = seccomp_attr_set(layer, SCMP_FLTATR_ACT_BADARCH, MARK_FOREIGN);
	if (rc == 0) /* a binary tree over the call numbers */
		rc = seccomp_attr_set(layer, SCMP_FLTATR_CTL_OPTIMIZE, 2);
	if (rc != 0) {
		seccomp_release(layer);
		return internal_error(self, -rc, "prepare libseccomp");
	}
	*ret_layer = layer;
	return 0;
}

/* True if libseccomp handles both rules for one call in one program. */
static bool may_share_layer(const struct policy_rule *a, const struct policy_rule *b)
{
	if (a->condition_count != 1 || b->condition_count != 1)
		return false;
	const struct policy_condition *x = a->conditions;
	const struct policy_condition *y = b->conditions;
	if (x->index != y->index || x->op != y->op)
		return false;
	return x->op == POLICY_EQ || (x->op == POLICY_MASKED_EQ && x->value == y->value);
}

/* libseccomp would quietly compare other bits than the rule says. */
static bool never_true(const struct policy_condition *condition)
{
	return condition->op == POLICY_MASKED_EQ && (condition->value_two & ~condition->value) != 0;
}

static int layer_add(struct compilation *self, scmp_filter_ctx layer, const struct call *call)
{
	const struct policy_rule *rule = call->rule;
	struct scmp_arg_cmp conditions[CONDITIONS_MAX];
	/* Every rule takes an instruction at least; libseccomp would take minutes to find out. */
	if (++self->added > BPF_MAXINSNS)
		return check_room(self, BPF_MAXINSNS + 1);
	if (rule->condition_count > CONDITIONS_MAX)
		return fail_spec(self->err, "policy '%s': a rule for '%s' has more than %d "
				 "conditions", self->policy_name, rule->names[0], CONDITIONS_MAX);
	for (size_t i = 0; i < rule->condition_count; i++) {
		const struct policy_condition *condition = &rule->conditions[i];
		if (never_true(condition))
			return fail_spec(self->err, "policy '%s': a masked comparison of '%s' asks "
					 "for bits outside its mask", self->policy_name,
					 rule->names[0]);
		conditions[i] = (struct scmp_arg_cmp){ condition->index,
						       compare_operator(condition->op),
						       condition->value, condition->value_two };
	}
	int rc = seccomp_rule_add_exact_array(layer, outcome_mark(rule_outcome(rule)), call->number,
					      (unsigned)rule->condition_count, conditions);
	if (rc == -EINVAL)
		return fail_spec(self->err, "policy '%s': the conditions of a rule for '%s' cannot "
				 "be expressed", self->policy_name, rule->names[0]);
	return rc == 0 ? 0 : internal_error(self, -rc, "add a rule");
}

/* What a layer holds for one call, and whether anything is left for later layers. */
struct occupant {
	const struct policy_rule *rule; /* NULL = nothing */
	bool is_launch;
	bool is_final;
};

static bool fits(const struct occupant *occupant, const struct call *call)
{
	if (occupant->rule == NULL)
		return true;
	return occupant->is_launch == call->is_launch &&
	       same_outcome(rule_outcome(occupant->rule), rule_outcome(call->rule)) &&
	       may_share_layer(occupant->rule, call->rule);
}

/* Takes from each call's rules, the most severe first, what fits into one layer. */
static int layer_fill(struct compilation *self, scmp_filter_ctx layer)
{
	struct occupant occupants[SYSCALL_NUMBERS] = { { .rule = NULL } };
	for (size_t i = 0; i < self->call_count; i++) {
		struct call *call = &self->calls[i];
		struct occupant *occupant = &occupants[call->number];
		if (call->compiled)
			continue;
		if (!occupant->is_final && fits(occupant, call)) {
			int rc = layer_add(self, layer, call);
			if (rc != 0)
				return rc;
			*occupant = (struct occupant){ call->rule, call->is_launch,
						       call->rule->condition_count == 0 };
			call->compiled = true;
		} else if (occupant->is_final) { /* nothing gets this far */
			call->compiled = true;
		}
	}
	return 0;
}

/* Smaller is more severe. But for POLICY_DENY the kernel's values have that order already. */
static uint32_t severity(const struct call *call)
{
	return call->rule->action == POLICY_DENY ? 0 : kernel_action(rule_outcome(call->rule));
}

/* By severity; within one, those without a condition first, since they make others superfluous;
 * and in the order of the rules, so that a policy always gives the same program. */
static int compare_calls(const void *a, const void *b)
{
	const struct call *x = a, *y = b;
	if (x->is_launch != y->is_launch)
		return x->is_launch ? -1 : 1;
	if (severity(x) != severity(y))
		return severity(x) < severity(y) ? -1 : 1;
	bool x_always = x->rule->condition_count == 0, y_always = y->rule->condition_count == 0;
	if (x_always != y_always)
		return x_always ? -1 : 1;
	return (x->order > y->order) - (x->order < y->order);
}

/* Decides those calls whose most severe rule has no condition, and so is the only one that counts. */
static int decide_by_number(struct compilation *self)
{
	uint32_t actions[SYSCALL_NUMBERS] = { NUMBERS_GO_ON };
	bool seen[SYSCALL_NUMBERS] = { false };
	for (size_t i = 0; i < self->call_count; i++) {
		struct call *call = &self->calls[i];
		if (!seen[call->number] && call->rule->condition_count == 0)
			actions[call->number] = kernel_action(rule_outcome(call->rule));
		seen[call->number] = true;
		call->compiled = actions[call->number] != NUMBERS_GO_ON;
	}
	int length = numbers_write(actions, seccomp_arch_native(),
				   self->filter.code + self->filter.length,
				   BPF_MAXINSNS - self->filter.length);
	if (length < 0)
		return check_room(self, BPF_MAXINSNS + 1);
	self->filter.length += (size_t)length;
	return 0;
}

static bool any_left(const struct compilation *self)
{
	for (size_t i = 0; i < self->call_count; i++)
		if (!self->calls[i].compiled)
			return true;
	return false;
}

static int compile_calls(struct compilation *self)
{
	qsort(self->calls, self->call_count, sizeof *self->calls, compare_calls);
	int rc = decide_by_number(self);
	while (rc == 0 && any_left(self)) {
		scmp_filter_ctx layer = NULL;
		rc = layer_open(self, &layer);
		if (rc != 0)
			return rc;
		rc = layer_fill(self, layer);
		if (rc == 0)
			rc = layer_append(self, layer);
		seccomp_release(layer);
	}
	return rc;
}

/* ---- from rules to calls ----------------------------------------------------------------- */

/* Lists the calls that `rules` name and this architecture has; *unknown counts the names that
 * mean nothing to libseccomp. */
static int collect_calls(struct compilation *self, const struct policy_rule *rules, size_t count,
			 size_t *unknown)
{
	for (size_t i = 0; i < count; i++) {
		for (const char *const *name = rules[i].names; *name != NULL; name++) {
			int number = seccomp_syscall_resolve_name(*name);
			if (number == __NR_SCMP_ERROR)
				(*unknown)++;
			if (number < 0 || number >= SYSCALL_NUMBERS)
				continue;
			struct call *calls = reallocarray(self->calls, self->call_count + 1,
							  sizeof *calls);
			if (calls == NULL)
				return out_of_memory(self);
			self->calls = calls;
			calls[self->call_count] = (struct call){ .rule = &rules[i],
								 .number = number,
								 .order = self->call_count };
			self->call_count++;
		}
	}
	return 0;
}

/* A rule that repeats the default action changes nothing, unless another rule for the same call
 * wants something else: then it may be the more severe one. */
static void drop_redundant_calls(struct compilation *self, struct outcome fallback)
{
	bool contested[SYSCALL_NUMBERS] = { false };
	for (size_t i = 0; i < self->call_count; i++)
		if (!same_outcome(rule_outcome(self->calls[i].rule), fallback))
			contested[self->calls[i].number] = true;
	size_t kept = 0;
	for (size_t i = 0; i < self->call_count; i++)
		if (contested[self->calls[i].number])
			self->calls[kept++] = self->calls[i];
	self->call_count = kept;
}

/* The launch's rules, which live as long as a compilation. */
struct launch_rules {
	struct policy_condition on_report[1];
	struct policy_condition of_program[2];
	struct policy_rule rules[3];
};

static void make_launch_rules(const struct filter_launch *launch, struct launch_rules *ret_rules)
{
	static const char *const report[] = { "sendmsg", "recvmsg", NULL };
	/* Not allowed but reported: an absolute path would make the descriptor's number irrelevant,
	 * and with it this rule a permission for any exec. The supervisor lets the first one pass. */
	static const char *const exec[] = { "execveat", NULL };
	static const char *const leave[] = { "exit_group", NULL };
	*ret_rules = (struct launch_rules){
		.on_report = { { 0, POLICY_MASKED_EQ, LOW_32, (uint32_t)launch->report_fd } },
		.of_program = { { 0, POLICY_MASKED_EQ, LOW_32, (uint32_t)launch->exec_fd },
				{ 4, POLICY_MASKED_EQ, LOW_32, AT_EMPTY_PATH } },
		.rules = { { report, POLICY_ALLOW, 0, ret_rules->on_report, 1, "" },
			   { exec, POLICY_DENY, 0, ret_rules->of_program, 2, "" },
			   { leave, POLICY_ALLOW, 0, NULL, 0, "" } },
	};
}

static int collect_launch(struct compilation *self, const struct launch_rules *rules)
{
	size_t first = self->call_count;
	size_t unknown = 0;
	int rc = collect_calls(self, rules->rules, ARRAY_LENGTH(rules->rules), &unknown);
	for (size_t i = first; i < self->call_count; i++)
		self->calls[i].is_launch = true;
	return rc;
}

static int compile_policy(struct compilation *self, const struct bailiff_policy *policy,
			  const struct launch_rules *launch, size_t *unknown)
{
	struct outcome fallback = default_outcome(policy);
	int rc = collect_calls(self, policy->rules, policy->rule_count, unknown);
	if (rc != 0)
		return rc;
	drop_redundant_calls(self, fallback);
	rc = collect_launch(self, launch);
	if (rc == 0)
		rc = compile_calls(self);
	if (rc == 0)
		rc = check_room(self, 1);
	if (rc != 0)
		return rc;
	self->filter.code[self->filter.length++] =
		(struct sock_filter)BPF_STMT(BPF_RET | BPF_K, kernel_action(fallback));
	return 0;
}

int filter_compile(const struct bailiff_policy *policy, const struct filter_launch *launch,
		   struct filter *ret_filter, size_t *unknown_count, struct bailiff_error *err)
{
	struct compilation self = { .policy_name = policy->name, .err = err };
	struct launch_rules launch_rules;
	size_t unknown = 0;
	make_launch_rules(launch, &launch_rules);
	self.filter.code = calloc(BPF_MAXINSNS, sizeof *self.filter.code);
	if (self.filter.code == NULL)
		return out_of_memory(&self);
	int rc = compile_policy(&self, policy, &launch_rules, &unknown);
	free(self.calls);
	if (rc != 0) {
		filter_finish(&self.filter);
		return rc;
	}
	self.filter.proof = filter_prove(self.filter.code, self.filter.length);
	*ret_filter = self.filter;
	if (unknown_count != NULL)
		*unknown_count = unknown;
	return 0;
}

void filter_finish(struct filter *filter)
{
	free(filter->code);
	*filter = (struct filter){ 0 };
}
