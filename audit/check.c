/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "check.h"

#include <string.h>

#include "alloc.h"
#include "filters.h"
#include "proc.h"

static const struct check *const areas[] = {
#define AREA(id) checks_##id,
#include "check.def"
#undef AREA
};

const char *verdict_name(enum verdict v)
{
	static const char *const names[VERDICTS] = { "pass", "gap", "n/a", "unknown" };

	return names[v];
}

static const char *const severity_names[SEVERITIES] = { "low", "medium", "high",
							"critical" };

const char *severity_name(enum severity s)
{
	return severity_names[s];
}

enum severity severity_by_name(const char *name)
{
	int s;

	for (s = 0; s < SEVERITIES; s++)
		if (!strcmp(name, severity_names[s]))
			break;
	return (enum severity)s;
}

const char *scope_name(enum scope s)
{
	static const char *const names[] = { "vm", "pair", "host" };

	return names[s];
}

void check_each(void (*fn)(const struct check *c, void *ctx), void *ctx)
{
	const struct check *c;
	size_t i;

	for (i = 0; i < ARRAY_SIZE(areas); i++)
		for (c = areas[i]; c->id; c++)
			fn(c, ctx);
}

const struct check *check_find(const char *id)
{
	const struct check *c;
	size_t i;

	for (i = 0; i < ARRAY_SIZE(areas); i++)
		for (c = areas[i]; c->id; c++)
			if (!strcmp(c->id, id))
				return c;
	return NULL;
}

struct judging {
	struct view view;
	struct results *results;
	enum scope scope;
};

static void judge_one(const struct check *c, void *ctx)
{
	struct judging *j = ctx;
	struct results *r = j->results;
	struct finding f = { .found = STRBUF_INIT };
	struct result *x;

	if (c->scope != j->scope)
		return;
	if ((r->n & (r->n - 1)) == 0)
		r->v = xrealloc(r->v, r->n ? 2 * r->n : 1, sizeof(*r->v));
	x = &r->v[r->n++];
	x->check = c;
	x->vm = j->view.vm;
	x->verdict = c->eval(c, &j->view, &f);
	x->not_asked = f.not_asked;
	x->incomplete = f.incomplete;
	x->found = f.found.len ? strbuf_steal(&f.found) : xstrdup("");
	x->groups = f.groups;
	strbuf_dispose(&f.found);
}

static void judge_scope(struct judging *j, enum scope scope)
{
	j->scope = scope;
	check_each(judge_one, j);
}

void check_run(const json_t *facts, struct results *r)
{
	struct judging j = { .results = r };
	json_t *vm;
	size_t i;

	memset(r, 0, sizeof(*r));
	r->vms = json_array();
	json_array_foreach(json_object_get(facts, "vms"), i, vm)
		if (!json_is_true(json_object_get(vm, "gone")))
			proc_append(r->vms, json_incref(vm));
	j.view.facts = facts;
	j.view.host = json_object_get(facts, "host");
	j.view.files = json_object_get(j.view.host, "files");
	j.view.vms = r->vms;
	r->first = xcalloc(json_array_size(r->vms) + 2, sizeof(*r->first));
	json_array_foreach(r->vms, i, vm) {
		struct filters filters;

		r->first[i] = r->n;
		j.view.vm = vm;
		filters_init(&filters, json_object_get(vm, "seccomp_filters"));
		j.view.filters = json_object_get(vm, "seccomp_filters") ? &filters : NULL;
		judge_scope(&j, SCOPE_VM);
		filters_dispose(&filters);
	}
	j.view.vm = NULL;
	j.view.filters = NULL;
	r->first[i++] = r->n;
	judge_scope(&j, SCOPE_PAIR);
	r->first[i] = r->n;
	judge_scope(&j, SCOPE_HOST);
}

void results_dispose(struct results *r)
{
	size_t i;

	for (i = 0; i < r->n; i++) {
		free(r->v[i].found);
		json_decref(r->v[i].groups);
	}
	free(r->v);
	free(r->first);
	json_decref(r->vms);
	memset(r, 0, sizeof(*r));
}
