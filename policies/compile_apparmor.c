/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* AppArmor: the parameters; see compile_selinux.c. */
#include "compile.h"

static const char *const words[] = { WORDS_NEED };

static json_t *apparmor_compile(struct compile *c, _unused_ struct err *e)
{
	return json_pack("{s:s}", "mode", words[c->policy->apparmor.mode.v]);
}

static void apparmor_explain(const struct compile *c, struct strbuf *out)
{
	strbuf_printf(out, "AppArmor: %s", words[c->policy->apparmor.mode.v]);
	compile_from(out, &c->policy->apparmor.mode.loc);
	strbuf_puts(out,
		    "; on a kernel where AppArmor is not active the receipt says so.\n");
}

const struct compiler compiler_apparmor = { apparmor_compile, apparmor_explain };
