/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The VMM's process before it becomes the VMM. No allocation, no return. */
#include <errno.h>
#include <fcntl.h>
#include <string.h>

#include "launch.h"
#include "seccomp_exec.h"
#include "sys.h"

static void child_fail(const struct run *run, enum mech m,
		       const struct err *e) _noreturn_;

static void child_fail(const struct run *run, enum mech m, const struct err *e)
{
	struct launch_report report = { m, *e };

	report.err.loc.file = NULL;
	if (write(run->report_fd, &report, sizeof(report)) != sizeof(report))
		_exit(CONFINE_FAILED - 1);
	_exit(CONFINE_FAILED);
}

/* All but 0, 1, 2, the objects, and the two that exec closes. */
static int child_close_descriptors(const struct run *run, struct err *e)
{
	unsigned first = 3 + (unsigned)run->n_objects;
	unsigned a = (unsigned)run->report_fd, b = (unsigned)run->emulator_fd;

	if (a > b) {
		unsigned t = a;

		a = b;
		b = t;
	}
	if ((a > first && sys_close_range(first, a - 1) < 0) ||
	    (b > a + 1 && sys_close_range(a + 1, b - 1) < 0) ||
	    sys_close_range(b + 1, ~0u) < 0)
		return err_errno(e, "cannot close the descriptors");
	return 0;
}

static void child_apply(struct run *run)
{
	enum mech m;

	for (m = 0; m < MECH_COUNT; m++) {
		const struct layer *l = layer_of(m);
		struct err e = ERR_INIT;

		/* After the filter only the exec is possible. */
		if (m == MECH_seccomp && child_close_descriptors(run, &e) < 0)
			child_fail(run, MECH_process, &e);
		if (l->apply && l->apply(run, &e) < 0)
			child_fail(run, m, &e);
	}
}

void launch_child(struct run *run)
{
	struct err e = ERR_INIT;
	char go;
	ssize_t n;

	do
		n = read(run->go_fd, &go, 1);
	while (n < 0 && errno == EINTR);
	if (n != 1)
		_exit(CONFINE_FAILED); /* the supervisor gave up */
	child_apply(run);
	syscall(SYS_execveat, run->emulator_fd, (const char *)SECCOMP_EXEC_PATH,
		run->argv, run->env, AT_EMPTY_PATH);
	err_errno(&e, "cannot execute %s", run->emulator);
	child_fail(run, MECH_COUNT, &e);
}
