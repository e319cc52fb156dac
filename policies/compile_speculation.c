/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Speculation controls: prctl(2) PR_SET_SPECULATION_CTRL and PR_SCHED_CORE. Since
 * Linux 5.16 a seccomp filter no longer implies any of them. */
#include "compile.h"

static const char *const words[] = { WORDS_NEED };

static json_t *speculation_compile(struct compile *c, _unused_ struct err *e)
{
	const struct vm_policy *p = c->policy;

	return json_pack("{s:s, s:s, s:s, s:s}", "store_bypass",
			 words[p->speculation.store_bypass.v], "indirect_branch",
			 words[p->speculation.indirect_branch.v], "l1d_flush",
			 words[p->speculation.l1d_flush.v], "core_scheduling",
			 words[p->speculation.core_scheduling.v]);
}

static void speculation_line(struct strbuf *out, const char *what,
			     const struct m_enum *need)
{
	static const char *const text[] = {
		[NEED_AUTO] = "where the kernel has it",
		[NEED_REQUIRED] = "required",
		[NEED_OFF] = "off",
	};

	strbuf_printf(out, "%s: %s", what, text[need->v]);
	compile_from(out, &need->loc);
	strbuf_puts(out, ".\n");
}

static void speculation_explain(const struct compile *c, struct strbuf *out)
{
	const struct vm_policy *p = c->policy;

	speculation_line(out, "Speculative store bypass disabled",
			 &p->speculation.store_bypass);
	speculation_line(out, "Indirect branch speculation disabled",
			 &p->speculation.indirect_branch);
	speculation_line(out, "L1D flush on context switch", &p->speculation.l1d_flush);
	speculation_line(out, "Own core-scheduling cookie",
			 &p->speculation.core_scheduling);
}

const struct compiler compiler_speculation = { speculation_compile, speculation_explain };
