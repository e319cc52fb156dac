/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * PR_SET_SPECULATION_CTRL (Linux 4.17): force-disabled can't be taken back and survives
 * exec. Core scheduling (PR_SCHED_CORE, Linux 5.14): an own cookie, so that no other VM
 * shares a core with this one at the same time.
 */
#include <errno.h>
#include <string.h>

#include "jsonx.h"
#include "run.h"
#include "sys.h"
#include "trace.h"

enum { SPEC_CORE = 3 };

static const struct {
	const char *key;
	unsigned long control; /* PR_SPEC_* */
	unsigned long value; /* what is set */
} rows[] = {
	{ "store_bypass", PR_SPEC_STORE_BYPASS, PR_SPEC_FORCE_DISABLE },
	{ "indirect_branch", PR_SPEC_INDIRECT_BRANCH, PR_SPEC_FORCE_DISABLE },
	{ "l1d_flush", PR_SPEC_L1D_FLUSH, PR_SPEC_ENABLE },
	{ "core_scheduling", 0, 0 },
};

static int speculation_load(struct run *run, const json_t *params, struct err *e)
{
	size_t i;

	for (i = 0; i < ARRAY_SIZE(rows); i++)
		if (run_need(params, rows[i].key, &run->speculation[i],
			     "layer speculation", e) < 0)
			return -e->code;
	return 0;
}

/* Can it be set for a single task on this machine? (PR_SPEC_PRCTL, and for L1D the
 * flush.) */
static bool speculation_possible(size_t i, const char **why)
{
	int r;

	if (i == SPEC_CORE) {
		uint64_t cookie = 0;

		r = prctl(PR_SCHED_CORE, PR_SCHED_CORE_GET, 0, 0, &cookie);
		*why = "the kernel or the processor has no core scheduling";
		return r == 0;
	}
	r = prctl(PR_GET_SPECULATION_CTRL, rows[i].control, 0, 0, 0);
	*why = r == PR_SPEC_NOT_AFFECTED ? "this processor is not affected"
					 : "this kernel can't set it for a process";
	if (r >= 0 && ((unsigned)r & PR_SPEC_FORCE_DISABLE) &&
	    rows[i].value == PR_SPEC_FORCE_DISABLE)
		return true;
	return r > 0 && ((unsigned)r & PR_SPEC_PRCTL);
}

/* Applied if anything is; the note says what is not. */
static enum layer_state speculation_state(const struct run *run)
{
	enum layer_state s = LAYER_OFF;
	size_t i;

	for (i = 0; i < ARRAY_SIZE(rows); i++) {
		if (run->use_speculation[i])
			return LAYER_APPLIED;
		if (run->speculation[i] != NEED_OFF)
			s = LAYER_UNAVAILABLE;
	}
	return s;
}

static int speculation_prepare(struct run *run, struct err *e)
{
	char note[400] = "";
	size_t i;

	for (i = 0; i < ARRAY_SIZE(rows); i++) {
		const char *why = "off by the description";
		size_t n = strlen(note);

		run->use_speculation[i] = run->speculation[i] != NEED_OFF &&
					  speculation_possible(i, &why);
		if (run->use_speculation[i])
			continue;
		if (run->speculation[i] == NEED_REQUIRED && !strstr(why, "not affected"))
			return err_set(e, EOPNOTSUPP, "%s is required, but %s",
				       rows[i].key, why);
		snprintf(note + n, sizeof(note) - n, "%s%s: %s", n ? "; " : "",
			 rows[i].key, why);
	}
	run_note(run, MECH_speculation, speculation_state(run), "%s", note);
	return 0;
}

static int speculation_apply(struct run *run, struct err *e)
{
	size_t i;

	for (i = 0; i < SPEC_CORE; i++)
		if (run->use_speculation[i] &&
		    prctl(PR_SET_SPECULATION_CTRL, rows[i].control, rows[i].value, 0, 0) <
			    0)
			return err_errno(e, "cannot set %s", rows[i].key);
	if (run->use_speculation[SPEC_CORE] &&
	    prctl(PR_SCHED_CORE, PR_SCHED_CORE_CREATE, 0,
		  PR_SCHED_CORE_SCOPE_THREAD_GROUP, 0) < 0)
		return err_errno(e, "cannot make a core-scheduling cookie");
	return 0;
}

static int speculation_verify_core(struct run *run, json_t *observed, struct err *e)
{
	uint64_t cookie = 0, own = 0;

	if (prctl(PR_SCHED_CORE, PR_SCHED_CORE_GET, run->pid, 0, &cookie) < 0 ||
	    prctl(PR_SCHED_CORE, PR_SCHED_CORE_GET, 0, 0, &own) < 0)
		return err_errno(e, "cannot read the core-scheduling cookie");
	if (!cookie || cookie == own)
		return err_set(e, EINVAL,
			       "the VMM has no core-scheduling cookie of its own");
	json_object_set_new(observed, "core_scheduling", json_true());
	return 0;
}

static int speculation_verify(struct run *run, json_t *observed, struct err *e)
{
	size_t i;

	for (i = 0; i < SPEC_CORE; i++) {
		const uint64_t args[6] = { PR_GET_SPECULATION_CTRL, rows[i].control };
		int64_t got;

		if (!run->use_speculation[i])
			continue;
		if (trace_syscall(&run->tracee, SYS_prctl, args, &got, e) < 0)
			return -e->code;
		if (got < 0 || !((uint64_t)got & rows[i].value))
			return err_set(e, EINVAL, "%s is 0x%llx, not 0x%lx", rows[i].key,
				       (unsigned long long)got, rows[i].value);
		json_object_set_new(observed, rows[i].key, json_integer((json_int_t)got));
	}
	return run->use_speculation[SPEC_CORE] ? speculation_verify_core(run, observed, e)
					       : 0;
}

static void speculation_plan(const struct run *run, FILE *out)
{
	static const char *const needs[] = { "where the machine has it", "required",
					     "off" };
	size_t i;

	for (i = 0; i < ARRAY_SIZE(rows); i++)
		fprintf(out, "  %s: %s\n", rows[i].key, needs[run->speculation[i]]);
}

const struct layer layer_speculation = {
	.load = speculation_load,
	.prepare = speculation_prepare,
	.apply = speculation_apply,
	.verify = speculation_verify,
	.plan = speculation_plan,
};
