/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Capabilities: none in any set. A VMM gets opened descriptors instead of privileges, so
 * there is no key that grants one; "keep" says so to the launcher and the auditor. */
#include "compile.h"

static json_t *capability_compile(_unused_ struct compile *c, _unused_ struct err *e)
{
	return json_pack("{s:[]}", "keep");
}

static void capability_explain(_unused_ const struct compile *c, struct strbuf *out)
{
	strbuf_puts(out,
		    "All five capability sets are empty and the securebits are locked "
		    "(always).\n");
}

const struct compiler compiler_capability = { capability_compile, capability_explain };
