/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The report for programs: every result with its evidence, in a schema that only grows.
 */
#include "judge.h"
#include "jsonx.h"
#include "proc.h"
#include "report.h"

#define REPORT_FORMAT "brattice-report"
#define REPORT_VERSION 1

static json_t *names_of(const struct report_input *in, const json_t *groups)
{
	const json_t *group, *number;
	json_t *out = json_array();
	size_t i, k;

	json_array_foreach(groups, i, group) {
		json_t *names = json_array();

		json_array_foreach(group, k, number)
			proc_append(names,
				    json_string(judge_text(
					    json_array_get(
						    in->results->vms,
						    (size_t)json_integer_value(number)),
					    "name")));
		proc_append(out, names);
	}
	return out;
}

/* Evidence for every verdict; what a check says of itself is under "checks", and beside
 * each gap and unknown once more. */
static json_t *result_json(const struct report_input *in, const struct result *r,
			   enum verdict v)
{
	_cleanup_free_ char *where = report_where(r);
	json_t *j = json_object();

	proc_set(j, "id", json_string(r->check->id));
	proc_set(j, "severity", json_string(severity_name(r->check->severity)));
	proc_set(j, "verdict", json_string(verdict_name(v)));
	proc_set(j, "read", json_string(where));
	proc_set(j, "expected", json_string(r->check->expected));
	proc_set(j, "found", json_string(r->found));
	if (v == VERDICT_UNKNOWN)
		proc_set(j, "needs_deep", json_boolean(r->not_asked));
	if (v == VERDICT_GAP || v == VERDICT_UNKNOWN) {
		proc_set(j, "title", json_string(r->check->title));
		proc_set(j, "fix", json_string(r->check->fix));
	}
	if (r->groups)
		proc_set(j, "shared_by", names_of(in, r->groups));
	return j;
}

static void check_json(const struct check *c, void *ctx)
{
	json_t *all = ctx, *j = json_object();

	proc_set(j, "title", json_string(c->title));
	proc_set(j, "severity", json_string(severity_name(c->severity)));
	proc_set(j, "scope", json_string(scope_name(c->scope)));
	proc_set(j, "reads", json_string(c->reads));
	proc_set(j, "expected", json_string(c->expected));
	proc_set(j, "why", json_string(c->why));
	proc_set(j, "fix", json_string(c->fix));
	proc_set(all, c->id, j);
}

static json_t *results_json(const struct report_input *in, struct report_part part)
{
	json_t *list = json_array();
	size_t i;

	for (i = part.from; i < part.to; i++) {
		const struct result *r = &in->results->v[i];
		enum verdict v;

		if (report_select(in, r, &v))
			proc_append(list, result_json(in, r, v));
	}
	return list;
}

static json_t *counts_json(const struct report_summary *s)
{
	json_t *j = json_object(), *by = json_object();
	unsigned judged = s->verdicts[VERDICT_PASS] + s->verdicts[VERDICT_GAP];
	int i;

	for (i = 0; i < VERDICTS; i++)
		proc_set(j, verdict_name((enum verdict)i), json_integer(s->verdicts[i]));
	for (i = 0; i < SEVERITIES; i++)
		proc_set(by, severity_name((enum severity)i),
			 json_integer(s->count[i][VERDICT_GAP]));
	proc_set(j, "gaps_by_severity", by);
	proc_set(j, "needs_deep", json_integer(s->not_asked));
	proc_set(j, "judged", json_integer(judged));
	proc_set(j, "applicable", json_integer(judged + s->verdicts[VERDICT_UNKNOWN]));
	return j;
}

static json_t *vm_json(const struct report_input *in, size_t number)
{
	const struct report_part part = report_part_vm(in->results, number);
	const json_t *vm = json_array_get(in->results->vms, number);
	static const char *const copied[] = { "name", "name_from", "pid",     "starttime",
					      "vmm",  "kvm",	   "found_by" };
	struct report_summary s;
	json_t *j = json_object();
	size_t i;

	for (i = 0; i < sizeof(copied) / sizeof(copied[0]); i++)
		proc_set(j, copied[i], json_incref(json_object_get(vm, copied[i])));
	report_count(in, part, &s);
	proc_set(j, "counts", counts_json(&s));
	proc_set(j, "results", results_json(in, part));
	return j;
}

static json_t *pairs_json(const struct report_input *in)
{
	json_t *j = json_object();
	size_t pairs, separate;
	bool known;

	report_pairs(in->results, &pairs, &separate, &known);
	proc_set(j, "pairs", json_integer((json_int_t)pairs));
	proc_set(j, "separate", json_integer((json_int_t)separate));
	proc_set(j, "complete", json_boolean(known));
	proc_set(j, "results", results_json(in, report_part_pairs(in->results)));
	return j;
}

static void write_json(FILE *f, const struct report_input *in)
{
	_cleanup_json_ json_t *j = json_object();
	_cleanup_free_ char *text = NULL;
	struct report_summary s;
	json_t *vms = json_array(), *checks = json_object(), *vm;
	size_t i;

	report_summarize(in, &s);
	check_each(check_json, checks);
	json_array_foreach(in->results->vms, i, vm)
		if (report_vm_selected(in, vm))
			proc_append(vms, vm_json(in, i));
	proc_set(j, "format", json_string(REPORT_FORMAT));
	proc_set(j, "version", json_integer(REPORT_VERSION));
	proc_set(j, "tool", json_incref(json_object_get(in->facts, "tool")));
	proc_set(j, "taken", json_incref(json_object_get(in->facts, "taken")));
	proc_set(j, "boot_id", json_incref(json_object_get(in->facts, "boot_id")));
	proc_set(j, "scan", json_incref(json_object_get(in->facts, "scan")));
	proc_set(j, "fail_on", json_string(severity_name(in->fail_on)));
	proc_set(j, "exit_status", json_integer(s.status));
	proc_set(j, "gone", json_integer(s.gone));
	proc_set(j, "counts", counts_json(&s));
	proc_set(j, "checks", checks);
	proc_set(j, "vms", vms);
	proc_set(j, "pairs", pairs_json(in));
	proc_set(j, "host", results_json(in, report_part_host(in->results)));
	text = jsonx_dump(j);
	fputs(text, f);
}

const struct report report_json = { "json", write_json };
