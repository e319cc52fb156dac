/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The launcher's fault build: linked from the launcher's own objects with ld --wrap for
 * each function of wrap.def and for syscall(2). A tracer can't do this to the VMM's
 * process, since the launcher itself traces that one.
 */
#include <errno.h>
#include <fcntl.h>
#include <linux/sched.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "fault.h"

static struct fault_map *map;
static int process; /* which one this is */

long __real_syscall(long nr, long a, long b, long c, long d, long e, long f);
long __wrap_syscall(long nr, long a, long b, long c, long d, long e, long f);

static __attribute__((noreturn)) void die(void)
{
	/* SIGKILL as from outside. The init of a pid namespace is deaf to its own, and
	 * while it is traced to a trap as well: there it ends as suddenly by exit. */
	__real_syscall(SYS_kill, __real_syscall(SYS_getpid, 0, 0, 0, 0, 0, 0), SIGKILL, 0,
		       0, 0, 0);
	for (;;)
		__real_syscall(SYS_exit_group, 128 + SIGKILL, 0, 0, 0, 0, 0);
}

static __attribute__((constructor)) void open_map(void)
{
	const char *path = getenv(FAULT_ENV);
	long fd, p;

	if (!path)
		return;
	fd = __real_syscall(SYS_openat, AT_FDCWD, (long)path, O_RDWR, 0, 0, 0);
	if (fd < 0)
		_exit(99);
	p = __real_syscall(SYS_mmap, 0, sizeof(struct fault_map), PROT_READ | PROT_WRITE,
			   MAP_SHARED, fd, 0);
	if (p == -1)
		_exit(99);
	__real_syscall(SYS_close, fd, 0, 0, 0, 0, 0);
	map = (struct fault_map *)p;
	map->processes = 1;
	unsetenv(FAULT_ENV);
}

/* True if it is the target, which this process has met seen times already. */
static int is_target(const struct fault_call *c)
{
	static int seen;
	const struct fault_target *t = &map->target;

	return t->process == process && t->call.id == c->id && t->call.nr == c->nr &&
	       seen++ == t->nth;
}

/* Records the call; true if it must not be made, *ret then is 0 or -1. */
static int strike(int id, long nr, long failed, long *ret)
{
	struct fault_call c = { (uint16_t)id, (uint16_t)nr };
	int at;

	if (!map || process >= FAULT_PROCESSES)
		return 0;
	at = map->calls[process]++;
	if (at < FAULT_CALLS)
		map->call[process][at] = c;
	if (!is_target(&c))
		return 0;
	map->done = 1;
	if (map->action == FAULT_DIE)
		die();
	if (map->action == FAULT_ZERO) {
		*ret = 0;
		return 1;
	}
	errno = map->action;
	*ret = failed;
	return 1;
}

/* The number of the next process is drawn before it is born, so that runs are alike. */
static int next_process(void)
{
	return map ? map->processes++ : 0;
}

long __wrap_syscall(long nr, long a, long b, long c, long d, long e, long f)
{
	int births = nr == SYS_clone3 || nr == SYS_clone || nr == SYS_fork;
	int number;
	long r;

	if (strike(FAULT_ID_syscall, nr, -1, &r))
		return r;
	number = births ? next_process() : 0;
	r = __real_syscall(nr, a, b, c, d, e, f);
	if (births && r == 0)
		process = number;
	return r;
}

#define WRAP(name, failed)                                                             \
	long __real_##name(long a, long b, long c, long d, long e, long f);            \
	long __wrap_##name(long a, long b, long c, long d, long e, long f);            \
	long __wrap_##name(long a, long b, long c, long d, long e, long f)             \
	{                                                                              \
		int births = FAULT_ID_##name == FAULT_ID_fork, number;                 \
		long r;                                                                \
                                                                                       \
		if (strike(FAULT_ID_##name, 0, failed, &r))                            \
			return r;                                                      \
		number = births ? next_process() : 0;                                  \
		r = __real_##name(a, b, c, d, e, f);                                   \
		if (births && (int)r == 0)                                             \
			process = number;                                              \
		return r;                                                              \
	}
#include "wrap.def"
#undef WRAP
