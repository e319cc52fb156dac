/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Flags of the address space that exec keeps (kernel/fork.c, MMF_INIT_MASK): memory that
 * was not executable when it was mapped never becomes so (PR_SET_MDWE, Linux 6.3), KSM
 * (PR_SET_MEMORY_MERGE, Linux 6.4), transparent huge pages (PR_SET_THP_DISABLE).
 */
#include <errno.h>
#include <string.h>

#include "jsonx.h"
#include "procfs.h"
#include "run.h"
#include "sys.h"
#include "trace.h"

static int memory_load(struct run *run, const json_t *params, struct err *e)
{
	const char *thp = "default";

	if (run_need(params, "mdwe", &run->mdwe, "layer memory", e) < 0 ||
	    jsonx_opt_bool(params, "ksm", &run->ksm, "layer memory", e) < 0 ||
	    jsonx_opt_string(params, "thp", &thp, "layer memory", e) < 0)
		return -e->code;
	if (strcmp(thp, "off") != 0 && strcmp(thp, "default") != 0)
		return err_set(e, EINVAL, "layer memory: thp is \"%s\"", thp);
	run->thp_off = !strcmp(thp, "off");
	return 0;
}

static int memory_prepare(struct run *run, struct err *e)
{
	bool has_mdwe = prctl(PR_GET_MDWE, 0, 0, 0, 0) >= 0;

	run->has_ksm_control = prctl(PR_GET_MEMORY_MERGE, 0, 0, 0, 0) >= 0;
	run->use_mdwe = run->mdwe != NEED_OFF && has_mdwe;
	if (run->mdwe == NEED_REQUIRED && !has_mdwe)
		return err_set(e, EOPNOTSUPP,
			       "this kernel has no PR_SET_MDWE (Linux 6.3)");
	if (run->mdwe == NEED_OFF)
		run_note(run, MECH_memory, LAYER_APPLIED, "mdwe: off by the description");
	else if (!has_mdwe)
		run_note(run, MECH_memory, LAYER_APPLIED,
			 "mdwe: unavailable on this kernel (Linux 6.3); the seccomp "
			 "filter "
			 "still refuses writable and executable mappings");
	return 0;
}

static int memory_apply(struct run *run, struct err *e)
{
	if (run->thp_off && prctl(PR_SET_THP_DISABLE, 1, 0, 0, 0) < 0)
		return err_errno(e, "cannot turn huge pages off");
	/* Setting needs CAP_SYS_RESOURCE, and most often nothing needs to be set. */
	if (run->has_ksm_control && prctl(PR_GET_MEMORY_MERGE, 0, 0, 0, 0) != run->ksm &&
	    prctl(PR_SET_MEMORY_MERGE, run->ksm, 0, 0, 0) < 0)
		return err_errno(e, "cannot set same-page merging");
	if (run->use_mdwe && prctl(PR_SET_MDWE, PR_MDWE_REFUSE_EXEC_GAIN, 0, 0, 0) < 0)
		return err_errno(
			e, "cannot forbid memory to become executable (PR_SET_MDWE)");
	return 0;
}

static int memory_ask(struct run *run, json_t *observed, const char *name, int option,
		      int64_t want, struct err *e)
{
	const uint64_t args[6] = { (uint64_t)option };
	int64_t got;

	if (trace_syscall(&run->tracee, SYS_prctl, args, &got, e) < 0)
		return -e->code;
	if (got != want)
		return err_set(e, EINVAL, "%s is %lld, not %lld", name, (long long)got,
			       (long long)want);
	json_object_set_new(observed, name, json_integer((json_int_t)got));
	return 0;
}

static int memory_verify(struct run *run, json_t *observed, struct err *e)
{
	char thp[8];

	/* Linux 5.0; 1 where huge pages may be used */
	if (procfs_field(run->status, "THP_enabled", thp, sizeof(thp), e) < 0)
		return -e->code;
	if (run->thp_off && strcmp(thp, "0") != 0)
		return err_set(e, EINVAL, "THP_enabled is %s, not 0", thp);
	json_object_set_new(observed, "thp_enabled", json_string(thp));
	if (run->has_ksm_control && memory_ask(run, observed, "memory_merge",
					       PR_GET_MEMORY_MERGE, run->ksm, e) < 0)
		return -e->code;
	if (run->use_mdwe && memory_ask(run, observed, "mdwe", PR_GET_MDWE,
					PR_MDWE_REFUSE_EXEC_GAIN, e) < 0)
		return -e->code;
	return 0;
}

static void memory_plan(const struct run *run, FILE *out)
{
	static const char *const needs[] = { "where the kernel has it", "required",
					     "off" };

	fprintf(out, "  memory never becomes executable (MDWE): %s\n", needs[run->mdwe]);
	fprintf(out, "  same-page merging (KSM): %s\n", run->ksm ? "allowed" : "off");
	fprintf(out, "  transparent huge pages: %s\n",
		run->thp_off ? "off" : "host's default");
}

const struct layer layer_memory = {
	.load = memory_load,
	.prepare = memory_prepare,
	.apply = memory_apply,
	.verify = memory_verify,
	.plan = memory_plan,
};
