/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The kernel and the simulator, asked the same. A child installs the compiled filter with
 * every action replaced by an error number of its own, so that no call of the sample is
 * carried out and each answer can be told apart.
 */
#include <errno.h>
#include <linux/kvm.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include "scvm.h"

/* A call with this as its last argument is let through: the child must be able to end. */
#define MAGIC 0x5e11f1d0U
#define MAX_ACTIONS 64
#define FIRST_CODE 1000U

struct actions {
	uint32_t action[MAX_ACTIONS];
	size_t n;
};

static uint32_t code_of(struct actions *a, uint32_t action)
{
	size_t i;

	for (i = 0; i < a->n && a->action[i] != action;)
		i++;
	assert_true(i < MAX_ACTIONS);
	if (i == a->n)
		a->action[a->n++] = action;
	return FIRST_CODE + (uint32_t)i;
}

/* Three instructions that let MAGIC through, then the filter with codes. */
static struct sock_filter *disarm(const struct scvm *v, struct actions *a)
{
	const size_t last = offsetof(struct seccomp_data, args) + 5 * sizeof(uint64_t);
	const struct sock_filter head[3] = {
		BPF_STMT(BPF_LD | BPF_W | BPF_ABS, (uint32_t)last),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, MAGIC, 0, 1),
		BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
	};
	struct sock_filter *p = calloc(v->n + 3, sizeof(*p));
	size_t i;

	assert_non_null(p);
	memcpy(p, head, sizeof(head));
	memcpy(p + 3, v->prog, v->n * sizeof(*p));
	for (i = 3; i < v->n + 3; i++)
		if (p[i].code == (BPF_RET | BPF_K))
			p[i].k = SECCOMP_RET_ERRNO | code_of(a, p[i].k);
	return p;
}

struct question {
	int nr;
	uint64_t args[6];
	int answer;
};

#define MAX_QUESTIONS 20000

struct exam {
	size_t n;
	int failed; /* errno of seccomp(2) */
	struct question q[MAX_QUESTIONS];
};

static void ask(struct exam *x, int nr, const uint64_t args[6])
{
	struct question *q = &x->q[x->n++];

	assert_true(x->n <= MAX_QUESTIONS);
	q->nr = nr;
	memcpy(q->args, args, sizeof(q->args));
}

static void prepare(struct exam *x, const struct scvm *v)
{
	static const uint64_t flips[] = { 0, 1, 1ULL << 31, 1ULL << 32, 1ULL << 63 };
	uint64_t args[6] = { 1, 2, 3, 4, 5, 6 };
	size_t i, c, k, f;
	int nr;

	/* Linux 6.14 passes uretprobe and uprobe by every filter; outside of a probe's
	 * trampoline they end in SIGILL. */
	for (nr = 0; nr < 600; nr++)
		if (nr != 335 && nr != 336)
			ask(x, nr, args);
	for (nr = 0; nr < 600; nr += 7)
		ask(x, nr | (int)SC_X32_BIT, args);
	for (i = 0; i < v->set.n; i++) {
		for (c = 0; c < v->set.rules[i].n; c++) {
			const struct sc_clause *l = &v->set.rules[i].clauses[c];

			memset(args, 0, sizeof(args));
			for (k = 0; k < l->n_cond; k++)
				args[l->cond[k].arg] = l->cond[k].value;
			for (k = 0; k < l->n_cond; k++)
				for (f = 0; f < ARRAY_SIZE(flips); f++) {
					args[l->cond[k].arg] ^= flips[f];
					ask(x, v->set.rules[i].nr, args);
					args[l->cond[k].arg] ^= flips[f];
				}
		}
	}
}

static _noreturn_ void sit_exam(struct exam *x, struct sock_fprog *f)
{
	size_t i;

	prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0);
	if (syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER, 0, f) < 0) {
		x->failed = errno;
		_exit(1);
	}
	for (i = 0; i < x->n; i++) {
		struct question *q = &x->q[i];

		q->answer = 0;
		if (syscall(q->nr, q->args[0], q->args[1], q->args[2], q->args[3],
			    q->args[4], q->args[5]) == -1)
			q->answer = errno;
	}
	for (;;)
		syscall(SYS_exit_group, 0, 0, 0, 0, 0, (long)MAGIC);
}

static void mark(const struct exam *x, const struct scvm *v, struct actions *a)
{
	size_t i;

	for (i = 0; i < x->n; i++) {
		const struct question *q = &x->q[i];
		uint32_t action =
			scvm_ask_arch(v, AUDIT_ARCH_X86_64, q->nr, q->args, NULL);

		if ((uint32_t)q->answer != code_of(a, action))
			fail_msg(
				"call %d(0x%llx, 0x%llx): kernel %d, simulator 0x%x (%u)",
				q->nr, (unsigned long long)q->args[0],
				(unsigned long long)q->args[1], q->answer, action,
				code_of(a, action));
	}
}

static void compare(const struct scvm *v)
{
	struct exam *x = mmap(NULL, sizeof(*x), PROT_READ | PROT_WRITE,
			      MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	struct actions a = { { 0 }, 0 };
	struct sock_filter *p = disarm(v, &a);
	struct sock_fprog f = { (unsigned short)(v->n + 3), p };
	int status;
	pid_t pid;

	assert_ptr_not_equal(x, MAP_FAILED);
	prepare(x, v);
	pid = fork();
	assert_true(pid >= 0);
	if (pid == 0)
		sit_exam(x, &f);
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_int_equal(x->failed, 0);
	assert_true(WIFEXITED(status) && WEXITSTATUS(status) == 0);
	mark(x, v, &a);
	print_message("%zu calls compared\n", x->n);
	munmap(x, sizeof(*x));
	free(p);
}

static void test_kvm(void **state)
{
	struct scvm v;

	(void)state;
	scvm_init(&v);
	scvm_build(&v);
	compare(&v);
	scvm_dispose(&v);
}

static void test_everything(void **state)
{
	struct scvm v;

	(void)state;
	scvm_init(&v);
	v.target.accel = ACCEL_TCG;
	v.nic.type.v = NIC_TAP;
	v.nic.vhost.v = true;
	v.disk.aio.v = AIO_NATIVE;
	v.policy.vnc.listen.v = "127.0.0.1:1";
	v.policy.vfio.n = 1;
	v.policy.memory_shared.v = true;
	v.policy.seccomp.violation.v = VIOLATION_ERRNO;
	scvm_build(&v);
	compare(&v);
	scvm_dispose(&v);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_kvm),
		cmocka_unit_test(test_everything),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
