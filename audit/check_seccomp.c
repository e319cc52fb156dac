/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Seccomp as /proc shows it: mode and number of filters of each thread. */
#include <string.h>

#include "judge.h"

static bool mode_is_off(const json_t *value, struct strbuf *why)
{
	static const char *const names[] = { "no seccomp", "strict mode", "filter mode" };
	json_int_t mode = json_integer_value(value);

	strbuf_printf(why, "Seccomp: %lld (%s)", (long long)mode,
		      mode >= 0 && mode <= 2 ? names[mode] : "unknown mode");
	return mode == 0;
}

static enum verdict eval_mode(const struct check *c _unused_, const struct view *v,
			      struct finding *f)
{
	return judge_threads(v, f, "seccomp", mode_is_off);
}

/* Threads of one process that differ: one was made before the filter came, without TSYNC.
 */
static enum verdict eval_same(const struct check *c _unused_, const struct view *v,
			      struct finding *f)
{
	const json_t *groups, *g, *first = NULL;
	enum verdict out = VERDICT_UNKNOWN;
	bool differ = false;
	size_t i;

	groups = judge_list(v->vm, "threads/groups", f, &out);
	if (!groups)
		return out;
	json_array_foreach(groups, i, g) {
		if (!json_object_get(g, "seccomp"))
			return judge_unreadable(f, NULL, "Seccomp line");
		first = first ? first : g;
		differ |= !json_equal(json_object_get(g, "seccomp"),
				      json_object_get(first, "seccomp")) ||
			  !json_equal(json_object_get(g, "filters"),
				      json_object_get(first, "filters"));
		judge(f, VERDICT_PASS, "%lld threads: mode %lld, %lld filters",
		      judge_number(g, "count", 0), judge_number(g, "seccomp", -1),
		      judge_number(g, "filters", -1));
	}
	if (differ)
		return VERDICT_GAP;
	if (facts_at(v->vm, "threads/incomplete"))
		return judge_unreadable(f, facts_at(v->vm, "threads/incomplete"),
					"status of some threads");
	if (!first)
		return judge(f, VERDICT_UNKNOWN, "no thread was seen");
	if (!json_object_get(first, "filters")) /* Linux before 5.9 */
		return judge(f, VERDICT_UNKNOWN,
			     "this kernel does not count the filters");
	return VERDICT_PASS;
}

static bool nnp_is_off(const json_t *value, struct strbuf *why)
{
	strbuf_printf(why, "NoNewPrivs: %lld", (long long)json_integer_value(value));
	return json_integer_value(value) == 0;
}

static enum verdict eval_nnp(const struct check *c _unused_, const struct view *v,
			     struct finding *f)
{
	return judge_threads(v, f, "nnp", nnp_is_off);
}

#define STATUS(line) "/proc/PID/task/*/status " line

const struct check checks_seccomp[] = {
	{ "SEC-001", "Threads without a seccomp filter", SEVERITY_HIGH, SCOPE_VM,
	  STATUS("Seccomp"), "2 (filter mode) in every thread",
	  "Code that takes over the VMM has the whole system call interface of the host.",
	  "run it with brattice run; the seccomp layer is on in every description",
	  eval_mode, NULL, 0 },
	{ "SEC-002", "Threads with different seccomp filters", SEVERITY_CRITICAL,
	  SCOPE_VM, STATUS("Seccomp, Seccomp_filters"),
	  "the same mode and count in every thread",
	  "Filters are kept per thread: one thread that was made before the filter, or "
	  "without "
	  "SECCOMP_FILTER_FLAG_TSYNC, is a way around it for all of them.",
	  "run it with brattice run: the filter is installed before the VMM starts",
	  eval_same, NULL, 0 },
	{ "SEC-011", "no_new_privs is not set", SEVERITY_HIGH, SCOPE_VM,
	  STATUS("NoNewPrivs"), "1 in every thread",
	  "A set-user-ID program that the VMM executes would gain privileges.",
	  "run it with brattice run; the nnp layer is on in every description", eval_nnp,
	  NULL, 0 },
	{ NULL, NULL, 0, 0, NULL, NULL, NULL, NULL, NULL, NULL, 0 },
};
