/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * What a filter costs: attaching it (a new child each time, the filters in turn) and one
 * system call under it. Ours against libseccomp with the same set of calls and argument
 * checks, linear and as a tree (OPTIMIZE 2). Prints a table; never passes or fails.
 */
#include <errno.h>
#include <linux/kvm.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include <seccomp.h>

#include "fdio.h"
#include "unit/scvm.h"

#define ROUNDS 301
#define CALLS 20000

struct filter {
	const char *name;
	struct sock_filter *prog;
	size_t n;
	unsigned emulated; /* instructions that the kernel runs to fill its bitmap */
	double attach[ROUNDS], plain[ROUNDS], ioctl[ROUNDS];
};

struct result {
	double attach, plain, ioctl;
};

static _noreturn_ void die(const char *what)
{
	perror(what);
	exit(1);
}

static double now(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (double)t.tv_sec * 1e9 + (double)t.tv_nsec;
}

static uint32_t scmp_action(uint32_t action)
{
	switch (action & SECCOMP_RET_ACTION_FULL) {
	case SECCOMP_RET_ALLOW: return SCMP_ACT_ALLOW;
	case SECCOMP_RET_ERRNO: return SCMP_ACT_ERRNO(action & SECCOMP_RET_DATA);
	default: return SCMP_ACT_KILL_PROCESS;
	}
}

static void add_clause(scmp_filter_ctx ctx, const struct sc_rule *r,
		       const struct sc_clause *c)
{
	struct scmp_arg_cmp args[SC_MAX_COND];
	size_t i;

	for (i = 0; i < c->n_cond; i++)
		args[i] = SCMP_CMP64(c->cond[i].arg, SCMP_CMP_MASKED_EQ, c->cond[i].mask,
				     c->cond[i].value);
	seccomp_rule_add_array(ctx, scmp_action(c->action), r->nr, c->n_cond, args);
}

/* The same set through libseccomp. */
static void with_libseccomp(struct filter *f, const struct sc_set *s, unsigned optimize)
{
	scmp_filter_ctx ctx = seccomp_init(SCMP_ACT_KILL_PROCESS);
	int fd = memfd_create("filter", MFD_CLOEXEC);
	struct err e = ERR_INIT;
	char *bytes = NULL;
	size_t i, c, len = 0;

	seccomp_attr_set(ctx, SCMP_FLTATR_CTL_OPTIMIZE, optimize);
	for (i = 0; i < s->n; i++) {
		const struct sc_rule *r = &s->rules[i];

		for (c = 0; c < r->n; c++)
			add_clause(ctx, r, &r->clauses[c]);
		if (r->n == 0)
			seccomp_rule_add(ctx, scmp_action(r->otherwise), r->nr, 0);
	}
	if (fd < 0 || seccomp_export_bpf(ctx, fd) < 0 || lseek(fd, 0, SEEK_SET) < 0 ||
	    fdio_read_all(fd, 1 << 20, &bytes, &len, &e) < 0)
		die("libseccomp");
	seccomp_release(ctx);
	close(fd);
	f->prog = (struct sock_filter *)bytes;
	f->n = len / sizeof(*f->prog);
}

static double time_calls(long nr, long a0, long a1)
{
	double start = now();
	int i;

	for (i = 0; i < CALLS; i++)
		syscall(nr, a0, a1, 0);
	return (now() - start) / CALLS;
}

static void child(const struct filter *f, struct result *r)
{
	struct sock_fprog prog = { (unsigned short)f->n, f->prog };
	double start;

	prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0);
	if (f->n) {
		start = now();
		if (syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER, 0, &prog) < 0)
			_exit(1);
		r->attach = (now() - start) / 1000;
	}
	r->plain = time_calls(SYS_getpid, 0, 0);
	r->ioctl = time_calls(SYS_ioctl, -1, KVM_RUN);
	_exit(0);
}

static void measure(struct filter *f, int round, struct result *shared)
{
	int status;
	pid_t pid;

	memset(shared, 0, sizeof(*shared));
	pid = fork();
	if (pid < 0)
		die("fork");
	if (pid == 0)
		child(f, shared);
	if (waitpid(pid, &status, 0) != pid || !WIFEXITED(status) ||
	    WEXITSTATUS(status)) {
		fprintf(stderr, "%s: the child ended with status 0x%x\n", f->name,
			status);
		exit(1);
	}
	f->attach[round] = shared->attach;
	f->plain[round] = shared->plain;
	f->ioctl[round] = shared->ioctl;
}

static int by_value(const void *a, const void *b)
{
	double x = *(const double *)a, y = *(const double *)b;

	return (x > y) - (x < y);
}

static void print(struct filter *f)
{
	qsort(f->attach, ROUNDS, sizeof(double), by_value);
	qsort(f->plain, ROUNDS, sizeof(double), by_value);
	qsort(f->ioctl, ROUNDS, sizeof(double), by_value);
	printf("%-22s %5zu %9u  %6.0f %6.0f   %5.0f %5.0f   %5.0f %5.0f\n", f->name, f->n,
	       f->emulated, f->attach[0], f->attach[ROUNDS / 2], f->plain[0],
	       f->plain[ROUNDS / 2], f->ioctl[0], f->ioctl[ROUNDS / 2]);
}

static void count_emulated(struct filter *f, int max)
{
	unsigned steps;
	int nr;

	for (nr = 0; f->n && nr <= max; nr++) {
		bpfsim_const_allow(f->prog, f->n, AUDIT_ARCH_X86_64, nr, &steps);
		f->emulated += steps;
		bpfsim_const_allow(f->prog, f->n, AUDIT_ARCH_I386, nr, &steps);
		f->emulated += steps;
	}
}

int main(void)
{
	static struct filter f[] = {
		{ .name = "no filter" },
		{ .name = "brattice" },
		{ .name = "libseccomp linear" },
		{ .name = "libseccomp OPTIMIZE=2" },
	};
	struct result *shared = mmap(NULL, sizeof(*shared), PROT_READ | PROT_WRITE,
				     MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	struct scvm v;
	size_t i;
	int round;

	if (shared == MAP_FAILED)
		die("mmap");
	scvm_init(&v);
	scvm_build(&v);
	f[1].prog = v.prog;
	f[1].n = v.n;
	with_libseccomp(&f[2], &v.set, 1);
	with_libseccomp(&f[3], &v.set, 2);
	for (round = 0; round < ROUNDS; round++)
		for (i = 0; i < ARRAY_SIZE(f); i++)
			measure(&f[i], round, shared);
	puts("seccomp                        emulated   attach us        getpid ns     "
	     "ioctl(KVM_RUN) ns");
	puts("filter                 insns  at attach     min median     min median    "
	     "min median");
	for (i = 0; i < ARRAY_SIZE(f); i++) {
		count_emulated(&f[i], v.set.max);
		print(&f[i]);
	}
	return 0;
}
