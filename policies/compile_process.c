/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Process hygiene. What holds for every VM (descriptors, session, signals, keyring,
 * dumpable, personality) is the launcher's and has no parameter. */
#include "compile.h"

#define PROCESS_UMASK 077

static const char *const deaths[] = { WORDS_DEATH };

static json_t *process_compile(struct compile *c, _unused_ struct err *e)
{
	const struct m_u64 *oom = &c->policy->process.oom_score_adj;

	return json_pack("{s:i, s:I, s:s}", "umask", PROCESS_UMASK, "oom_score_adj",
			 (json_int_t)(oom->set ? oom->v : 0), "supervisor_death",
			 deaths[c->policy->process.supervisor_death.v]);
}

static void process_explain(const struct compile *c, struct strbuf *out)
{
	const struct m_u64 *oom = &c->policy->process.oom_score_adj;

	strbuf_printf(out,
		      "Starts with the declared descriptors and %zu environment "
		      "variables only, in its own session without a terminal, with "
		      "default signals, umask %04o, an empty keyring, not dumpable; "
		      "oom_score_adj %llu",
		      c->needs->n_env, PROCESS_UMASK,
		      (unsigned long long)(oom->set ? oom->v : 0));
	compile_from(out, &oom->loc);
	strbuf_puts(out, c->policy->process.supervisor_death.v == DEATH_KILL
				 ? ". Dies with its supervisor"
				 : ". Outlives its supervisor until recover adopts it");
	compile_from(out, &c->policy->process.supervisor_death.loc);
	strbuf_puts(out, ".\n");
}

const struct compiler compiler_process = { process_compile, process_explain };
