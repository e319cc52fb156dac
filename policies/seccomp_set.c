/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "seccomp_set.h"

#include <errno.h>
#include <linux/errno.h>
#include <linux/seccomp.h>
#include <stdlib.h>
#include <string.h>

#include "compile.h"
#include "seccomp_grant.h"
#include "syscall_table.h"

static const struct sc_vmm *const vmms[] = { &sc_vmm_qemu };

const struct sc_vmm *sc_vmm_find(const char *name)
{
	size_t i;

	for (i = 0; i < ARRAY_SIZE(vmms); i++)
		if (strcmp(vmms[i]->name, name) == 0)
			return vmms[i];
	return NULL;
}

static int rule_order(const void *a, const void *b)
{
	const struct sc_rule *x = a, *y = b;

	return (x->nr > y->nr) - (x->nr < y->nr);
}

/* The rule of a call; a new one when there is none. rules has room for every number. */
static struct sc_rule *rule_get(struct sc_set *s, int nr)
{
	struct sc_rule *r;
	size_t i;

	for (i = 0; i < s->n; i++)
		if (s->rules[i].nr == nr)
			return &s->rules[i];
	r = &s->rules[s->n++];
	r->nr = nr;
	r->name = syscall_table_name(nr);
	r->otherwise = s->violation;
	return r;
}

static bool clause_same(const struct sc_clause *a, const struct sc_clause *b)
{
	size_t i;

	if (a->action != b->action || a->n_cond != b->n_cond)
		return false;
	for (i = 0; i < a->n_cond; i++)
		if (a->cond[i].arg != b->cond[i].arg ||
		    a->cond[i].mask != b->cond[i].mask ||
		    a->cond[i].value != b->cond[i].value)
			return false;
	return true;
}

/* Keeps clauses in their order, those that allow before those that refuse. */
static void rule_add_clause(struct sc_set *s, struct sc_rule *r,
			    const struct sc_clause *c)
{
	struct sc_clause *more;
	size_t i, at = r->n;

	for (i = 0; i < r->n; i++)
		if (clause_same(&r->clauses[i], c))
			return;
	if (c->action == SECCOMP_RET_ALLOW)
		for (at = 0; at < r->n && r->clauses[at].action == SECCOMP_RET_ALLOW;)
			at++;
	more = arena_alloc(&s->arena, (r->n + 1) * sizeof(*more));
	for (i = 0; i < at; i++)
		more[i] = r->clauses[i];
	more[at] = *c;
	for (i = at; i < r->n; i++)
		more[i + 1] = r->clauses[i];
	r->clauses = more;
	r->n++;
}

void sc_set_add(struct sc_set *s, int nr, const struct sc_clause *c)
{
	struct sc_rule *r = rule_get(s, nr);

	if (c->n_cond) {
		rule_add_clause(s, r, c);
	} else if (c->action == SECCOMP_RET_ALLOW || r->otherwise != SECCOMP_RET_ALLOW) {
		r->otherwise = c->action;
		r->why = c->why;
	}
}

/* What is allowed whatever the arguments needs no clauses. */
static void rules_finish(struct sc_set *s)
{
	size_t i;

	for (i = 0; i < s->n; i++)
		if (s->rules[i].otherwise == SECCOMP_RET_ALLOW)
			s->rules[i].n = 0;
	qsort(s->rules, s->n, sizeof(*s->rules), rule_order);
}

static uint32_t violation_action(enum violation v)
{
	switch (v) {
	case VIOLATION_ERRNO: return SECCOMP_RET_ERRNO | EPERM;
	case VIOLATION_LOG: return SECCOMP_RET_LOG;
	default: return SECCOMP_RET_KILL_PROCESS;
	}
}

int sc_set_build(struct sc_set *s, const struct vm_policy *p, const struct target *t,
		 struct err *e)
{
	const struct sc_vmm *vmm = sc_vmm_find(p->vmm.v);
	size_t i;

	if (!vmm)
		return err_at(e, &p->vmm.loc, EINVAL,
			      "no system call table for VMM \"%s\"", p->vmm.v);
	*s = (struct sc_set){ .arena = ARENA_INIT };
	s->max = syscall_table_max();
	s->violation = violation_action((enum violation)p->seccomp.violation.v);
	s->rules = arena_alloc(&s->arena, ((size_t)s->max + 1) * sizeof(*s->rules));
	sc_features(p, t, s->feature);
	for (i = 0; i < vmm->n; i++) {
		const struct sc_row *row = &vmm->rows[i];
		int nr = syscall_table_number(row->syscall);

		/* A libseccomp too old for a call: then it is newer than the policy. */
		if (s->feature[row->feature] && nr >= 0)
			sc_set_add(s, nr, &row->clause);
	}
	if (sc_grants_apply(s, p, e) < 0) {
		sc_set_dispose(s);
		return -e->code;
	}
	rules_finish(s);
	return 0;
}

void sc_set_dispose(struct sc_set *s)
{
	arena_dispose(&s->arena);
	*s = (struct sc_set){ .arena = ARENA_INIT };
}

const struct sc_rule *sc_set_rule(const struct sc_set *s, int nr)
{
	const struct sc_rule key = { .nr = nr };

	return s->n ? bsearch(&key, s->rules, s->n, sizeof(key), rule_order) : NULL;
}

bool sc_rule_reachable(const struct sc_rule *r)
{
	return r->otherwise == SECCOMP_RET_ALLOW ||
	       (r->n && r->clauses[0].action == SECCOMP_RET_ALLOW);
}

enum sc_class sc_set_classify(const struct sc_set *s, int nr)
{
	const struct sc_rule *r;

	if (!syscall_table_name(nr))
		return SC_UNASSIGNED;
	r = sc_set_rule(s, nr);
	if (!r)
		return SC_DENIED;
	if (r->otherwise == SECCOMP_RET_ALLOW)
		return SC_ALLOWED;
	return sc_rule_reachable(r) ? SC_CHECKED : SC_SOFT;
}
