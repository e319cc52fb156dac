/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "resolve.h"

#include <stdlib.h>
#include <string.h>

/*
 * Arguments of QEMU (qemu-system-x86_64(1), 7.2) that would go behind the description's
 * back. Sorted by name. Everything else is allowed; what it opens has to be granted.
 */
static const struct refused {
	const char *option, *why;
} refused[] = {
	{ "add-fd", "descriptor numbers belong to the launcher" },
	{ "chroot", "the launcher has its own root for the VMM" },
	{ "daemonize", "the supervisor would lose the VMM" },
	{ "enable-fips", "it is obsolete" },
	{ "gdb", "a debugger's port controls the VM" },
	{ "name", "the VM's name comes from the key \"name\"" },
	{ "pidfile", "the launcher keeps the receipt" },
	{ "plugin", "it loads code that is not part of the emulator" },
	{ "readconfig", "it would hide devices from this description" },
	{ "run-with", "the launcher sets user and root" },
	{ "runas", "the launcher sets the user" },
	{ "s", "a debugger's port controls the VM" },
	{ "sandbox", "a second filter could not be compared with the one compiled here" },
	{ "writeconfig", "it writes a file that is not declared" },
};

static const char *const listeners[] = {
	"chardev",  "incoming", "mon",	      "monitor",
	"parallel", "qmp",	"qmp-pretty", "serial",
};

static int refused_compare(const void *key, const void *row)
{
	return strcmp(key, ((const struct refused *)row)->option);
}

static bool is_listener(const char *option)
{
	size_t i;

	for (i = 0; i < ARRAY_SIZE(listeners); i++)
		if (!strcmp(option, listeners[i]))
			return true;
	return false;
}

static bool has_prefix(const char *s, const char *prefix)
{
	return !strncmp(s, prefix, strlen(prefix));
}

/* The value of an option that carries commands or guest data over the network. */
static bool is_network(const char *value)
{
	return has_prefix(value, "tcp:") || has_prefix(value, "telnet:") ||
	       has_prefix(value, "websocket:") || has_prefix(value, "udp:") ||
	       has_prefix(value, "rdma:") || has_prefix(value, "tn3270:") ||
	       has_prefix(value, "udp,") ||
	       (has_prefix(value, "socket,") &&
		(strstr(value, ",host=") || strstr(value, ",port=")));
}

static void check_value(const char *option, const struct m_str *value,
			struct problems *out)
{
	if (has_prefix(value->v, "exec:") || strstr(value->v, ",script=/") ||
	    strstr(value->v, ",downscript=/"))
		problems_add(out, &value->loc,
			     "argv: -%s must not run a program: the VMM is the only "
			     "one that may be executed",
			     option);
	else if (is_network(value->v))
		problems_add(out, &value->loc,
			     "argv: -%s must not use the network: who reaches the "
			     "port controls the VM; use a unix socket",
			     option);
}

/* The option's name without dashes, NULL for a value. QEMU takes one dash or two. */
static const char *option_name(const char *arg)
{
	if (*arg != '-' || !arg[1])
		return NULL;
	return arg + 1 + (arg[1] == '-');
}

void resolve_argv(struct vm_policy *p, struct problems *out)
{
	const char *option = NULL;
	size_t i;

	for (i = 0; i < p->argv.n; i++) {
		const struct m_str *a = &p->argv.v[i];
		const char *name = option_name(a->v);
		const struct refused *r;

		if (!name) {
			if (option && (is_listener(option) || !strcmp(option, "netdev")))
				check_value(option, a, out);
			option = NULL;
			continue;
		}
		option = name;
		r = bsearch(name, refused, ARRAY_SIZE(refused), sizeof(refused[0]),
			    refused_compare);
		if (r)
			problems_add(out, &a->loc, "argv: -%s is refused: %s", r->option,
				     r->why);
	}
}
