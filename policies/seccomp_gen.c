/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "seccomp_gen.h"

#include <errno.h>
#include <linux/audit.h>
#include <linux/seccomp.h>
#include <stdlib.h>
#include <string.h>

#include "syscall_table.h"

/*
 * Jumps go forward only and conditional ones reach 255 instructions, so the program is
 * built from its end: whatever a jump leads to exists already. A label is an index in
 * that reversed order.
 */
#define MAX_RETURNS 16

struct gen {
	struct sock_filter *insn;
	size_t n, size;
	struct {
		uint32_t action;
		size_t label;
	} returns[MAX_RETURNS]; /* the latest copy of each */
	size_t n_returns;
};

/* Where a jump leads: to an action or to code. */
struct target_ref {
	bool is_action;
	uint32_t action;
	size_t label;
};

static struct target_ref to_action(uint32_t action)
{
	return (struct target_ref){ .is_action = true, .action = action };
}

static struct target_ref to_label(size_t label)
{
	return (struct target_ref){ .label = label };
}

static size_t emit(struct gen *g, unsigned code, uint32_t k, size_t jt, size_t jf)
{
	if (g->n == g->size) {
		g->size = g->size ? g->size * 2 : 256;
		g->insn = xrealloc(g->insn, g->size, sizeof(*g->insn));
	}
	g->insn[g->n] = (struct sock_filter){
		.code = (uint16_t)code, .k = k, .jt = (uint8_t)jt, .jf = (uint8_t)jf
	};
	return g->n++;
}

/* The offset of a jump, emitted next, to a label. */
static size_t offset_to(const struct gen *g, size_t label)
{
	return g->n - label - 1;
}

/* One more instruction may come between this and the jump, so one less than 255. */
static bool in_reach(const struct gen *g, size_t label)
{
	return offset_to(g, label) < 255;
}

static size_t reach_action(struct gen *g, uint32_t action)
{
	size_t i;

	for (i = 0; i < g->n_returns && g->returns[i].action != action;)
		i++;
	if (i < g->n_returns && in_reach(g, g->returns[i].label))
		return g->returns[i].label;
	if (i == MAX_RETURNS) /* not remembered: one more copy each time */
		return emit(g, BPF_RET | BPF_K, action, 0, 0);
	g->returns[i].action = action;
	g->returns[i].label = emit(g, BPF_RET | BPF_K, action, 0, 0);
	if (i == g->n_returns)
		g->n_returns++;
	return g->returns[i].label;
}

/* A label that the next conditional jump reaches; may emit a return or a long jump. */
static size_t reach(struct gen *g, struct target_ref t)
{
	if (t.is_action)
		return reach_action(g, t.action);
	if (in_reach(g, t.label))
		return t.label;
	return emit(g, BPF_JMP | BPF_JA, (uint32_t)offset_to(g, t.label), 0, 0);
}

static size_t emit_jump(struct gen *g, unsigned op, uint32_t k, struct target_ref yes,
			struct target_ref no)
{
	size_t t = reach(g, yes), f = reach(g, no);

	return emit(g, BPF_JMP | op | BPF_K, k, offset_to(g, t), offset_to(g, f));
}

static size_t emit_load(struct gen *g, size_t offset)
{
	return emit(g, BPF_LD | BPF_W | BPF_ABS, (uint32_t)offset, 0, 0);
}

static size_t emit_load_arg(struct gen *g, unsigned arg, bool high)
{
	/* x86-64 is little-endian: the low half comes first. */
	return emit_load(g,
			 offsetof(struct seccomp_data, args) + 8 * arg + (high ? 4 : 0));
}

/* ---- values of one argument ------------------------------------------------------- */

static int value_order(const void *a, const void *b)
{
	uint32_t x = *(const uint32_t *)a, y = *(const uint32_t *)b;

	return (x > y) - (x < y);
}

/* Shorter lists are walked: a smaller program is attached sooner. */
#define VALUES_LEAF 12

/* Whether A is one of the sorted values. */
static struct target_ref emit_values(struct gen *g, const uint32_t *v, size_t n,
				     struct target_ref yes, struct target_ref no)
{
	struct target_ref left, right;

	if (n > VALUES_LEAF) {
		right = emit_values(g, v + n / 2, n - n / 2, yes, no);
		left = emit_values(g, v, n / 2, yes, no);
		return to_label(emit_jump(g, BPF_JGE, v[n / 2], right, left));
	}
	while (n--)
		no = to_label(emit_jump(g, BPF_JEQ, v[n], yes, no));
	return no;
}

/* ---- clauses ---------------------------------------------------------------------- */

static struct target_ref emit_half(struct gen *g, const struct sc_cond *c, bool high,
				   struct target_ref yes, struct target_ref no)
{
	uint32_t mask = (uint32_t)(high ? c->mask >> 32 : c->mask);
	uint32_t value = (uint32_t)(high ? c->value >> 32 : c->value);

	if (mask == 0)
		return yes;
	emit_jump(g, BPF_JEQ, value, yes, no);
	if (mask != UINT32_MAX)
		emit(g, BPF_ALU | BPF_AND | BPF_K, mask, 0, 0);
	return to_label(emit_load_arg(g, c->arg, high));
}

static struct target_ref emit_clause(struct gen *g, const struct sc_clause *c,
				     struct target_ref no)
{
	struct target_ref yes = to_action(c->action);
	size_t i = c->n_cond;

	while (i--) {
		yes = emit_half(g, &c->cond[i], true, yes, no);
		yes = emit_half(g, &c->cond[i], false, yes, no);
	}
	return yes;
}

/* One condition on a whole low half: a candidate for emit_values(). */
static bool is_value(const struct sc_clause *c)
{
	return c->n_cond == 1 && c->cond[0].mask == UINT32_MAX && !c->hot;
}

static bool same_values(const struct sc_clause *a, const struct sc_clause *b)
{
	return is_value(a) && is_value(b) && a->action == b->action &&
	       a->cond[0].arg == b->cond[0].arg;
}

/* The values of the clauses like clause i; i is the first of them. */
static struct target_ref emit_value_set(struct gen *g, const struct sc_rule *r, size_t i,
					struct target_ref no)
{
	_cleanup_free_ uint32_t *v = xcalloc(r->n, sizeof(*v));
	const struct sc_clause *first = &r->clauses[i];
	size_t n = 0;

	for (; i < r->n; i++)
		if (same_values(first, &r->clauses[i]))
			v[n++] = (uint32_t)r->clauses[i].cond[0].value;
	qsort(v, n, sizeof(*v), value_order);
	/* Its entry is what was emitted last, so the load falls through to it. */
	emit_values(g, v, n, to_action(first->action), no);
	return to_label(emit_load_arg(g, first->cond[0].arg, false));
}

/*
 * All clauses of a rule but the hot ones. Clauses with the same action commute, those
 * that allow stand first and those that refuse don't overlap (the table's), so values may
 * be gathered without changing the meaning.
 */
static struct target_ref emit_cold(struct gen *g, const struct sc_rule *r)
{
	struct target_ref next = to_action(r->otherwise);
	size_t i = r->n, k;

	while (i--) {
		const struct sc_clause *c = &r->clauses[i];

		if (c->hot)
			continue;
		for (k = 0; k < i && !same_values(&r->clauses[k], c);)
			k++;
		if (!is_value(c))
			next = emit_clause(g, c, next);
		else if (k == i) /* the first of its kind stands for all */
			next = emit_value_set(g, r, i, next);
	}
	return next;
}

static struct target_ref emit_hot(struct gen *g, const struct sc_rule *r,
				  struct target_ref next)
{
	size_t i = r->n;

	while (i--)
		if (r->clauses[i].hot)
			next = emit_clause(g, &r->clauses[i], next);
	return next;
}

/* ---- numbers ---------------------------------------------------------------------- */

struct range {
	uint32_t low;	 /* up to the next range's low */
	unsigned weight; /* how often a search ends here */
	struct target_ref to;
};

struct ranges {
	struct range *v;
	size_t n;
};

static bool same_action(const struct range *a, const struct range *b)
{
	return a->to.is_action && b->to.is_action && a->to.action == b->to.action;
}

static void ranges_add(struct ranges *r, uint32_t low, unsigned weight,
		       struct target_ref to)
{
	const struct range added = { low, weight, to };
	struct range *last = r->n ? &r->v[r->n - 1] : NULL;

	if (last && same_action(last, &added))
		last->weight += weight;
	else
		r->v[r->n++] = added;
}

/* At most this many single numbers are told apart one by one. */
#define CHAIN_MAX 6

/* All ranges are like this one, but for a few that are one number wide. */
static bool is_chain(const struct range *r, size_t n, uint32_t end,
		     const struct range *base)
{
	size_t i, singles = 0;

	for (i = 0; i < n; i++) {
		uint32_t next = i + 1 < n ? r[i + 1].low : end;

		if (same_action(&r[i], base))
			continue;
		if (next - r[i].low != 1 || ++singles > CHAIN_MAX)
			return false;
	}
	return base->to.is_action;
}

static struct target_ref emit_chain(struct gen *g, const struct range *r, size_t n,
				    const struct range *base)
{
	struct target_ref next = base->to;

	while (n--)
		if (!same_action(&r[n], base))
			next = to_label(emit_jump(g, BPF_JEQ, r[n].low, r[n].to, next));
	return next;
}

/* Where to split the ranges so that both sides weigh about the same. */
static size_t middle(const struct range *r, size_t n)
{
	unsigned total = 0, left = r[0].weight;
	size_t i, mid = 1;

	for (i = 0; i < n; i++)
		total += r[i].weight;
	while (mid < n - 1 && left + r[mid].weight / 2 < total / 2)
		left += r[mid++].weight;
	return mid;
}

/* A search tree over the ranges; the last one ends before end. */
static struct target_ref emit_tree(struct gen *g, const struct range *r, size_t n,
				   uint32_t end)
{
	struct target_ref low, high;
	size_t mid;

	if (n == 1)
		return r[0].to;
	if (is_chain(r, n, end, &r[0]))
		return emit_chain(g, r, n, &r[0]);
	if (is_chain(r, n, end, &r[1]))
		return emit_chain(g, r, n, &r[1]);
	mid = middle(r, n);
	high = emit_tree(g, r + mid, n - mid, end);
	low = emit_tree(g, r, mid, r[mid].low);
	return to_label(emit_jump(g, BPF_JGE, r[mid].low, high, low));
}

/* Checked calls run the program each time, others once, at attach. */
#define WEIGHT_CHECKED 8

static void number_range(struct gen *g, const struct sc_set *s, int nr,
			 struct ranges *out)
{
	const struct sc_rule *r = sc_set_rule(s, nr);
	uint32_t low = (uint32_t)nr;

	if (!syscall_table_name(nr))
		ranges_add(out, low, 1, to_action(SECCOMP_RET_ERRNO | ENOSYS));
	else if (!r)
		ranges_add(out, low, 1, to_action(s->violation));
	else if (r->n == 0)
		ranges_add(out, low, 1, to_action(r->otherwise));
	else
		ranges_add(out, low, WEIGHT_CHECKED, emit_cold(g, r));
}

static struct target_ref emit_numbers(struct gen *g, const struct sc_set *s, int first)
{
	struct ranges r = { .v = xcalloc((size_t)s->max + 4, sizeof(struct range)) };
	struct target_ref top;
	int nr;

	for (nr = 0; nr <= s->max; nr++)
		if (nr != first) /* its number belongs to the range before it */
			number_range(g, s, nr, &r);
	/* Newer than the policy: libraries must be able to fall back. */
	ranges_add(&r, (uint32_t)s->max + 1, 16, to_action(SECCOMP_RET_ERRNO | ENOSYS));
	ranges_add(&r, SC_X32_BIT, 1, to_action(SECCOMP_RET_KILL_PROCESS));
	top = emit_tree(g, r.v, r.n, UINT32_MAX);
	free(r.v);
	return top;
}

/* ---- the program ------------------------------------------------------------------ */

static void emit_program(struct gen *g, const struct sc_set *s)
{
	int first = syscall_table_number("ioctl");
	const struct sc_rule *r = sc_set_rule(s, first);
	struct target_ref cold, rest, head;

	if (r && r->n) {
		cold = emit_cold(g, r);
		rest = emit_numbers(g, s, first);
		head = emit_hot(g, r, cold);
		emit_jump(g, BPF_JEQ, (uint32_t)first, head, rest);
	} else {
		rest = emit_numbers(g, s, -1);
		/* A load falls through to the instruction just emitted. */
		emit(g, BPF_JMP | BPF_JA, (uint32_t)offset_to(g, reach(g, rest)), 0, 0);
	}
	rest = to_label(emit_load(g, offsetof(struct seccomp_data, nr)));
	emit_jump(g, BPF_JEQ, AUDIT_ARCH_X86_64, rest,
		  to_action(SECCOMP_RET_KILL_PROCESS));
	emit_load(g, offsetof(struct seccomp_data, arch));
}

int sc_generate(const struct sc_set *s, struct sock_filter **prog, size_t *n,
		struct err *e)
{
	struct gen g = { NULL, 0, 0, { { 0, 0 } }, 0 };
	size_t i;

	emit_program(&g, s);
	if (g.n > BPF_MAXINSNS) {
		free(g.insn);
		return err_set(e, E2BIG,
			       "the filter has %zu instructions, the kernel takes %d",
			       g.n, BPF_MAXINSNS);
	}
	for (i = 0; i < g.n / 2; i++) {
		struct sock_filter t = g.insn[i];

		g.insn[i] = g.insn[g.n - 1 - i];
		g.insn[g.n - 1 - i] = t;
	}
	*prog = g.insn;
	*n = g.n;
	return 0;
}
