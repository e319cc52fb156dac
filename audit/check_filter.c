/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The live filters, executed. A mode of 2 in /proc says that there is a filter, not what
 * it does: QEMU's own filter with every deny option still allows most system calls.
 */
#include <errno.h>
#include <linux/audit.h>
#include <linux/seccomp.h>
#include <sched.h>
#include <signal.h>
#include <string.h>
#include <sys/mman.h>

#include "bpfsim.h"
#include "cleanup.h"
#include "filters.h"
#include "judge.h"
#include "syscall_table.h"

#define NR_SWEEP 470 /* numbers that kernels up to 6.12 assign end at 462 */
#define NR_UNASSIGNED 1023
#define X32_BIT 0x40000000
#define POINTER 0x7ffd00001000ULL

/* The filters of the VM, ready to run; NULL with *out set otherwise. */
static const struct filters *live(const struct view *v, struct finding *f,
				  enum verdict *out)
{
	const json_t *fact = json_object_get(v->vm, "seccomp_filters");

	if (!fact) {
		*out = judge_not_asked(f);
		return NULL;
	}
	if (facts_unreadable(fact, NULL)) {
		*out = judge_unreadable(f, fact, "the live filter");
		return NULL;
	}
	if (v->filters->broken) {
		*out = judge(f, VERDICT_UNKNOWN, "%s", v->filters->broken);
		return NULL;
	}
	return v->filters;
}

/* Threads in filter mode must have had their filters dumped: a kernel without
 * CONFIG_CHECKPOINT_RESTORE answers as if there were none. */
static bool dump_is_complete(const struct view *v, const struct filters *x)
{
	const json_t *groups = facts_at(v->vm, "threads/groups"), *g;
	size_t i;

	json_array_foreach(groups, i, g) {
		size_t k;

		if (judge_number(g, "seccomp", 0) != 2)
			continue;
		for (k = 0; k < x->n_chains; k++)
			if (x->chains[k].n &&
			    (!json_object_get(g, "filters") ||
			     (long long)x->chains[k].n == judge_number(g, "filters", 0)))
				break;
		if (k == x->n_chains)
			return false;
	}
	return x->n_chains > 0;
}

static const struct filters *live_complete(const struct view *v, struct finding *f,
					   enum verdict *out)
{
	const struct filters *x = live(v, f, out);

	if (x && !dump_is_complete(v, x)) {
		*out = judge(f, VERDICT_UNKNOWN,
			     "the kernel did not give all the filters "
			     "that it counts");
		return NULL;
	}
	return x;
}

static bool allowed(const struct filters *x, int nr, const uint64_t args[6])
{
	return filters_allow(x, AUDIT_ARCH_X86_64, nr, args);
}

/* With zeros and with something like pointers: a filter that wants other values than
 * these checks its arguments. */
static bool allowed_any(const struct filters *x, const char *name)
{
	static const uint64_t pointers[6] = { POINTER, POINTER, POINTER,
					      POINTER, POINTER, POINTER };
	static const uint64_t zeros[6];
	int nr = syscall_table_number(name);

	return nr >= 0 && (allowed(x, nr, zeros) || allowed(x, nr, pointers));
}

static unsigned count_allowed(const struct filters *x, uint32_t arch, int base)
{
	unsigned n = 0;
	int nr;

	for (nr = 0; nr < NR_SWEEP; nr++)
		n += filters_allow(x, arch, base + nr, NULL);
	return n;
}

static enum verdict eval_default(const struct check *c _unused_, const struct view *v,
				 struct finding *f)
{
	enum verdict out = VERDICT_UNKNOWN;
	const struct filters *x = live_complete(v, f, &out);
	bool open;

	if (!x)
		return out;
	open = allowed(x, NR_UNASSIGNED, NULL);
	return judge(f, open ? VERDICT_GAP : VERDICT_PASS,
		     "number %d is %s; %u of the numbers 0 to %d are allowed",
		     NR_UNASSIGNED, open ? "allowed" : "denied",
		     count_allowed(x, AUDIT_ARCH_X86_64, 0), NR_SWEEP - 1);
}

/* Appends the names for which the filter says yes; returns how many. */
static unsigned list_allowed(const struct filters *x, struct finding *f,
			     const char *const *names, const char *intro)
{
	unsigned n = 0;

	for (; *names; names++) {
		if (!allowed_any(x, *names))
			continue;
		if (!n++)
			judge(f, VERDICT_GAP, "%s: %s", intro, *names);
		else
			strbuf_printf(&f->found, " %s", *names);
	}
	return n;
}

static enum verdict eval_dangerous(const struct check *c _unused_, const struct view *v,
				   struct finding *f)
{
	static const char *const names[] = {
		"ptrace",
		"process_vm_readv",
		"process_vm_writev",
		"pidfd_getfd",
		"kcmp",
		"bpf",
		"perf_event_open",
		"userfaultfd",
		"io_uring_setup",
		"io_uring_register",
		"keyctl",
		"add_key",
		"request_key",
		"init_module",
		"finit_module",
		"delete_module",
		"kexec_load",
		"kexec_file_load",
		"mount",
		"umount2",
		"fsopen",
		"fsconfig",
		"fsmount",
		"fspick",
		"move_mount",
		"open_tree",
		"mount_setattr",
		"pivot_root",
		"chroot",
		"open_by_handle_at",
		"iopl",
		"ioperm",
		"setns",
		"unshare",
		"reboot",
		"swapon",
		"swapoff",
		"settimeofday",
		"clock_settime",
		"adjtimex",
		"clock_adjtime",
		"sethostname",
		"setdomainname",
		"acct",
		"quotactl",
		"nfsservctl",
		"syslog",
		"vhangup",
		"modify_ldt",
		"move_pages",
		"migrate_pages",
		"lookup_dcookie",
		"fanotify_init",
		"uselib",
		"setuid",
		"setreuid",
		"setresuid",
		"setgid",
		"setregid",
		"setresgid",
		"setgroups",
		"capset",
		"mknod",
		"mknodat",
		NULL,
	};
	enum verdict out = VERDICT_UNKNOWN;
	const struct filters *x = live_complete(v, f, &out);

	if (!x)
		return out;
	if (list_allowed(x, f, names, "allowed"))
		return VERDICT_GAP;
	return judge(f, VERDICT_PASS, "none of %zu", ARRAY_SIZE(names) - 1);
}

struct member {
	const char *name;
	uint64_t arg0;
};

static const struct {
	const char *effect;
	struct member members[12];
} equivalents[] = {
	{ "changing mounts",
	  { { "mount", 0 },
	    { "umount2", 0 },
	    { "fsopen", 0 },
	    { "fsconfig", 0 },
	    { "fsmount", 0 },
	    { "fspick", 0 },
	    { "move_mount", 0 },
	    { "open_tree", 0 },
	    { "mount_setattr", 0 },
	    { "pivot_root", 0 } } },
	{ "loading a kernel", { { "kexec_load", 0 }, { "kexec_file_load", 0 } } },
	{ "loading modules", { { "init_module", 0 }, { "finit_module", 0 } } },
	{ "executing programs", { { "execve", POINTER }, { "execveat", 3 } } },
	{ "reaching into processes",
	  { { "ptrace", 0 },
	    { "process_vm_readv", 0 },
	    { "process_vm_writev", 0 },
	    { "pidfd_getfd", 0 } } },
	{ "changing namespaces",
	  { { "setns", 0 },
	    { "unshare", CLONE_NEWNS },
	    { "clone", CLONE_NEWNS | SIGCHLD } } },
	{ "keyrings", { { "add_key", 0 }, { "request_key", 0 }, { "keyctl", 0 } } },
	{ "setting the clock",
	  { { "settimeofday", 0 },
	    { "clock_settime", 0 },
	    { "adjtimex", 0 },
	    { "clock_adjtime", 0 } } },
	{ "changing ids", { { "setuid", 0 }, { "setreuid", 0 }, { "setresuid", 0 } } },
};

/* ENOSYS says "this kernel has no such call", so that programs use another one: that is
 * not a denial of what the call does. */
static bool is_denial(const struct filters *x, int nr, const uint64_t args[6])
{
	size_t i;

	for (i = 0; i < x->n_chains; i++) {
		uint32_t a = filters_run(&x->chains[i], AUDIT_ARCH_X86_64, nr, args);

		if (bpfsim_permits(a))
			return false;
		if (a == (SECCOMP_RET_ERRNO | ENOSYS))
			return false;
	}
	return true;
}

static bool judge_group(const struct filters *x, struct finding *f, size_t g)
{
	_cleanup_strbuf_ struct strbuf yes = STRBUF_INIT, no = STRBUF_INIT;
	const struct member *m;

	for (m = equivalents[g].members; m < equivalents[g].members + 12 && m->name;
	     m++) {
		uint64_t args[6] = { m->arg0, POINTER, POINTER, POINTER, POINTER, 0 };
		int nr = syscall_table_number(m->name);

		if (nr < 0)
			continue;
		if (allowed(x, nr, args))
			strbuf_printf(&yes, " %s", m->name);
		else if (is_denial(x, nr, args))
			strbuf_printf(&no, " %s", m->name);
	}
	if (!yes.len || !no.len)
		return false;
	judge(f, VERDICT_GAP, "%s: denied%s, but allowed%s", equivalents[g].effect, no.s,
	      yes.s);
	return true;
}

static enum verdict eval_equivalent(const struct check *c _unused_, const struct view *v,
				    struct finding *f)
{
	enum verdict out = VERDICT_UNKNOWN;
	const struct filters *x = live_complete(v, f, &out);
	unsigned n = 0;
	size_t g;

	if (!x)
		return out;
	for (g = 0; g < ARRAY_SIZE(equivalents); g++)
		n += judge_group(x, f, g);
	if (n)
		return VERDICT_GAP;
	return judge(f, VERDICT_PASS,
		     "each of %zu groups is denied or allowed as a whole",
		     ARRAY_SIZE(equivalents));
}

static enum verdict eval_arch(const struct check *c _unused_, const struct view *v,
			      struct finding *f)
{
	enum verdict out = VERDICT_UNKNOWN;
	const struct filters *x = live_complete(v, f, &out);
	unsigned i386, x32;

	if (!x)
		return out;
	i386 = count_allowed(x, AUDIT_ARCH_I386, 0);
	x32 = count_allowed(x, AUDIT_ARCH_X86_64, X32_BIT);
	return judge(f, i386 || x32 ? VERDICT_GAP : VERDICT_PASS,
		     "of the numbers 0 to %d, %u are allowed as i386, %u as x32",
		     NR_SWEEP - 1, i386, x32);
}

static enum verdict eval_io_uring(const struct check *c _unused_, const struct view *v,
				  struct finding *f)
{
	static const char *const names[] = { "io_uring_setup", "io_uring_enter",
					     "io_uring_register", NULL };
	enum verdict out = VERDICT_UNKNOWN;
	const struct filters *x = live_complete(v, f, &out);
	const char *disabled;

	if (!x)
		return out;
	if (!list_allowed(x, f, names, "allowed"))
		return judge(f, VERDICT_PASS, "io_uring is denied");
	disabled = json_string_value(
		json_object_get(v->files, "/proc/sys/kernel/io_uring_disabled"));
	if (disabled && !strcmp(disabled, "2"))
		return judge(f, VERDICT_PASS, "kernel.io_uring_disabled is 2");
	return judge(f, VERDICT_GAP, "kernel.io_uring_disabled is %s",
		     disabled ? disabled : "not there");
}

static bool sysctl_opens(const struct view *v, const char *path, const char *open)
{
	const char *s = json_string_value(json_object_get(v->files, path));

	return !s || judge_word_in(s, open);
}

static enum verdict eval_primitives(const struct check *c _unused_, const struct view *v,
				    struct finding *f)
{
	static const struct {
		const char *name, *sysctl, *open;
	} rows[] = {
		{ "userfaultfd", "/proc/sys/vm/unprivileged_userfaultfd", "1" },
		{ "bpf", "/proc/sys/kernel/unprivileged_bpf_disabled", "0" },
		{ "perf_event_open", "/proc/sys/kernel/perf_event_paranoid", "-1|0|1" },
	};
	enum verdict out = VERDICT_UNKNOWN;
	const struct filters *x = live_complete(v, f, &out);
	size_t i;

	if (!x)
		return out;
	out = VERDICT_PASS;
	for (i = 0; i < ARRAY_SIZE(rows); i++)
		if (allowed_any(x, rows[i].name) &&
		    sysctl_opens(v, rows[i].sysctl, rows[i].open))
			out = judge(f, VERDICT_GAP,
				    "%s is allowed, and %s leaves it open", rows[i].name,
				    rows[i].sysctl);
	return out == VERDICT_GAP ? out : judge(f, out, "none is reachable");
}

static enum verdict eval_action(const struct check *c _unused_, const struct view *v,
				struct finding *f)
{
	enum verdict out = VERDICT_UNKNOWN;
	const struct filters *x = live_complete(v, f, &out);
	size_t i;

	if (!x)
		return out;
	for (i = 0; i < x->n_chains; i++) {
		uint32_t a = filters_run(&x->chains[i], AUDIT_ARCH_X86_64, NR_UNASSIGNED,
					 NULL) &
			     SECCOMP_RET_ACTION_FULL;

		if (a == SECCOMP_RET_LOG || a == SECCOMP_RET_TRACE ||
		    a == SECCOMP_RET_USER_NOTIF)
			return judge(f, VERDICT_GAP, "the default is %s",
				     a == SECCOMP_RET_LOG ?
					     "LOG: logged and carried out" :
				     a == SECCOMP_RET_TRACE ?
					     "TRACE: left to a tracer" :
					     "USER_NOTIF: left to another process");
	}
	return judge(f, VERDICT_PASS, "the filter decides itself");
}

static const struct {
	const char *what, *name;
	uint64_t args[6];
} arguments[] = {
	{ "clone with CLONE_NEWUSER", "clone", { CLONE_NEWUSER | SIGCHLD } },
	{ "clone with CLONE_NEWNS", "clone", { CLONE_NEWNS | SIGCHLD } },
	{ "clone with CLONE_NEWNET", "clone", { CLONE_NEWNET | SIGCHLD } },
	{ "ioctl TIOCSTI", "ioctl", { 0, 0x5412 } },
	{ "ioctl TIOCSTI with high bits", "ioctl", { 0, 0x100005412ULL } },
	{ "ioctl TIOCLINUX", "ioctl", { 0, 0x541C } },
	{ "socket AF_VSOCK", "socket", { 40, 1 } },
	{ "socket AF_NETLINK", "socket", { 16, 3 } },
	{ "socket AF_PACKET", "socket", { 17, 3 } },
	{ "socket AF_ALG", "socket", { 38, 5 } },
	{ "socket AF_BLUETOOTH", "socket", { 31, 3 } },
	{ "prctl PR_SET_MM", "prctl", { 35, 1, POINTER } },
	{ "personality READ_IMPLIES_EXEC", "personality", { 0x0400000 } },
	{ "mmap writable and executable",
	  "mmap",
	  { 0, 4096, PROT_READ | PROT_WRITE | PROT_EXEC, MAP_PRIVATE | MAP_ANONYMOUS,
	    (uint64_t)-1, 0 } },
	{ "mprotect writable and executable",
	  "mprotect",
	  { POINTER, 4096, PROT_READ | PROT_WRITE | PROT_EXEC } },
};

static enum verdict eval_arguments(const struct check *c _unused_, const struct view *v,
				   struct finding *f)
{
	enum verdict out = VERDICT_UNKNOWN;
	const struct filters *x = live_complete(v, f, &out);
	unsigned n = 0;
	size_t i;

	if (!x)
		return out;
	for (i = 0; i < ARRAY_SIZE(arguments); i++) {
		int nr = syscall_table_number(arguments[i].name);

		if (nr < 0 || !allowed(x, nr, arguments[i].args))
			continue;
		if (!n++)
			judge(f, VERDICT_GAP, "allowed: %s", arguments[i].what);
		else
			strbuf_printf(&f->found, ", %s", arguments[i].what);
	}
	return n ? VERDICT_GAP :
		   judge(f, VERDICT_PASS, "none of %zu tried", ARRAY_SIZE(arguments));
}

static enum verdict eval_exec(const struct check *c _unused_, const struct view *v,
			      struct finding *f)
{
	static const uint64_t by_path[6] = { POINTER, POINTER, POINTER };
	static const uint64_t by_fd[6] = { 3, POINTER, POINTER, POINTER, 0x1000 };
	enum verdict out = VERDICT_UNKNOWN;
	const struct filters *x = live_complete(v, f, &out);
	bool execve, execveat;

	if (!x)
		return out;
	execve = allowed(x, syscall_table_number("execve"), by_path);
	execveat = allowed(x, syscall_table_number("execveat"), by_fd);
	return judge(f, execve || execveat ? VERDICT_GAP : VERDICT_PASS,
		     "execve is %s, execveat is %s", execve ? "allowed" : "denied",
		     execveat ? "allowed" : "denied");
}

/* The bytes in the kernel against the artefact that the bundle of this VM lists. */
static enum verdict eval_digest(const struct check *c _unused_, const struct view *v,
				struct finding *f)
{
	const json_t *artefacts = facts_at(v->vm, "receipt/bundle/artefacts");
	const json_t *artefact = json_object_get(artefacts, "seccomp.bpf");
	const char *want = judge_text(artefact, "sha256");
	enum verdict out = VERDICT_UNKNOWN;
	const struct filters *x;
	size_t i, k;

	if (!judge_receipt(v, f, &out))
		return out;
	x = live_complete(v, f, &out);
	if (!x)
		return out;
	if (!*want)
		return judge_unreadable(f, facts_at(v->vm, "receipt/bundle"),
					"the bundle");
	for (i = 0; i < x->n_chains; i++) {
		for (k = 0; k < x->chains[i].n; k++)
			if (!strcmp(x->chains[i].programs[k]->digest, want))
				break;
		if (k == x->chains[i].n)
			return judge(f, VERDICT_GAP,
				     "%u threads run without the filter %.16s… "
				     "of the bundle",
				     x->chains[i].threads, want);
	}
	return judge(f, VERDICT_PASS, "every thread runs %.16s… of the bundle", want);
}

#define LIVE "PTRACE_SECCOMP_GET_FILTER on every thread of PID (--deep), executed"
#define OURS "run it with brattice run: the filter is an allow list"

const struct check checks_filter[] = {
	{ "SEC-003", "Seccomp filter is a deny list", SEVERITY_HIGH, SCOPE_VM, LIVE,
	  "a system call number that does not exist yet is denied",
	  "Every system call that the kernel gains later is allowed on the day it "
	  "appears.",
	  OURS, eval_default, NULL, 0 },
	{ "SEC-004", "Dangerous system calls are allowed", SEVERITY_HIGH, SCOPE_VM, LIVE,
	  "none of the calls that serve an attacker and no device model",
	  "They are the usual steps from a taken VMM to the host kernel or to its "
	  "neighbours.",
	  OURS "; list under grants.syscalls only what the VM's devices need",
	  eval_dangerous, NULL, 0 },
	{ "SEC-005", "A denied system call has an allowed equivalent", SEVERITY_HIGH,
	  SCOPE_VM, LIVE, "calls with the same effect are denied or allowed together",
	  "A filter that denies mount but allows fsopen and move_mount denies nothing.",
	  OURS, eval_equivalent, NULL, 0 },
	{ "SEC-006", "Seccomp filter can be bypassed by another ABI", SEVERITY_CRITICAL,
	  SCOPE_VM, LIVE, "no i386 and no x32 system call is allowed",
	  "The same numbers mean other calls in the i386 and x32 tables.", OURS,
	  eval_arch, NULL, 0 },
	{ "SEC-007", "io_uring is allowed", SEVERITY_HIGH, SCOPE_VM,
	  LIVE ", /proc/sys/kernel/io_uring_disabled", "denied, or disabled on the host",
	  "Operations that go through a ring are not seen by seccomp at all.",
	  "disks[].aio: threads or native; on the host: sysctl "
	  "kernel.io_uring_disabled=2",
	  eval_io_uring, NULL, 0 },
	{ "SEC-008", "Exploit primitives are allowed and open on the host",
	  SEVERITY_MEDIUM, SCOPE_VM, LIVE ", /proc/sys",
	  "userfaultfd, bpf and perf_event_open unreachable",
	  "They make kernel races winnable and kernel memory readable.",
	  OURS
	  "; sysctl vm.unprivileged_userfaultfd=0 kernel.unprivileged_bpf_disabled=1 "
	  "kernel.perf_event_paranoid=3",
	  eval_primitives, NULL, 0 },
	{ "SEC-009", "Seccomp filter leaves the decision to somebody else",
	  SEVERITY_MEDIUM, SCOPE_VM, LIVE, "the default action kills or returns an error",
	  "LOG carries the call out; TRACE and USER_NOTIF are as good as their listener.",
	  "seccomp.violation: kill", eval_action, NULL, 0 },
	{ "SEC-010", "Live seccomp filter is not the compiled one", SEVERITY_HIGH,
	  SCOPE_VM, LIVE ", manifest.json of the bundle",
	  "the SHA-256 of seccomp.bpf in every thread",
	  "What runs is not what was reviewed and proved.",
	  "stop the VM and launch it again from its bundle", eval_digest, NULL, 0 },
	{ "SEC-012", "Arguments of system calls are not checked", SEVERITY_MEDIUM,
	  SCOPE_VM, LIVE,
	  "new namespaces, terminal injection, exotic sockets, W+X memory are denied",
	  "ioctl, clone, socket and mmap are needed; most of what they can do is not.",
	  OURS, eval_arguments, NULL, 0 },
	{ "SEC-013", "The VMM may execute programs", SEVERITY_MEDIUM, SCOPE_VM, LIVE,
	  "execve and execveat are denied after the launch",
	  "A shell is the first thing an exploit starts.",
	  OURS " and lets exactly one exec through: that of the VMM", eval_exec, NULL,
	  0 },
	{ NULL, NULL, 0, 0, NULL, NULL, NULL, NULL, NULL, NULL, 0 },
};
