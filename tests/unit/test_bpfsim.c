/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The simulator against hand-made programs and against the kernel. */
#include <errno.h>
#include <linux/audit.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include "bpfsim.h"

#define STMT(c, v) BPF_STMT((unsigned short)(c), v)
#define JUMP(c, v, t, f) BPF_JUMP((unsigned short)(c), v, t, f)
#define RET(v) STMT(BPF_RET | BPF_K, v)
#define LOAD(off) STMT(BPF_LD | BPF_W | BPF_ABS, off)

static int check(const struct sock_filter *p, size_t n)
{
	struct err e = ERR_INIT;

	return bpfsim_check(p, n, &e);
}

/* What the kernel says to a program: 0 or -errno. A child tries it. */
static int kernel_check(struct sock_filter *p, size_t n)
{
	struct sock_fprog f = { (unsigned short)n, p };
	int status;
	pid_t pid = fork();

	assert_true(pid >= 0);
	if (pid == 0) {
		prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0);
		/* An unknown flag is refused only after the program is checked in no
		 * kernel, so the child really installs it, and exits whatever it says. */
		if (syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER, 0, &f) == 0)
			raise(9);
		_exit(errno);
	}
	assert_int_equal(waitpid(pid, &status, 0), pid);
	return WIFEXITED(status) ? -WEXITSTATUS(status) : 0;
}

struct sample {
	const char *what;
	int expected;
	struct sock_filter p[6];
	size_t n;
};

static struct sample samples[] = {
	{ "one return", 0, { RET(0) }, 1 },
	{ "return of A", 0, { STMT(BPF_LD | BPF_IMM, 5), STMT(BPF_RET | BPF_A, 0) }, 2 },
	{ "no return", -EINVAL, { LOAD(0) }, 1 },
	{ "return in the middle", -EINVAL, { RET(0), LOAD(0) }, 2 },
	{ "load of the last word", 0, { LOAD(60), RET(0) }, 2 },
	{ "load beyond", -EINVAL, { LOAD(64), RET(0) }, 2 },
	{ "load not aligned", -EINVAL, { LOAD(2), RET(0) }, 2 },
	{ "load of ancillary data", -EINVAL, { LOAD(0xfffff000), RET(0) }, 2 },
	{ "load of a byte", -EINVAL, { STMT(BPF_LD | BPF_B | BPF_ABS, 0), RET(0) }, 2 },
	{ "load of a half", -EINVAL, { STMT(BPF_LD | BPF_H | BPF_ABS, 0), RET(0) }, 2 },
	{ "indirect load", -EINVAL, { STMT(BPF_LD | BPF_W | BPF_IND, 0), RET(0) }, 2 },
	{ "length",
	  0,
	  { STMT(BPF_LD | BPF_W | BPF_LEN, 0), STMT(BPF_RET | BPF_A, 0) },
	  2 },
	{ "jump to the end", 0, { STMT(BPF_JMP | BPF_JA, 0), RET(0) }, 2 },
	{ "jump beyond", -EINVAL, { STMT(BPF_JMP | BPF_JA, 1), RET(0) }, 2 },
	{ "jump wraps", -EINVAL, { STMT(BPF_JMP | BPF_JA, 0xffffffff), RET(0) }, 2 },
	{ "true beyond", -EINVAL, { JUMP(BPF_JMP | BPF_JEQ, 0, 1, 0), RET(0) }, 2 },
	{ "false beyond", -EINVAL, { JUMP(BPF_JMP | BPF_JEQ, 0, 0, 1), RET(0) }, 2 },
	{ "compare with X", 0, { JUMP(BPF_JMP | BPF_JGT | BPF_X, 0, 0, 0), RET(0) }, 2 },
	{ "divide by zero", -EINVAL, { STMT(BPF_ALU | BPF_DIV, 0), RET(0) }, 2 },
	{ "divide by X", 0, { STMT(BPF_ALU | BPF_DIV | BPF_X, 0), RET(0) }, 2 },
	{ "modulo", -EINVAL, { STMT(BPF_ALU | BPF_MOD, 3), RET(0) }, 2 },
	{ "shift by 31", 0, { STMT(BPF_ALU | BPF_LSH, 31), RET(0) }, 2 },
	{ "shift by 32", -EINVAL, { STMT(BPF_ALU | BPF_RSH, 32), RET(0) }, 2 },
	{ "scratch 15", 0, { STMT(BPF_ST, 15), STMT(BPF_LD | BPF_MEM, 15), RET(0) }, 3 },
	{ "scratch 16", -EINVAL, { STMT(BPF_ST, 16), RET(0) }, 2 },
	{ "scratch not written", -EINVAL, { STMT(BPF_LD | BPF_MEM, 3), RET(0) }, 2 },
	{ "scratch written on one way only",
	  -EINVAL,
	  { JUMP(BPF_JMP | BPF_JEQ, 0, 0, 1), STMT(BPF_ST, 1), STMT(BPF_LDX | BPF_MEM, 1),
	    RET(0) },
	  4 },
	{ "scratch written on both ways",
	  0,
	  { JUMP(BPF_JMP | BPF_JEQ, 0, 0, 2), STMT(BPF_STX, 1), STMT(BPF_JMP | BPF_JA, 1),
	    STMT(BPF_ST, 1), STMT(BPF_LDX | BPF_MEM, 1), RET(0) },
	  6 },
	{ "code 0xffff", -EINVAL, { STMT(0xffff, 0), RET(0) }, 2 },
	{ "extended return", -EINVAL, { STMT(BPF_JMP | 0x90, 0), RET(0) }, 2 },
};

static void test_check_as_the_kernel(void **state)
{
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(samples) / sizeof(samples[0]); i++) {
		struct sample *s = &samples[i];
		int kernel = kernel_check(s->p, s->n);

		if (check(s->p, s->n) != s->expected || kernel != s->expected)
			fail_msg("%s: here %d, kernel %d, expected %d", s->what,
				 check(s->p, s->n), kernel, s->expected);
	}
}

static void test_check_length(void **state)
{
	struct sock_filter *p = calloc(BPF_MAXINSNS + 1, sizeof(*p));
	size_t i;

	(void)state;
	assert_non_null(p);
	for (i = 0; i <= BPF_MAXINSNS; i++)
		p[i] = (struct sock_filter)RET(SECCOMP_RET_ALLOW);
	assert_int_equal(check(p, 0), -EINVAL);
	assert_int_equal(check(p, BPF_MAXINSNS), 0);
	assert_int_equal(check(p, BPF_MAXINSNS + 1), -EINVAL);
	free(p);
}

static uint32_t run(const struct sock_filter *p, size_t n, unsigned *steps)
{
	const struct seccomp_data d = { .nr = 7,
					.arch = AUDIT_ARCH_X86_64,
					.instruction_pointer = 0x1122334455667788,
					.args = { 0x8000000000000001, 2, 3, 4, 5, 6 } };

	assert_int_equal(check(p, n), 0);
	return bpfsim_run(p, n, &d, steps);
}

#define RUN(...)                                                                        \
	run((struct sock_filter[]){ __VA_ARGS__ },                                      \
	    sizeof((struct sock_filter[]){ __VA_ARGS__ }) / sizeof(struct sock_filter), \
	    NULL)
#define RET_A STMT(BPF_RET | BPF_A, 0)
#define IMM(v) STMT(BPF_LD | BPF_IMM, v)
#define X_IMM(v) STMT(BPF_LDX | BPF_IMM, v)
#define ALU_K(op, v) STMT(BPF_ALU | op | BPF_K, v)
#define ALU_X(op) STMT(BPF_ALU | op | BPF_X, 0)

static void test_arithmetic(void **state)
{
	(void)state;
	assert_int_equal(RUN(IMM(7), ALU_K(BPF_ADD, 5), RET_A), 12);
	assert_int_equal(RUN(IMM(0xffffffff), ALU_K(BPF_ADD, 2), RET_A), 1);
	assert_int_equal(RUN(IMM(1), X_IMM(2), ALU_X(BPF_SUB), RET_A), 0xffffffff);
	assert_int_equal(RUN(IMM(0x10000), ALU_K(BPF_MUL, 0x10001), RET_A), 0x10000);
	assert_int_equal(RUN(IMM(7), X_IMM(2), ALU_X(BPF_DIV), RET_A), 3);
	assert_int_equal(RUN(IMM(7), ALU_X(BPF_DIV), RET_A), SECCOMP_RET_KILL_THREAD);
	assert_int_equal(RUN(IMM(12), ALU_K(BPF_AND, 10), RET_A), 8);
	assert_int_equal(RUN(IMM(12), ALU_K(BPF_OR, 3), RET_A), 15);
	assert_int_equal(RUN(IMM(12), ALU_K(BPF_XOR, 10), RET_A), 6);
	assert_int_equal(RUN(IMM(1), X_IMM(33), ALU_X(BPF_LSH), RET_A), 2);
	assert_int_equal(RUN(IMM(8), ALU_K(BPF_RSH, 2), RET_A), 2);
	assert_int_equal(RUN(IMM(1), ALU_K(BPF_NEG, 0), RET_A), 0xffffffff);
	assert_int_equal(RUN(STMT(BPF_LDX | BPF_W | BPF_LEN, 0),
			     STMT(BPF_MISC | BPF_TXA, 0), RET_A),
			 64);
	assert_int_equal(RUN(IMM(9), STMT(BPF_MISC | BPF_TAX, 0), IMM(0),
			     STMT(BPF_MISC | BPF_TXA, 0), RET_A),
			 9);
	assert_int_equal(RUN(IMM(9), STMT(BPF_ST, 3), IMM(0), STMT(BPF_LD | BPF_MEM, 3),
			     RET_A),
			 9);
}

static void test_loads(void **state)
{
	(void)state;
	assert_int_equal(RUN(LOAD(0), RET_A), 7);
	assert_int_equal(RUN(LOAD(4), RET_A), AUDIT_ARCH_X86_64);
	assert_int_equal(RUN(LOAD(8), RET_A), 0x55667788);
	assert_int_equal(RUN(LOAD(12), RET_A), 0x11223344);
	assert_int_equal(RUN(LOAD(16), RET_A), 1);
	assert_int_equal(RUN(LOAD(20), RET_A), 0x80000000);
	assert_int_equal(RUN(LOAD(60), RET_A), 0);
}

static void test_jumps_and_steps(void **state)
{
	const struct sock_filter p[] = {
		LOAD(16),
		JUMP(BPF_JMP | BPF_JEQ, 1, 1, 0),
		RET(1),
		JUMP(BPF_JMP | BPF_JGE, 1, 0, 1),
		JUMP(BPF_JMP | BPF_JGT, 1, 0, 1),
		RET(2),
		JUMP(BPF_JMP | BPF_JSET, 1, 1, 0),
		RET(3),
		STMT(BPF_JMP | BPF_JA, 1),
		RET(4),
		RET(5),
	};
	unsigned steps;

	(void)state;
	assert_int_equal(run(p, sizeof(p) / sizeof(p[0]), &steps), 5);
	assert_int_equal(steps, 7);
}

static void test_unchecked_program_does_no_harm(void **state)
{
	const struct seccomp_data d = { .nr = 0 };
	const struct sock_filter p[] = { LOAD(0xfffffffc), STMT(BPF_LD | BPF_MEM, 99),
					 STMT(BPF_ALU | 0xf0, 0),
					 STMT(BPF_JMP | BPF_JA, 0xfffffff0) };

	(void)state;
	assert_int_equal(bpfsim_run(p, 2, &d, NULL), SECCOMP_RET_KILL_PROCESS);
	assert_int_equal(bpfsim_run(p + 3, 1, &d, NULL), SECCOMP_RET_KILL_PROCESS);
	assert_int_equal(bpfsim_run(p, 0, &d, NULL), SECCOMP_RET_KILL_PROCESS);
}

static void test_constant_answers(void **state)
{
	const struct sock_filter p[] = { LOAD(0), JUMP(BPF_JMP | BPF_JEQ, 7, 0, 1),
					 RET(SECCOMP_RET_ALLOW), LOAD(16),
					 RET(SECCOMP_RET_ALLOW) };
	unsigned steps;

	(void)state;
	assert_true(bpfsim_const_allow(p, 5, AUDIT_ARCH_X86_64, 7, &steps));
	assert_int_equal(steps, 3);
	assert_false(bpfsim_const_allow(p, 5, AUDIT_ARCH_X86_64, 8, NULL));
}

static void test_combination(void **state)
{
	(void)state;
	assert_int_equal(bpfsim_combine(SECCOMP_RET_ALLOW, SECCOMP_RET_ERRNO | 1),
			 SECCOMP_RET_ERRNO | 1);
	assert_int_equal(bpfsim_combine(SECCOMP_RET_KILL_THREAD,
					SECCOMP_RET_KILL_PROCESS),
			 SECCOMP_RET_KILL_PROCESS);
	assert_int_equal(bpfsim_combine(SECCOMP_RET_ERRNO | 2, SECCOMP_RET_ERRNO | 1),
			 SECCOMP_RET_ERRNO | 2);
	assert_true(bpfsim_permits(SECCOMP_RET_LOG));
	assert_false(bpfsim_permits(SECCOMP_RET_TRACE));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_check_as_the_kernel),
		cmocka_unit_test(test_check_length),
		cmocka_unit_test(test_arithmetic),
		cmocka_unit_test(test_loads),
		cmocka_unit_test(test_jumps_and_steps),
		cmocka_unit_test(test_unchecked_program_does_no_harm),
		cmocka_unit_test(test_constant_answers),
		cmocka_unit_test(test_combination),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
