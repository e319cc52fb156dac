/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Memory: PR_SET_MDWE (Linux 6.3) refuses memory that is or was writable and executable;
 * KSM merges equal pages across VMs and so leaks what they hold (CVE-2015-2877). */
#include "compile.h"

static const char *const needs[] = { WORDS_NEED };
static const char *const thps[] = { WORDS_THP };

static json_t *memory_compile(struct compile *c, _unused_ struct err *e)
{
	return json_pack("{s:s, s:b, s:s}", "mdwe", needs[c->policy->mem.mdwe.v], "ksm",
			 c->policy->mem.ksm.set && c->policy->mem.ksm.v, "thp",
			 thps[c->policy->mem.thp.v]);
}

static void memory_explain(const struct compile *c, struct strbuf *out)
{
	const struct vm_policy *p = c->policy;

	strbuf_printf(out, "No memory is ever writable and executable (MDWE: %s",
		      needs[p->mem.mdwe.v]);
	compile_from(out, &p->mem.mdwe.loc);
	strbuf_puts(out, p->mem.ksm.set && p->mem.ksm.v
				 ? "). Equal pages may be merged"
				 : "). Equal pages are not merged");
	compile_from(out, &p->mem.ksm.loc);
	strbuf_printf(out, ". Transparent huge pages: %s", thps[p->mem.thp.v]);
	compile_from(out, &p->mem.thp.loc);
	strbuf_puts(out, ".\n");
}

const struct compiler compiler_memory = { memory_compile, memory_explain };
