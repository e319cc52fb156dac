/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "bpfsim.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "alloc.h"

/* The opcodes that seccomp_check_filter() lets through. MOD and all packet access but the
 * aligned absolute word are not among them. */
static bool opcode_known(uint16_t code)
{
	switch (code) {
	case BPF_LD | BPF_W | BPF_ABS:
	case BPF_LD | BPF_W | BPF_LEN:
	case BPF_LDX | BPF_W | BPF_LEN:
	case BPF_RET | BPF_K:
	case BPF_RET | BPF_A:
	case BPF_ALU | BPF_ADD | BPF_K:
	case BPF_ALU | BPF_ADD | BPF_X:
	case BPF_ALU | BPF_SUB | BPF_K:
	case BPF_ALU | BPF_SUB | BPF_X:
	case BPF_ALU | BPF_MUL | BPF_K:
	case BPF_ALU | BPF_MUL | BPF_X:
	case BPF_ALU | BPF_DIV | BPF_K:
	case BPF_ALU | BPF_DIV | BPF_X:
	case BPF_ALU | BPF_AND | BPF_K:
	case BPF_ALU | BPF_AND | BPF_X:
	case BPF_ALU | BPF_OR | BPF_K:
	case BPF_ALU | BPF_OR | BPF_X:
	case BPF_ALU | BPF_XOR | BPF_K:
	case BPF_ALU | BPF_XOR | BPF_X:
	case BPF_ALU | BPF_LSH | BPF_K:
	case BPF_ALU | BPF_LSH | BPF_X:
	case BPF_ALU | BPF_RSH | BPF_K:
	case BPF_ALU | BPF_RSH | BPF_X:
	case BPF_ALU | BPF_NEG:
	case BPF_LD | BPF_IMM:
	case BPF_LDX | BPF_IMM:
	case BPF_MISC | BPF_TAX:
	case BPF_MISC | BPF_TXA:
	case BPF_LD | BPF_MEM:
	case BPF_LDX | BPF_MEM:
	case BPF_ST:
	case BPF_STX:
	case BPF_JMP | BPF_JA:
	case BPF_JMP | BPF_JEQ | BPF_K:
	case BPF_JMP | BPF_JEQ | BPF_X:
	case BPF_JMP | BPF_JGE | BPF_K:
	case BPF_JMP | BPF_JGE | BPF_X:
	case BPF_JMP | BPF_JGT | BPF_K:
	case BPF_JMP | BPF_JGT | BPF_X:
	case BPF_JMP | BPF_JSET | BPF_K:
	case BPF_JMP | BPF_JSET | BPF_X:
		return true;
	default:
		return false;
	}
}

static bool is_scratch(uint16_t code)
{
	return code == BPF_ST || code == BPF_STX || code == (BPF_LD | BPF_MEM) ||
	       code == (BPF_LDX | BPF_MEM);
}

static const char *operand_wrong(const struct sock_filter *i, size_t left)
{
	if (!opcode_known(i->code))
		return "unknown instruction";
	if (i->code == (BPF_LD | BPF_W | BPF_ABS) &&
	    (i->k >= sizeof(struct seccomp_data) || i->k % 4))
		return "load outside struct seccomp_data or not aligned";
	if (i->code == (BPF_ALU | BPF_DIV | BPF_K) && i->k == 0)
		return "division by zero";
	if ((i->code == (BPF_ALU | BPF_LSH | BPF_K) ||
	     i->code == (BPF_ALU | BPF_RSH | BPF_K)) &&
	    i->k >= 32)
		return "shift by 32 or more";
	if (is_scratch(i->code) && i->k >= BPF_MEMWORDS)
		return "scratch cell out of range";
	if (BPF_CLASS(i->code) != BPF_JMP)
		return NULL;
	if (i->code == (BPF_JMP | BPF_JA))
		return i->k >= left ? "jump out of the program" : NULL;
	return i->jt >= left || i->jf >= left ? "jump out of the program" : NULL;
}

/* net/core/filter.c check_load_and_stores(): cells written on every way here. */
static bool scratch_defined(const struct sock_filter *prog, size_t n)
{
	_cleanup_free_ uint16_t *masks = xcalloc(n, sizeof(*masks));
	uint16_t valid = 0;
	size_t pc;

	memset(masks, 0xff, n * sizeof(*masks));
	for (pc = 0; pc < n; pc++) {
		const struct sock_filter *i = &prog[pc];

		valid &= masks[pc];
		if (i->code == BPF_ST || i->code == BPF_STX) {
			valid = (uint16_t)(valid | 1U << i->k);
		} else if (is_scratch(i->code)) {
			if (!(valid & 1U << i->k))
				return false;
		} else if (i->code == (BPF_JMP | BPF_JA)) {
			masks[pc + 1 + i->k] &= valid;
			valid = 0xffff;
		} else if (BPF_CLASS(i->code) == BPF_JMP) {
			masks[pc + 1 + i->jt] &= valid;
			masks[pc + 1 + i->jf] &= valid;
			valid = 0xffff;
		}
	}
	return true;
}

int bpfsim_check(const struct sock_filter *prog, size_t n, struct err *e)
{
	size_t pc;

	if (n == 0 || n > BPF_MAXINSNS)
		return err_set(e, EINVAL, "a filter has 1 to %d instructions, not %zu",
			       BPF_MAXINSNS, n);
	for (pc = 0; pc < n; pc++) {
		const char *wrong = operand_wrong(&prog[pc], n - pc - 1);

		if (wrong)
			return err_set(e, EINVAL,
				       "filter instruction %zu (code 0x%x): %s", pc,
				       prog[pc].code, wrong);
	}
	if (BPF_CLASS(prog[n - 1].code) != BPF_RET)
		return err_set(e, EINVAL, "the filter does not end with a return");
	if (!scratch_defined(prog, n))
		return err_set(e, EINVAL,
			       "the filter reads a scratch cell before writing it");
	return 0;
}

/* The registers of the machine. Both start at 0 (bpf_convert_filter() clears them). */
struct machine {
	uint32_t a, x, mem[BPF_MEMWORDS];
};

/* False: division by zero, which ends the program with the value 0. */
static bool run_alu(struct machine *m, uint16_t code, uint32_t k)
{
	uint32_t v = BPF_SRC(code) == BPF_X ? m->x : k;

	switch (BPF_OP(code)) {
	case BPF_ADD: m->a += v; break;
	case BPF_SUB: m->a -= v; break;
	case BPF_MUL: m->a *= v; break;
	case BPF_AND: m->a &= v; break;
	case BPF_OR: m->a |= v; break;
	case BPF_XOR: m->a ^= v; break;
	case BPF_LSH: m->a <<= v & 31; break; /* the kernel masks, as the machine does */
	case BPF_RSH: m->a >>= v & 31; break;
	case BPF_NEG: m->a = 0U - m->a; break;
	case BPF_DIV:
		if (v == 0)
			return false;
		m->a /= v;
		break;
	default: return false;
	}
	return true;
}

static bool jump_taken(const struct machine *m, const struct sock_filter *i)
{
	uint32_t v = BPF_SRC(i->code) == BPF_X ? m->x : i->k;

	switch (BPF_OP(i->code)) {
	case BPF_JEQ: return m->a == v;
	case BPF_JGT: return m->a > v;
	case BPF_JGE: return m->a >= v;
	default: return (m->a & v) != 0; /* JSET */
	}
}

static uint32_t load_word(const struct seccomp_data *d, uint32_t off)
{
	uint32_t v;

	if (off > sizeof(*d) - sizeof(v))
		return 0;
	memcpy(&v, (const char *)d + off, sizeof(v));
	return v;
}

static void run_move(struct machine *m, const struct sock_filter *i,
		     const struct seccomp_data *d)
{
	uint32_t cell = i->k % BPF_MEMWORDS;

	switch (i->code) {
	case BPF_LD | BPF_W | BPF_ABS: m->a = load_word(d, i->k); break;
	case BPF_LD | BPF_W | BPF_LEN: m->a = sizeof(*d); break;
	case BPF_LDX | BPF_W | BPF_LEN: m->x = sizeof(*d); break;
	case BPF_LD | BPF_IMM: m->a = i->k; break;
	case BPF_LDX | BPF_IMM: m->x = i->k; break;
	case BPF_LD | BPF_MEM: m->a = m->mem[cell]; break;
	case BPF_LDX | BPF_MEM: m->x = m->mem[cell]; break;
	case BPF_ST: m->mem[cell] = m->a; break;
	case BPF_STX: m->mem[cell] = m->x; break;
	case BPF_MISC | BPF_TAX: m->x = m->a; break;
	case BPF_MISC | BPF_TXA: m->a = m->x; break;
	default: break;
	}
}

uint32_t bpfsim_run(const struct sock_filter *prog, size_t n,
		    const struct seccomp_data *d, unsigned *executed)
{
	struct machine m = { 0 };
	unsigned steps = 0;
	uint32_t r = SECCOMP_RET_KILL_PROCESS;
	size_t pc;

	/* Every step moves pc forward, so at most n steps run. */
	for (pc = 0; pc < n; pc++) {
		const struct sock_filter *i = &prog[pc];

		steps++;
		if (BPF_CLASS(i->code) == BPF_RET) {
			r = BPF_RVAL(i->code) == BPF_A ? m.a : i->k;
			break;
		}
		if (BPF_CLASS(i->code) == BPF_ALU) {
			if (run_alu(&m, i->code, i->k))
				continue;
			r = SECCOMP_RET_KILL_THREAD; /* the value 0 */
			break;
		}
		if (BPF_CLASS(i->code) != BPF_JMP)
			run_move(&m, i, d);
		else if (i->code == (BPF_JMP | BPF_JA))
			pc += i->k;
		else
			pc += jump_taken(&m, i) ? i->jt : i->jf;
	}
	if (executed)
		*executed = steps;
	return r;
}

bool bpfsim_const_allow(const struct sock_filter *prog, size_t n, uint32_t arch, int nr,
			unsigned *executed)
{
	const struct seccomp_data d = { .nr = nr, .arch = arch };
	struct machine m = { 0 };
	bool allow = false;
	unsigned steps = 0;
	size_t pc;

	for (pc = 0; pc < n; pc++) {
		const struct sock_filter *i = &prog[pc];

		steps++;
		if (i->code == (BPF_RET | BPF_K)) {
			allow = i->k == SECCOMP_RET_ALLOW;
			break;
		}
		if (i->code == (BPF_LD | BPF_W | BPF_ABS) &&
		    i->k <= offsetof(struct seccomp_data, arch))
			m.a = load_word(&d, i->k);
		else if (i->code == (BPF_JMP | BPF_JA))
			pc += i->k;
		else if (BPF_CLASS(i->code) == BPF_JMP && BPF_SRC(i->code) == BPF_K)
			pc += jump_taken(&m, i) ? i->jt : i->jf;
		else if (i->code == (BPF_ALU | BPF_AND | BPF_K))
			m.a &= i->k;
		else
			break; /* depends on more than nr and arch */
	}
	if (executed)
		*executed = steps;
	return allow;
}

/* The kernel compares the action as a signed number: KILL_PROCESS (0x80000000) is the
 * smallest, ALLOW the largest. */
static int32_t action_rank(uint32_t action)
{
	return (int32_t)(action & SECCOMP_RET_ACTION_FULL);
}

uint32_t bpfsim_combine(uint32_t later, uint32_t earlier)
{
	return action_rank(earlier) < action_rank(later) ? earlier : later;
}

bool bpfsim_permits(uint32_t action)
{
	uint32_t a = action & SECCOMP_RET_ACTION_FULL;

	return a == SECCOMP_RET_ALLOW || a == SECCOMP_RET_LOG;
}
