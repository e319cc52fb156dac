/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * AppArmor. This version applies no label: it tells the truth about that. Where the
 * kernel does not run AppArmor, "auto" is recorded as inactive and "required" refuses
 * to launch; where the kernel does run it, only "off" lets a VM start without a label.
 */
#include <errno.h>
#include <fcntl.h>
#include <unistd.h>

#include "run.h"

/* "Y" there: the module is built in and enabled at boot. */
static bool apparmor_enabled(void)
{
	_cleanup_close_ int fd = open("/sys/module/apparmor/parameters/enabled",
				      O_RDONLY | O_CLOEXEC);
	char c = 'N';

	return fd >= 0 && read(fd, &c, 1) == 1 && c == 'Y';
}

static int apparmor_load(struct run *run, const json_t *params, struct err *e)
{
	enum need need;

	if (run_need(params, "mode", &need, "layer apparmor", e) < 0)
		return -e->code;
	run->apparmor = need;
	return 0;
}

static int apparmor_prepare(struct run *run, struct err *e)
{
	bool active = apparmor_enabled();

	if (run->apparmor == NEED_OFF) {
		run_note(run, MECH_apparmor, LAYER_OFF, "off by the description");
		return 0;
	}
	if (active)
		return err_set(e, EOPNOTSUPP,
			       "AppArmor is active on this kernel, and this version "
			       "can't apply a "
			       "label; say \"apparmor: off\" to launch without one");
	if (run->apparmor == NEED_REQUIRED)
		return err_set(e, EOPNOTSUPP,
			       "AppArmor is required, but not active on this kernel");
	run_note(run, MECH_apparmor, LAYER_INACTIVE, "not active on this kernel");
	return 0;
}

static void apparmor_plan(const struct run *run, FILE *out)
{
	static const char *const texts[] = {
		"not active on this kernel is accepted and recorded",
		"required",
		"off by the description",
	};

	fprintf(out, "  AppArmor: %s\n", texts[run->apparmor]);
}

const struct layer layer_apparmor = {
	.load = apparmor_load,
	.prepare = apparmor_prepare,
	.plan = apparmor_plan,
};
