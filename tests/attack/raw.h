/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef BRATTICE_TESTS_RAW_H
#define BRATTICE_TESTS_RAW_H

/*
 * A hostile VMM without a C library: it makes no system call of its own accord, so that
 * whatever the kernel answers belongs to the attack. x86-64 only, as the filter is.
 */
#include <asm/unistd.h>
#include <stddef.h>
#include <stdint.h>

#define MAX_ERRNO 4095

static inline long raw6(long nr, long a, long b, long c, long d, long e, long f)
{
	register long r10 __asm__("r10") = d;
	register long r8 __asm__("r8") = e;
	register long r9 __asm__("r9") = f;
	long ret;

	__asm__ volatile("syscall"
			 : "=a"(ret)
			 : "a"(nr), "D"(a), "S"(b), "d"(c), "r"(r10), "r"(r8), "r"(r9)
			 : "rcx", "r11", "memory");
	return ret;
}

#define RAW_PICK(nr, a, b, c, d, e, f, ...) \
	raw6((nr), (long)(a), (long)(b), (long)(c), (long)(d), (long)(e), (long)(f))
/* raw(number, up to six arguments): the kernel's answer, -errno on failure */
#define raw(...) RAW_PICK(__VA_ARGS__, 0, 0, 0, 0, 0, 0, 0)

/* What the stub was told on its command line; 0 or NULL when it was not. */
struct target {
	const char *self;	/* argv[0] */
	const char *disk;	/* path of another VM's disk on the host */
	const char *dir;	/* a directory on the host */
	long pid;		/* process on the host that is none of our business */
	long fd;		/* our own disk, default 3 */
	long cgroup;		/* unused descriptor numbers start here */
};

/*
 * One attack. Expectations are lists of words separated by '|': an errno name, or KILL
 * (SIGSYS), SEGV. "kill": under the filter as compiled. "second": with a filter that only
 * logs, so that what refuses is the wall behind it; "-" = the filter is the only wall.
 */
struct attack {
	const char *name;
	long (*run)(const struct target *t);
	const char *kill, *second;
};

extern const struct attack attacks_exec[], attacks_process[], attacks_files[],
	attacks_kernel[], attacks_ipc[];

void out_text(const char *s);
void out_number(unsigned long n);
void out_hex(unsigned long n);
const char *errno_name(long e);
void report(const struct target *t, char **env);
int text_equal(const char *a, const char *b);

#endif
