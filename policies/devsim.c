/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "devsim.h"

#include <errno.h>
#include <string.h>

#define REGS 11
#define REG_RESULT 0
#define REG_CONTEXT 1

enum kind { UNSET, SCALAR, POINTER }; /* POINTER: to the start of the context */

struct machine {
	uint64_t v[REGS];
	enum kind kind[REGS];
	struct bpf_cgroup_dev_ctx ctx;
};

static int unknown(struct err *e, size_t pc, const struct bpf_insn *i)
{
	return err_set(e, EOPNOTSUPP,
		       "device program instruction %zu (code 0x%x) is not known here", pc,
		       i->code);
}

static int invalid(struct err *e, size_t pc, const char *why)
{
	return err_set(e, EINVAL, "device program instruction %zu: %s", pc, why);
}

static void set_scalar(struct machine *m, unsigned reg, uint64_t v)
{
	m->v[reg] = v;
	m->kind[reg] = SCALAR;
}

static int run_load(struct machine *m, const struct bpf_insn *i, size_t pc, struct err *e)
{
	size_t size = BPF_SIZE(i->code) == BPF_W ? 4 : BPF_SIZE(i->code) == BPF_H ? 2 : 1;
	uint64_t v = 0;

	if (BPF_MODE(i->code) != BPF_MEM || BPF_SIZE(i->code) == BPF_DW)
		return unknown(e, pc, i);
	if (m->kind[i->src_reg] != POINTER)
		return invalid(e, pc, "load through a register that is no pointer");
	if (i->off < 0 || (size_t)i->off % size || (size_t)i->off + size > sizeof(m->ctx))
		return invalid(e, pc, "load outside the context");
	memcpy(&v, (const char *)&m->ctx + i->off, size); /* little-endian */
	set_scalar(m, i->dst_reg, v);
	return 0;
}

/* False: not an operation of the kind that is known here. */
static bool alu(unsigned op, unsigned bits, uint64_t a, uint64_t b, uint64_t *out)
{
	switch (op) {
	case BPF_MOV: *out = b; return true;
	case BPF_ADD: *out = a + b; return true;
	case BPF_SUB: *out = a - b; return true;
	case BPF_MUL: *out = a * b; return true;
	case BPF_AND: *out = a & b; return true;
	case BPF_OR: *out = a | b; return true;
	case BPF_XOR: *out = a ^ b; return true;
	case BPF_LSH: *out = a << (b & (bits - 1)); return true;
	case BPF_RSH: *out = a >> (b & (bits - 1)); return true;
	case BPF_NEG: *out = 0 - a; return true;
	default: return false;
	}
}

static int run_alu(struct machine *m, const struct bpf_insn *i, size_t pc, struct err *e)
{
	bool wide = BPF_CLASS(i->code) == BPF_ALU64, from_reg = BPF_SRC(i->code) == BPF_X;
	bool move = BPF_OP(i->code) == BPF_MOV;
	uint64_t a = m->v[i->dst_reg], b, v;

	if (i->off) /* sign-extending moves, signed division */
		return unknown(e, pc, i);
	if (move && wide && from_reg && m->kind[i->src_reg] == POINTER) {
		m->v[i->dst_reg] = 0;
		m->kind[i->dst_reg] = POINTER;
		return 0;
	}
	if ((from_reg && m->kind[i->src_reg] != SCALAR) ||
	    (!move && m->kind[i->dst_reg] != SCALAR))
		return invalid(e, pc, "arithmetic on what is no number");
	/* The immediate is sign-extended to the width of the operation. */
	b = from_reg ? m->v[i->src_reg] : (uint64_t)(int64_t)i->imm;
	if (!wide) {
		a = (uint32_t)a;
		b = (uint32_t)b;
	}
	if (!alu(BPF_OP(i->code), wide ? 64 : 32, a, b, &v))
		return unknown(e, pc, i);
	set_scalar(m, i->dst_reg, wide ? v : (uint32_t)v);
	return 0;
}

/* False: no comparison that is known here. s and t: the same values as signed ones. */
static bool compare(unsigned op, uint64_t a, uint64_t b, int64_t s, int64_t t, bool *out)
{
	switch (op) {
	case BPF_JEQ: *out = a == b; return true;
	case BPF_JNE: *out = a != b; return true;
	case BPF_JGT: *out = a > b; return true;
	case BPF_JGE: *out = a >= b; return true;
	case BPF_JLT: *out = a < b; return true;
	case BPF_JLE: *out = a <= b; return true;
	case BPF_JSET: *out = (a & b) != 0; return true;
	case BPF_JSGT: *out = s > t; return true;
	case BPF_JSGE: *out = s >= t; return true;
	case BPF_JSLT: *out = s < t; return true;
	case BPF_JSLE: *out = s <= t; return true;
	default: return false;
	}
}

/* Sets *step to how far the next instruction is beyond the following one. */
static int run_jump(struct machine *m, const struct bpf_insn *i, size_t pc, size_t *step,
		    struct err *e)
{
	bool wide = BPF_CLASS(i->code) == BPF_JMP, from_reg = BPF_SRC(i->code) == BPF_X;
	uint64_t a = m->v[i->dst_reg], b;
	bool taken = true;

	if (i->off < 0)
		return invalid(e, pc, "backward jump");
	if (i->code != (BPF_JMP | BPF_JA)) {
		if (!compare(BPF_OP(i->code), 0, 0, 0, 0, &taken))
			return unknown(e, pc, i); /* calls */
		if (m->kind[i->dst_reg] != SCALAR ||
		    (from_reg && m->kind[i->src_reg] != SCALAR))
			return invalid(e, pc, "comparison of what is no number");
		b = from_reg ? m->v[i->src_reg] : (uint64_t)(int64_t)i->imm;
		if (!wide) {
			a = (uint32_t)a;
			b = (uint32_t)b;
		}
		compare(BPF_OP(i->code), a, b, wide ? (int64_t)a : (int32_t)a,
			wide ? (int64_t)b : (int32_t)b, &taken);
	}
	*step = taken ? (size_t)i->off : 0;
	return 0;
}

static int run_one(struct machine *m, const struct bpf_insn *i, size_t pc, size_t *step,
		   struct err *e)
{
	if (i->dst_reg >= REGS - 1 || i->src_reg >= REGS - 1) /* 10: the stack */
		return unknown(e, pc, i);
	switch (BPF_CLASS(i->code)) {
	case BPF_LDX: return run_load(m, i, pc, e);
	case BPF_ALU:
	case BPF_ALU64: return run_alu(m, i, pc, e);
	case BPF_JMP:
	case BPF_JMP32: return run_jump(m, i, pc, step, e);
	default: return unknown(e, pc, i);
	}
}

int devsim_run(const struct bpf_insn *prog, size_t n, char type, unsigned access,
	       uint32_t major, uint32_t minor, bool *allowed, struct err *e)
{
	struct machine m = { .ctx = { .major = major, .minor = minor } };
	size_t pc, step;
	int r;

	m.ctx.access_type =
		access << 16 | (type == 'b' ? BPF_DEVCG_DEV_BLOCK : BPF_DEVCG_DEV_CHAR);
	m.kind[REG_CONTEXT] = POINTER;
	/* Jumps go forward only, so the program ends. */
	for (pc = 0; pc < n; pc += step + 1) {
		step = 0;
		if (prog[pc].code == (BPF_JMP | BPF_EXIT)) {
			if (m.kind[REG_RESULT] != SCALAR)
				return invalid(e, pc, "exit without a result");
			*allowed = (uint32_t)m.v[REG_RESULT] != 0;
			return 0;
		}
		r = run_one(&m, &prog[pc], pc, &step, e);
		if (r < 0)
			return r;
	}
	return err_set(e, EINVAL, "device program runs past its end");
}
