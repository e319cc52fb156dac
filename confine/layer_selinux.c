/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * SELinux. This version applies no label: it tells the truth about that. Where the
 * kernel does not run SELinux, "auto" is recorded as inactive and "required" refuses to
 * launch; where the kernel does run it, only "off" lets a VM start without a label.
 */
#include <errno.h>
#include <unistd.h>

#include "run.h"

static int selinux_load(struct run *run, const json_t *params, struct err *e)
{
	enum need need;

	if (run_need(params, "mode", &need, "layer selinux", e) < 0)
		return -e->code;
	run->selinux = need;
	return 0;
}

static int selinux_prepare(struct run *run, struct err *e)
{
	/* The kernel makes this mount point at boot when SELinux is enabled. */
	bool active = access("/sys/fs/selinux", F_OK) == 0;

	if (run->selinux == NEED_OFF) {
		run_note(run, MECH_selinux, LAYER_OFF, "off by the description");
		return 0;
	}
	if (active)
		return err_set(e, EOPNOTSUPP,
			       "SELinux is active on this kernel, and this version can't "
			       "apply a "
			       "label; say \"selinux: off\" to launch without one");
	if (run->selinux == NEED_REQUIRED)
		return err_set(e, EOPNOTSUPP,
			       "SELinux is required, but not active on this kernel");
	run_note(run, MECH_selinux, LAYER_INACTIVE, "not active on this kernel");
	return 0;
}

static void selinux_plan(const struct run *run, FILE *out)
{
	static const char *const texts[] = {
		"not active on this kernel is accepted and recorded",
		"required",
		"off by the description",
	};

	fprintf(out, "  SELinux: %s\n", texts[run->selinux]);
}

const struct layer layer_selinux = {
	.load = selinux_load,
	.prepare = selinux_prepare,
	.plan = selinux_plan,
};
