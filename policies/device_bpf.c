/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "device_bpf.h"

#include <errno.h>
#include <string.h>

#include "alloc.h"

#define RULES_MAX 1000
#define INSNS_RULE 8 /* at most, per rule */
#define INSNS_FRAME 8

int device_access_parse(const char *letters, unsigned *access)
{
	static const char known[] = "mrw"; /* in the order of the bits */
	unsigned all = 0;

	for (; *letters; letters++) {
		const char *at = strchr(known, *letters);
		unsigned bit = at ? 1U << (at - known) : 0;

		if (!bit || all & bit)
			return -EINVAL;
		all |= bit;
	}
	if (!all)
		return -EINVAL;
	*access = all;
	return 0;
}

struct program {
	struct bpf_insn *insn;
	size_t n;
};

static void emit(struct program *p, unsigned code, unsigned dst, unsigned src, size_t off,
		 uint32_t imm)
{
	struct bpf_insn *i = &p->insn[p->n++];

	memset(i, 0, sizeof(*i));
	i->code = (uint8_t)code;
	i->dst_reg = dst & 15;
	i->src_reg = src & 15;
	i->off = (int16_t)off;
	i->imm = (int32_t)imm;
}

enum { RESULT = 0, CONTEXT = 1, TYPE = 2, ACCESS = 3, MAJOR = 4, MINOR = 5, SPARE = 6 };

/* access_type is (access << 16) | type, linux/bpf.h. */
static void emit_head(struct program *p)
{
	const unsigned load = BPF_LDX | BPF_MEM | BPF_W;

	emit(p, load, TYPE, CONTEXT, offsetof(struct bpf_cgroup_dev_ctx, access_type), 0);
	emit(p, BPF_ALU | BPF_MOV | BPF_X, ACCESS, TYPE, 0, 0);
	emit(p, BPF_ALU | BPF_AND | BPF_K, TYPE, 0, 0, 0xffff);
	emit(p, BPF_ALU | BPF_RSH | BPF_K, ACCESS, 0, 0, 16);
	emit(p, load, MAJOR, CONTEXT, offsetof(struct bpf_cgroup_dev_ctx, major), 0);
	emit(p, load, MINOR, CONTEXT, offsetof(struct bpf_cgroup_dev_ctx, minor), 0);
}

static void emit_verdict(struct program *p, uint32_t verdict)
{
	emit(p, BPF_ALU64 | BPF_MOV | BPF_K, RESULT, 0, 0, verdict);
	emit(p, BPF_JMP | BPF_EXIT, 0, 0, 0, 0);
}

/* Tests that fail lead to the next rule. */
static void emit_rule(struct program *p, const struct device_rule *r)
{
	const unsigned unless = BPF_JMP32 | BPF_JNE | BPF_K;
	uint32_t type = r->type == 'b' ? BPF_DEVCG_DEV_BLOCK : BPF_DEVCG_DEV_CHAR;
	size_t left =
		3U + !r->any_major + !r->any_minor + (r->access == DEVICE_ALL ? 0 : 3);

	emit(p, unless, TYPE, 0, --left, type);
	if (r->access != DEVICE_ALL) {
		emit(p, BPF_ALU | BPF_MOV | BPF_X, SPARE, ACCESS, 0, 0);
		emit(p, BPF_ALU | BPF_AND | BPF_K, SPARE, 0, 0, ~(uint32_t)r->access);
		left -= 3;
		/* Asks for more than the rule gives. */
		emit(p, unless, SPARE, 0, left, 0);
	}
	if (!r->any_major)
		emit(p, unless, MAJOR, 0, --left, r->major);
	if (!r->any_minor)
		emit(p, unless, MINOR, 0, --left, r->minor);
	emit_verdict(p, 1);
}

static bool same_device(const struct device_rule *a, const struct device_rule *b)
{
	return a->type == b->type && a->any_major == b->any_major &&
	       a->any_minor == b->any_minor && (a->any_major || a->major == b->major) &&
	       (a->any_minor || a->minor == b->minor);
}

/* One rule for each device, with all that is allowed on it. */
static size_t merge(const struct device_rule *rules, size_t n, struct device_rule *out)
{
	size_t i, k, m = 0;

	for (i = 0; i < n; i++) {
		for (k = 0; k < m && !same_device(&rules[i], &out[k]);)
			k++;
		if (k == m)
			out[m++] = rules[i];
		else
			out[k].access |= rules[i].access;
	}
	return m;
}

int device_bpf_generate(const struct device_rule *rules, size_t n, struct bpf_insn **prog,
			size_t *len, struct err *e)
{
	_cleanup_free_ struct device_rule *merged = xcalloc(n + 1, sizeof(*merged));
	struct program p = { NULL, 0 };
	size_t i;

	if (n > RULES_MAX)
		return err_set(e, EINVAL, "%zu device rules, at most %d fit", n,
			       RULES_MAX);
	for (i = 0; i < n; i++)
		if ((rules[i].type != 'b' && rules[i].type != 'c') || !rules[i].access ||
		    rules[i].access & ~(unsigned)DEVICE_ALL)
			return err_set(e, EINVAL, "device rule %zu has no type or access",
				       i);
	n = merge(rules, n, merged);
	p.insn = xcalloc(n * INSNS_RULE + INSNS_FRAME, sizeof(*p.insn));
	emit_head(&p);
	for (i = 0; i < n; i++)
		emit_rule(&p, &merged[i]);
	emit_verdict(&p, 0);
	*prog = p.insn;
	*len = p.n;
	return 0;
}
