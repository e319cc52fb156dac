/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* no_new_privs (prctl(2), Linux 3.5): no exec gains anything. Always on, no parameter. */
#include "compile.h"

static json_t *nnp_compile(_unused_ struct compile *c, _unused_ struct err *e)
{
	return json_object();
}

static void nnp_explain(_unused_ const struct compile *c, struct strbuf *out)
{
	strbuf_puts(out, "no_new_privs is set (always).\n");
}

const struct compiler compiler_nnp = { nnp_compile, nnp_explain };
