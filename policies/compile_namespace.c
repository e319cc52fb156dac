/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Namespaces: own mount, pid, ipc, uts and cgroup always; network unless the host's is
 * asked for; user only when asked for (user namespaces are themselves attack surface). */
#include "compile.h"

static bool namespace_net(const struct compile *c)
{
	return c->policy->namespaces.net.v != NETNS_HOST;
}

static bool namespace_user(const struct compile *c)
{
	return c->policy->namespaces.user.set && c->policy->namespaces.user.v;
}

static json_t *namespace_compile(struct compile *c, _unused_ struct err *e)
{
	return json_pack("{s:b, s:b, s:b, s:b, s:b, s:b, s:b, s:s}", "mount", 1, "pid", 1,
			 "ipc", 1, "uts", 1, "cgroup", 1, "net", namespace_net(c), "user",
			 namespace_user(c), "hostname", c->policy->name.v);
}

static void namespace_explain(const struct compile *c, struct strbuf *out)
{
	strbuf_puts(out, "Own mount, pid, ipc, uts and cgroup namespaces (always). ");
	strbuf_puts(out, namespace_net(c) ? "Own, empty network namespace"
					  : "The host's network namespace");
	compile_from(out, &c->policy->namespaces.net.loc);
	strbuf_puts(out,
		    namespace_user(c) ? ". Own user namespace" : ". No user namespace");
	compile_from(out, &c->policy->namespaces.user.loc);
	strbuf_puts(out, ".\n");
}

const struct compiler compiler_namespace = { namespace_compile, namespace_explain };
