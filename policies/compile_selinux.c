/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* SELinux: the parameters. Where SELinux is active and this build has no layer for it,
 * the launcher refuses "required" and reports "auto" (docs: brattice-confine(8)). */
#include "compile.h"

static const char *const words[] = { WORDS_NEED };

static json_t *selinux_compile(struct compile *c, _unused_ struct err *e)
{
	json_t *o = json_pack("{s:s}", "mode", words[c->policy->selinux.mode.v]);

	if (c->policy->selinux.type.v)
		json_object_set_new(o, "type", json_string(c->policy->selinux.type.v));
	return o;
}

static void selinux_explain(const struct compile *c, struct strbuf *out)
{
	strbuf_printf(out, "SELinux: %s", words[c->policy->selinux.mode.v]);
	compile_from(out, &c->policy->selinux.mode.loc);
	strbuf_puts(out,
		    "; on a kernel where SELinux is not active the receipt says so.\n");
}

const struct compiler compiler_selinux = { selinux_compile, selinux_explain };
