/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <errno.h>

#include "launch.h"
#include "procfs.h"
#include "trace.h"

int launch_verify(struct run *run, struct err *e)
{
	enum mech m;

	if (procfs_read(run->proc_fd, "status", &run->status, NULL, e) < 0 ||
	    trace_settle(&run->tracee, run->pid, run->proc_fd, e) < 0)
		return -e->code;
	for (m = 0; m < MECH_COUNT; m++) {
		const struct layer *l = layer_of(m);

		run->observed[m] = json_object();
		if (l->verify && l->verify(run, run->observed[m], e) < 0)
			return err_wrap(e, "%s", mech_name(m));
	}
	return 0;
}
