/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "report.h"

#include <string.h>

#include "alloc.h"
#include "judge.h"

#define REPORT(id, format) extern const struct report report_##id;
#include "report.def"
#undef REPORT

static const struct report *const reports[] = {
#define REPORT(id, format) &report_##id,
#include "report.def"
#undef REPORT
};

const struct report *report_find(const char *name)
{
	size_t i;

	for (i = 0; i < ARRAY_SIZE(reports); i++)
		if (!strcmp(reports[i]->name, name))
			return reports[i];
	return NULL;
}

bool report_vm_selected(const struct report_input *in, const json_t *vm)
{
	return !in->vm || !strcmp(in->vm, judge_text(vm, "name"));
}

static bool group_has(const struct report_input *in, const json_t *group)
{
	const json_t *number;
	size_t i;

	json_array_foreach(group, i, number) {
		size_t n = (size_t)json_integer_value(number);

		if (report_vm_selected(in, json_array_get(in->results->vms, n)))
			return true;
	}
	return false;
}

bool report_select(const struct report_input *in, const struct result *r, enum verdict *v)
{
	const json_t *group;
	size_t i;

	*v = r->verdict;
	if (strcmp(in->scope, "all") && strcmp(in->scope, scope_name(r->check->scope)))
		return false;
	if (r->vm)
		return report_vm_selected(in, r->vm);
	if (r->check->scope != SCOPE_PAIR || !in->vm || r->verdict != VERDICT_GAP)
		return true;
	json_array_foreach(r->groups, i, group)
		if (group_has(in, group))
			return true;
	*v = r->incomplete ? VERDICT_UNKNOWN : VERDICT_PASS;
	return true;
}

static void count_one(struct report_summary *s, const struct result *r, enum verdict v)
{
	s->count[r->check->severity][v]++;
	s->verdicts[v]++;
	s->not_asked += v == VERDICT_UNKNOWN && r->not_asked;
}

struct report_part report_part_vm(const struct results *r, size_t i)
{
	return (struct report_part){ r->first[i], r->first[i + 1] };
}

struct report_part report_part_pairs(const struct results *r)
{
	return report_part_vm(r, json_array_size(r->vms));
}

struct report_part report_part_host(const struct results *r)
{
	return (struct report_part){ r->first[json_array_size(r->vms) + 1], r->n };
}

void report_count(const struct report_input *in, struct report_part part,
		  struct report_summary *s)
{
	size_t i;

	memset(s, 0, sizeof(*s));
	for (i = part.from; i < part.to; i++) {
		enum verdict v;

		if (report_select(in, &in->results->v[i], &v))
			count_one(s, &in->results->v[i], v);
	}
}

void report_summarize(const struct report_input *in, struct report_summary *s)
{
	bool gap = false, unknown = false;
	const json_t *vm;
	size_t i;

	memset(s, 0, sizeof(*s));
	for (i = 0; i < in->results->n; i++) {
		const struct result *r = &in->results->v[i];
		enum verdict v;

		if (!report_select(in, r, &v))
			continue;
		count_one(s, r, v);
		if (r->check->severity < in->fail_on)
			continue;
		gap |= v == VERDICT_GAP;
		unknown |= v == VERDICT_UNKNOWN && !r->not_asked;
	}
	json_array_foreach(in->results->vms, i, vm)
		s->vms += report_vm_selected(in, vm);
	s->gone = (unsigned)(json_array_size(json_object_get(in->facts, "vms")) -
			     json_array_size(in->results->vms));
	s->status = !s->vms ? 4 : gap ? 1 : unknown ? 3 : 0;
}

char *report_where(const struct result *r)
{
	_cleanup_strbuf_ struct strbuf b = STRBUF_INIT;
	const char *s = r->check->reads, *p;

	while (r->vm && (p = strstr(s, "PID"))) {
		strbuf_add(&b, s, (size_t)(p - s));
		strbuf_printf(&b, "%lld", judge_number(r->vm, "pid", 0));
		s = p + 3;
	}
	strbuf_puts(&b, s);
	return strbuf_steal(&b);
}

static bool holds_both(const json_t *group, size_t a, size_t b)
{
	bool has_a = false, has_b = false;
	const json_t *number;
	size_t i;

	json_array_foreach(group, i, number) {
		has_a |= (size_t)json_integer_value(number) == a;
		has_b |= (size_t)json_integer_value(number) == b;
	}
	return has_a && has_b;
}

int report_pair(const struct results *r, size_t a, size_t b)
{
	int worst = -1;
	size_t i, k;

	for (i = 0; i < r->n; i++) {
		const json_t *group;

		if ((int)r->v[i].check->severity <= worst)
			continue;
		json_array_foreach(r->v[i].groups, k, group)
			if (holds_both(group, a, b))
				worst = (int)r->v[i].check->severity;
	}
	return worst;
}

/* Marks the pairs of each group in a triangle of bits. */
static void mark_group(unsigned char *bits, size_t n, const json_t *group)
{
	size_t i, k, size = json_array_size(group);

	for (i = 0; i < size; i++)
		for (k = i + 1; k < size; k++) {
			size_t a = (size_t)json_integer_value(json_array_get(group, i));
			size_t b = (size_t)json_integer_value(json_array_get(group, k));

			if (a < n && b < n)
				bits[(a * n + b) / 8] |=
					(unsigned char)(1 << (a * n + b) % 8);
		}
}

void report_pairs(const struct results *r, size_t *pairs, size_t *separate, bool *known)
{
	size_t n = json_array_size(r->vms), i, k, shared = 0;
	_cleanup_free_ unsigned char *bits = xcalloc(n * n / 8 + 1, 1);

	*known = true;
	*pairs = n ? n * (n - 1) / 2 : 0;
	for (i = 0; i < r->n; i++) {
		const json_t *group;

		if (r->v[i].check->scope != SCOPE_PAIR)
			continue;
		*known &= r->v[i].verdict != VERDICT_UNKNOWN && !r->v[i].incomplete;
		json_array_foreach(r->v[i].groups, k, group)
			mark_group(bits, n, group);
	}
	for (i = 0; i < n; i++)
		for (k = i + 1; k < n; k++)
			shared += bits[(i * n + k) / 8] >> (i * n + k) % 8 & 1;
	*separate = *pairs - shared;
}
