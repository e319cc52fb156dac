/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * All five sets and the bounding set end empty, and the securebits are locked so that no
 * exec and no setuid can bring a capability back (capabilities(7)).
 */
#include <errno.h>
#include <linux/capability.h>
#include <linux/securebits.h>
#include <string.h>

#include "jsonx.h"
#include "procfs.h"
#include "run.h"
#include "sys.h"
#include "trace.h"

#define SECUREBITS                                                                       \
	(SECBIT_NOROOT | SECBIT_NOROOT_LOCKED | SECBIT_NO_SETUID_FIXUP |                 \
	 SECBIT_NO_SETUID_FIXUP_LOCKED | SECBIT_KEEP_CAPS_LOCKED |                       \
	 SECBIT_NO_CAP_AMBIENT_RAISE | SECBIT_NO_CAP_AMBIENT_RAISE_LOCKED)

static int capability_load(struct run *run, const json_t *params, struct err *e)
{
	json_t *keep;

	(void)run;
	if (jsonx_need_array(params, "keep", &keep, "layer capability", e) < 0)
		return -e->code;
	if (json_array_size(keep))
		return err_set(e, EINVAL, "layer capability: no VMM keeps a capability");
	return 0;
}

static int capability_set(uint32_t effective, struct err *e)
{
	struct __user_cap_header_struct h = { .version = _LINUX_CAPABILITY_VERSION_3 };
	struct __user_cap_data_struct d[2] = {
		{ .effective = effective, .permitted = effective },
	};

	if (syscall(SYS_capset, &h, d) < 0)
		return err_errno(e, "cannot set the capabilities");
	return 0;
}

static int capability_apply(struct run *run, struct err *e)
{
	int cap;

	(void)run;
	if (capability_set(1u << CAP_SETPCAP, e) < 0)
		return -e->code;
	/* Up to the first one that the kernel does not know. */
	for (cap = 0; prctl(PR_CAPBSET_DROP, cap, 0, 0, 0) == 0; cap++)
		;
	if (errno != EINVAL || cap <= CAP_AUDIT_READ)
		return err_errno(e, "cannot drop capability %d from the bounding set",
				 cap);
	if (prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_CLEAR_ALL, 0, 0, 0) < 0)
		return err_errno(e, "cannot clear the ambient capabilities");
	if (prctl(PR_SET_SECUREBITS, SECUREBITS, 0, 0, 0) < 0)
		return err_errno(e, "cannot lock the securebits");
	return capability_set(0, e);
}

static int capability_verify(struct run *run, json_t *observed, struct err *e)
{
	static const char *const sets[] = { "CapInh", "CapPrm", "CapEff", "CapBnd",
					    "CapAmb" };
	const uint64_t args[6] = { PR_GET_SECUREBITS };
	int64_t bits;
	size_t i;

	for (i = 0; i < ARRAY_SIZE(sets); i++) {
		char got[32];

		if (procfs_field(run->status, sets[i], got, sizeof(got), e) < 0)
			return -e->code;
		if (strspn(got, "0") != strlen(got))
			return err_set(e, EINVAL, "%s is %s, not empty", sets[i], got);
		json_object_set_new(observed, sets[i], json_string(got));
	}
	if (trace_syscall(&run->tracee, SYS_prctl, args, &bits, e) < 0)
		return -e->code;
	if (bits != SECUREBITS)
		return err_set(e, EINVAL, "securebits are 0x%llx, not 0x%x",
			       (unsigned long long)bits, SECUREBITS);
	json_object_set_new(observed, "securebits", json_integer((json_int_t)bits));
	return 0;
}

static void capability_plan(const struct run *run, FILE *out)
{
	(void)run;
	fprintf(out,
		"  inheritable, permitted, effective, ambient and bounding set: empty\n"
		"  securebits: 0x%x, locked\n",
		SECUREBITS);
}

const struct layer layer_capability = {
	.load = capability_load,
	.apply = capability_apply,
	.verify = capability_verify,
	.plan = capability_plan,
};
