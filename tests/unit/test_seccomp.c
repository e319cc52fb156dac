/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Properties of compiled filters, judged by executing them. */
#include <asm/ioctls.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/kvm.h>
#include <sched.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/syscall.h>

#include <cmocka.h>

#include "scvm.h"
#include "seccomp_exec.h"
#include "seccomp_text.h"
#include "syscall_table.h"

#define KILL SECCOMP_RET_KILL_PROCESS
#define ALLOW SECCOMP_RET_ALLOW
#define NOSYS (SECCOMP_RET_ERRNO | ENOSYS)
#define HIGH 0x100000000ULL

static int nr(const char *name)
{
	int n = syscall_table_number(name);

	if (n < 0)
		fail_msg("no number for %s", name);
	return n;
}

static void test_size_of_the_hole(void **state)
{
	struct scvm v;

	(void)state;
	scvm_init(&v);
	scvm_build(&v);
	print_message("allowed for some argument: %u\n", scvm_count(&v));
	assert_true(scvm_count(&v) <= 70);
	scvm_dispose(&v);
}

static void test_kvm_run_is_cheap(void **state)
{
	const uint64_t args[6] = { 11, KVM_RUN, 0, 0, 0, 0 };
	unsigned steps;
	struct scvm v;

	(void)state;
	scvm_init(&v);
	scvm_build(&v);
	assert_int_equal(scvm_ask_arch(&v, AUDIT_ARCH_X86_64, nr("ioctl"), args, &steps),
			 ALLOW);
	assert_true(steps <= 12);
	scvm_dispose(&v);
}

/* Plain calls must be constant, or the kernel runs the program each time. */
static void test_plain_calls_are_constant(void **state)
{
	struct scvm v;
	int i;

	(void)state;
	scvm_init(&v);
	scvm_build(&v);
	for (i = 0; i <= v.set.max; i++) {
		bool constant =
			bpfsim_const_allow(v.prog, v.n, AUDIT_ARCH_X86_64, i, NULL);

		assert_int_equal(constant, sc_set_classify(&v.set, i) == SC_ALLOWED);
	}
	scvm_dispose(&v);
}

/* Arguments that match no table: what is not checked doesn't care, what is refuses. */
static const uint64_t odd_args[6] = { 0xfedcba9876543210, 0xfedcba9876543210,
				      0xfedcba9876543216, 0xfedcba9876543210,
				      0xfedcba9876543210, 0xfedcba9876543210 };

static void check_class(const struct scvm *v, int i)
{
	uint32_t r = scvm_ask_arch(v, AUDIT_ARCH_X86_64, i, odd_args, NULL);
	const char *name = syscall_table_name(i);

	switch (sc_set_classify(&v->set, i)) {
	case SC_ALLOWED: assert_int_equal(r, ALLOW); break;
	case SC_CHECKED: assert_int_not_equal(r, ALLOW); break;
	case SC_SOFT:
		assert_int_equal(r & SECCOMP_RET_ACTION_FULL, SECCOMP_RET_ERRNO);
		break;
	case SC_DENIED: assert_int_equal(r, KILL); break;
	case SC_UNASSIGNED: assert_int_equal(r, NOSYS); break;
	}
	assert_true((name != NULL) == (sc_set_classify(&v->set, i) != SC_UNASSIGNED));
}

static void test_every_number_has_a_class(void **state)
{
	struct scvm v;
	int i;

	(void)state;
	scvm_init(&v);
	scvm_build(&v);
	for (i = 0; i < 2048; i++) {
		check_class(&v, i);
		assert_int_equal(scvm_ask_arch(&v, AUDIT_ARCH_I386, i, odd_args, NULL),
				 KILL);
		assert_int_equal(scvm_ask_arch(&v, 0, i, odd_args, NULL), KILL);
		assert_int_equal(scvm_ask(&v, i | (int)SC_X32_BIT, 0, 0, 0, 0), KILL);
	}
	assert_int_equal(scvm_ask(&v, 0x3fffffff, 0, 0, 0, 0), NOSYS);
	assert_int_equal(scvm_ask(&v, -1, 0, 0, 0, 0), KILL);
	assert_int_equal(scvm_ask(&v, INT32_MIN, 0, 0, 0, 0), KILL);
	scvm_dispose(&v);
}

/* ---- every filter says what its set says --------------------------------------- */

/* The set, read the slow way. */
static uint32_t expected(const struct sc_set *s, int i, const uint64_t args[6])
{
	const struct sc_rule *r = sc_set_rule(s, i);
	size_t c, k;

	if (!syscall_table_name(i))
		return NOSYS;
	if (!r)
		return s->violation;
	for (c = 0; c < r->n; c++) {
		const struct sc_clause *l = &r->clauses[c];

		for (k = 0; k < l->n_cond; k++)
			if ((args[l->cond[k].arg] & l->cond[k].mask) != l->cond[k].value)
				break;
		if (k == l->n_cond)
			return l->action;
	}
	return r->otherwise;
}

static void same_answer(const struct scvm *v, int i, const uint64_t args[6])
{
	uint32_t want = expected(&v->set, i, args);
	uint32_t got = scvm_ask_arch(v, AUDIT_ARCH_X86_64, i, args, NULL);

	if (got != want)
		fail_msg("%s(0x%llx, 0x%llx, 0x%llx): 0x%x, expected 0x%x",
			 syscall_table_name(i), (unsigned long long)args[0],
			 (unsigned long long)args[1], (unsigned long long)args[2], got,
			 want);
}

/* The values of a clause, and those next to them in each bit. */
static void walk_clause(const struct scvm *v, const struct sc_rule *r,
			const struct sc_clause *c)
{
	uint64_t args[6] = { 0 };
	size_t k;
	int bit;

	for (k = 0; k < c->n_cond; k++)
		args[c->cond[k].arg] = c->cond[k].value;
	same_answer(v, r->nr, args);
	for (k = 0; k < 6; k++) {
		for (bit = 0; bit < 64; bit++) {
			args[k] ^= 1ULL << bit;
			same_answer(v, r->nr, args);
			args[k] ^= 1ULL << bit;
		}
		args[k]++;
		same_answer(v, r->nr, args);
		args[k] -= 2;
		same_answer(v, r->nr, args);
		args[k]++;
	}
}

static void walk(const struct scvm *v)
{
	size_t i, c;
	int n;

	for (n = 0; n <= v->set.max; n++)
		same_answer(v, n, odd_args);
	for (i = 0; i < v->set.n; i++)
		for (c = 0; c < v->set.rules[i].n; c++)
			walk_clause(v, &v->set.rules[i], &v->set.rules[i].clauses[c]);
}

/* All combinations of what a description can turn on. */
static void test_filters_equal_their_sets(void **state)
{
	unsigned mask;

	(void)state;
	for (mask = 0; mask < 1U << 10; mask++) {
		struct scvm v;

		if (mask % 29 > 1 && mask & (mask - 1)) /* a sample, and each alone */
			continue;
		scvm_init_bare(&v);
		v.target.accel = mask & 1 ? ACCEL_KVM : ACCEL_TCG;
		v.policy.n_disks = mask >> 1 & 1;
		v.policy.n_network = mask >> 2 & 1;
		v.nic.type.v = mask & 8 ? NIC_TAP : NIC_USER;
		v.nic.vhost.v = mask >> 4 & 1;
		v.policy.namespaces.net.v = mask & 8 ? NETNS_OWN : NETNS_HOST;
		v.policy.qmp.enabled.v = mask >> 5 & 1;
		v.policy.vnc.listen.v = mask & 64 ? "127.0.0.1:1" : NULL;
		v.disk.aio.v = mask >> 7 & 3;
		v.disk.aio.v = v.disk.aio.v > AIO_IO_URING ? AIO_THREADS : v.disk.aio.v;
		v.policy.vfio.n = mask >> 9 & 1;
		v.policy.seccomp.violation.v = (int)(mask % 3);
		scvm_build(&v);
		walk(&v);
		scvm_dispose(&v);
	}
}

static void test_same_input_same_bytes(void **state)
{
	struct scvm a, b;

	(void)state;
	scvm_init(&a);
	scvm_init(&b);
	scvm_build(&a);
	scvm_build(&b);
	assert_int_equal(a.n, b.n);
	assert_memory_equal(a.prog, b.prog, a.n * sizeof(*a.prog));
	scvm_dispose(&a);
	scvm_dispose(&b);
}

static void test_violations(void **state)
{
	const uint32_t actions[] = { KILL, SECCOMP_RET_ERRNO | EPERM, SECCOMP_RET_LOG };
	size_t i;

	(void)state;
	for (i = 0; i < 3; i++) {
		struct scvm v;

		scvm_init(&v);
		v.policy.seccomp.violation.v = (int)i;
		scvm_build(&v);
		assert_int_equal(scvm_ask(&v, nr("ptrace"), 0, 0, 0, 0), actions[i]);
		assert_int_equal(scvm_ask(&v, nr("ioctl"), 0, TIOCSTI, 0, 0), actions[i]);
		assert_int_equal(scvm_ask(&v, nr("ptrace") | (int)SC_X32_BIT, 0, 0, 0, 0),
				 KILL);
		scvm_dispose(&v);
	}
}

/* ---- arguments ------------------------------------------------------------------- */

struct probe {
	const char *call;
	uint64_t args[5];
	uint32_t want;
};

#define THREAD \
	(CLONE_VM | CLONE_FS | CLONE_FILES | CLONE_SIGHAND | CLONE_THREAD | CLONE_SYSVSEM)
#define GLIBC_THREAD (THREAD | CLONE_SETTLS | CLONE_PARENT_SETTID | CLONE_CHILD_CLEARTID)

static const struct probe probes[] = {
	{ "ioctl", { 3, KVM_RUN }, ALLOW },
	{ "ioctl", { 3, HIGH | KVM_RUN }, ALLOW }, /* the kernel ignores the upper half */
	{ "ioctl", { 3, TIOCSTI }, KILL },
	{ "ioctl", { 3, HIGH | TIOCSTI }, KILL },
	{ "ioctl", { 3, ~0ULL << 32 | TIOCSTI }, KILL },
	{ "ioctl", { 3, TIOCLINUX }, KILL },
	{ "ioctl", { 3, TIOCSETD }, KILL },
	{ "ioctl", { 3, TIOCCONS }, KILL },
	{ "ioctl", { 3, TIOCSCTTY }, KILL },
	{ "ioctl", { 3, 0 }, KILL },
	{ "execve", { 0x10 }, KILL },
	{ "execveat", { 3, SECCOMP_EXEC_PATH, 0, 0, AT_EMPTY_PATH }, ALLOW },
	{ "execveat", { 3, SECCOMP_EXEC_PATH, 0, 0, HIGH | AT_EMPTY_PATH }, ALLOW },
	{ "execveat", { 3, HIGH | SECCOMP_EXEC_PATH, 0, 0, AT_EMPTY_PATH }, KILL },
	{ "execveat", { 3, 1ULL << 63 | SECCOMP_EXEC_PATH, 0, 0, AT_EMPTY_PATH }, KILL },
	{ "execveat", { 3, SECCOMP_EXEC_PATH + 1, 0, 0, AT_EMPTY_PATH }, KILL },
	{ "execveat", { 3, 0, 0, 0, AT_EMPTY_PATH }, KILL },
	{ "execveat", { 3, SECCOMP_EXEC_PATH, 0, 0, 0 }, KILL },
	{ "execveat",
	  { 3, SECCOMP_EXEC_PATH, 0, 0, AT_EMPTY_PATH | AT_SYMLINK_NOFOLLOW },
	  KILL },
	{ "clone", { GLIBC_THREAD }, ALLOW },
	{ "clone", { THREAD }, ALLOW },
	{ "clone", { HIGH | GLIBC_THREAD }, ALLOW },
	{ "clone", { GLIBC_THREAD | CLONE_NEWUSER }, KILL },
	{ "clone", { GLIBC_THREAD | CLONE_NEWNS }, KILL },
	{ "clone", { GLIBC_THREAD | CLONE_UNTRACED }, KILL },
	{ "clone", { GLIBC_THREAD | CLONE_PTRACE }, KILL },
	{ "clone", { GLIBC_THREAD | CLONE_PIDFD }, KILL },
	{ "clone", { GLIBC_THREAD | CLONE_PARENT }, KILL },
	{ "clone", { GLIBC_THREAD | SIGCHLD }, KILL },
	{ "clone", { GLIBC_THREAD & ~(uint64_t)CLONE_THREAD }, KILL },
	{ "clone", { GLIBC_THREAD & ~(uint64_t)CLONE_FILES }, KILL },
	{ "clone", { SIGCHLD }, KILL },
	{ "clone3", { 0 }, NOSYS },
	{ "fork", { 0 }, KILL },
	{ "vfork", { 0 }, KILL },
	{ "unshare", { CLONE_NEWUSER }, KILL },
	{ "setns", { 3, 0 }, KILL },
	{ "mmap",
	  { 0, 4096, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS },
	  ALLOW },
	{ "mmap", { 0, 4096, PROT_READ | PROT_EXEC, MAP_PRIVATE }, ALLOW },
	{ "mmap", { 0, 4096, PROT_READ | PROT_EXEC, MAP_PRIVATE | MAP_ANONYMOUS }, KILL },
	{ "mmap", { 0, 4096, PROT_WRITE | PROT_EXEC, MAP_PRIVATE }, KILL },
	{ "mmap", { 0, 4096, HIGH | PROT_WRITE | PROT_EXEC, MAP_PRIVATE }, KILL },
	{ "mmap", { 0, 4096, PROT_WRITE | PROT_EXEC, HIGH | MAP_PRIVATE }, KILL },
	{ "mprotect", { 0, 4096, PROT_READ | PROT_WRITE }, ALLOW },
	{ "mprotect", { 0, 4096, PROT_READ | PROT_EXEC }, KILL },
	{ "mprotect", { 0, 4096, PROT_READ | PROT_WRITE | PROT_EXEC }, KILL },
	{ "mprotect", { 0, 4096, HIGH | PROT_EXEC }, KILL },
	{ "pkey_mprotect", { 0, 4096, PROT_READ, 0 }, KILL },
	{ "mremap", { 0, 4096, 8192, MREMAP_MAYMOVE }, ALLOW },
	{ "mremap", { 0, 4096, 8192, MREMAP_MAYMOVE | MREMAP_FIXED }, KILL },
	{ "prctl", { PR_SET_NAME }, ALLOW },
	{ "prctl", { PR_SET_DUMPABLE, 1 }, KILL },
	{ "prctl", { HIGH | PR_SET_DUMPABLE, 1 }, KILL },
	{ "prctl", { PR_SET_SECCOMP, 1 }, KILL },
	{ "prctl", { PR_SET_PTRACER, ~0ULL }, KILL },
	{ "prctl", { PR_SET_MM }, KILL },
	{ "prctl", { PR_CAP_AMBIENT, 2 }, KILL },
	{ "fcntl", { 3, F_GETFL }, ALLOW },
	{ "fcntl", { 3, F_SETFL, O_NONBLOCK }, ALLOW },
	{ "fcntl", { 3, F_SETOWN, 1 }, KILL },
	{ "fcntl", { 3, F_SETSIG, 9 }, KILL },
	{ "fcntl", { 3, F_SETLEASE }, KILL },
	{ "fcntl", { 3, F_NOTIFY }, KILL },
	{ "madvise", { 0, 0, MADV_DONTNEED }, ALLOW },
	{ "madvise", { 0, 0, MADV_MERGEABLE }, SECCOMP_RET_ERRNO | EINVAL },
	{ "madvise", { 0, 0, MADV_HWPOISON }, KILL },
	{ "madvise", { 0, 0, HIGH | MADV_HWPOISON }, KILL },
	{ "prlimit64", { 0, 7, 0, 0x1000 }, ALLOW },
	{ "prlimit64", { 0, 7, 0x1000 }, KILL },
	{ "prlimit64", { 0, 7, HIGH }, KILL },
	{ "prlimit64", { 1, 7, 0 }, KILL },
	{ "tgkill", { 1, 5, SIGUSR1 }, ALLOW },
	{ "tgkill", { 1, 5, SIGABRT }, ALLOW },
	{ "tgkill", { 1, 5, SIGBUS }, ALLOW },
	{ "tgkill", { 1, 5, SIGTRAP }, KILL },
	{ "tgkill", { 1, 5, SIGFPE }, KILL },
	{ "tgkill", { 2, 5, SIGUSR1 }, KILL },
	{ "tgkill", { 1, 5, SIGSTOP }, KILL },
	{ "kill", { 1, SIGTERM }, KILL },
	{ "tkill", { 1, SIGTERM }, KILL },
	{ "arch_prctl", { 0x1002 }, ALLOW },
	{ "arch_prctl", { 0x1001 }, SECCOMP_RET_ERRNO | EINVAL },
	{ "personality", { 0xffffffff }, KILL },
	{ "socket", { AF_UNIX, SOCK_STREAM }, SECCOMP_RET_ERRNO | EAFNOSUPPORT },
	{ "socket", { AF_NETLINK, SOCK_RAW }, SECCOMP_RET_ERRNO | EAFNOSUPPORT },
	{ "socketpair", { AF_UNIX, SOCK_STREAM }, KILL },
	{ "connect", { 3 }, KILL },
	{ "io_uring_setup", { 8 }, NOSYS },
	{ "io_uring_enter", { 3 }, KILL },
	{ "io_uring_register", { 3 }, KILL },
	{ "memfd_create", { 0 }, NOSYS },
	{ "seccomp", { 1 }, SECCOMP_RET_ERRNO | EPERM },
};

static void run_probes(const struct scvm *v, const struct probe *p, size_t n)
{
	size_t i;

	for (i = 0; i < n; i++) {
		const uint64_t args[6] = { p[i].args[0], p[i].args[1], p[i].args[2],
					   p[i].args[3], p[i].args[4], 0 };
		uint32_t r =
			scvm_ask_arch(v, AUDIT_ARCH_X86_64, nr(p[i].call), args, NULL);

		if (r != p[i].want)
			fail_msg(
				"%s(0x%llx, 0x%llx, 0x%llx, 0x%llx): 0x%x, expected 0x%x",
				p[i].call, (unsigned long long)args[0],
				(unsigned long long)args[1], (unsigned long long)args[2],
				(unsigned long long)args[3], r, p[i].want);
	}
}

static void test_arguments(void **state)
{
	struct scvm v;

	(void)state;
	scvm_init(&v);
	scvm_build(&v);
	run_probes(&v, probes, ARRAY_SIZE(probes));
	scvm_dispose(&v);
}

/* Never allowed, whatever is turned on. */
static void test_never(void **state)
{
	static const char *const never[] = {
		"ptrace",
		"bpf",
		"perf_event_open",
		"userfaultfd",
		"keyctl",
		"add_key",
		"request_key",
		"process_vm_readv",
		"process_vm_writev",
		"mount",
		"umount2",
		"pivot_root",
		"chroot",
		"fsopen",
		"fsmount",
		"move_mount",
		"open_tree",
		"mount_setattr",
		"open_by_handle_at",
		"kexec_load",
		"kexec_file_load",
		"init_module",
		"finit_module",
		"pidfd_getfd",
		"pidfd_open",
		"execve",
		"fork",
		"vfork",
		"unshare",
		"setns",
		"personality",
		"mknod",
		"mknodat",
		"setuid",
		"setresuid",
		"capset",
		"modify_ldt",
		"iopl",
		"ioperm",
		"reboot",
		"swapon",
		"setxattr",
		"fchmod",
		"chown",
		"process_madvise",
		"mq_open",
		"shmget",
		"shmat",
		"remap_file_pages",
		"pkey_mprotect",
		"symlink",
		"link",
		"rename",
		"mkdir",
		"openat2",
		"kcmp",
		"syslog",
		"acct",
		"quotactl",
		"vhangup",
	};
	struct scvm v;
	size_t i;

	(void)state;
	scvm_init(&v);
	v.nic.type.v = NIC_TAP;
	v.nic.vhost.v = true;
	v.disk.aio.v = AIO_IO_URING;
	v.disk.discard.v = true;
	v.policy.vnc.listen.v = "127.0.0.1:1";
	v.policy.vfio.n = 1;
	v.policy.memory_shared.v = v.policy.memory_locked.v = v.policy.mem.ksm.v = true;
	scvm_build(&v);
	for (i = 0; i < ARRAY_SIZE(never); i++)
		if (scvm_ask(&v, nr(never[i]), 0, 0, 0, 0) != KILL)
			fail_msg("%s is not refused", never[i]);
	print_message("with every feature: %u\n", scvm_count(&v));
	scvm_dispose(&v);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_size_of_the_hole),
		cmocka_unit_test(test_kvm_run_is_cheap),
		cmocka_unit_test(test_plain_calls_are_constant),
		cmocka_unit_test(test_every_number_has_a_class),
		cmocka_unit_test(test_filters_equal_their_sets),
		cmocka_unit_test(test_same_input_same_bytes),
		cmocka_unit_test(test_violations),
		cmocka_unit_test(test_arguments),
		cmocka_unit_test(test_never),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
