/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Landlock rules, from what is bound into the VMM's root. Names are those of
 * linux/landlock.h without LANDLOCK_ACCESS_FS_. The launcher drops rights that the
 * kernel's ABI lacks (ioctl_dev: ABI 5; TCP: ABI 4; scopes: ABI 6) and, for a path that
 * is no directory, the rights that only directories have. Descriptors that the launcher
 * hands on need no rule: Landlock decides when a file is opened.
 */
#include "compile.h"

#include <string.h>

static const char *const words[] = { WORDS_NEED };

static int landlock_mode(const struct compile *c)
{
	return c->policy->landlock.set ? c->policy->landlock.v : NEED_REQUIRED;
}

static json_t *landlock_bind_access(const struct bind *b)
{
	json_t *access = json_pack("[s, s]", "read_file", "read_dir");
	static const char *const write[] = { "write_file", "truncate", "make_reg",
					     "remove_file" };
	size_t i;

	if (b->exec)
		json_array_append_new(access, json_string("execute"));
	for (i = 0; b->writable && i < ARRAY_SIZE(write); i++)
		json_array_append_new(access, json_string(write[i]));
	return access;
}

/* Devices that are only read or written need no ioctl(2). */
static bool landlock_needs_ioctl(const struct device_node *d)
{
	return d->host || !strcmp(d->path, "/dev/kvm");
}

static json_t *landlock_node_access(const struct device_node *d)
{
	json_t *access = json_pack("[s]", "read_file");

	if (d->writable)
		json_array_append_new(access, json_string("write_file"));
	if (landlock_needs_ioctl(d))
		json_array_append_new(access, json_string("ioctl_dev"));
	return access;
}

static json_t *landlock_rules(const struct compile *c)
{
	json_t *list = json_array();
	size_t i;

	for (i = 0; i < c->needs->n_binds; i++) {
		const struct bind *b = &c->needs->binds[i];

		json_array_append_new(list, json_pack("{s:s, s:o, s:b}", "path", b->path,
						      "access", landlock_bind_access(b),
						      "optional", b->optional));
	}
	for (i = 0; i < c->needs->n_nodes; i++)
		json_array_append_new(
			list,
			json_pack("{s:s, s:o}", "path", c->needs->nodes[i].path, "access",
				  landlock_node_access(&c->needs->nodes[i])));
	return list;
}

static json_t *landlock_compile(struct compile *c, _unused_ struct err *e)
{
	json_t *o = json_pack("{s:s, s:o, s:b, s:[s, s]}", "mode",
			      words[landlock_mode(c)], "rules", landlock_rules(c),
			      "unrestricted_tcp", c->needs->any_tcp, "scope",
			      "abstract_unix_socket", "signal");
	json_t *ports = json_array();
	size_t i;

	for (i = 0; i < c->needs->n_listen_tcp; i++)
		json_array_append_new(ports, json_integer(c->needs->listen_tcp[i]));
	if (c->needs->n_listen_tcp && !c->needs->any_tcp)
		json_object_set(o, "bind_tcp", ports);
	json_decref(ports);
	return o;
}

static void landlock_explain(const struct compile *c, struct strbuf *out)
{
	size_t i;

	strbuf_printf(out, "Landlock: %s", words[landlock_mode(c)]);
	compile_from(out, &c->policy->landlock.loc);
	strbuf_puts(out,
		    ". Files outside the VMM's root cannot be opened; no signal and no "
		    "abstract socket reaches a process outside.");
	if (c->needs->any_tcp)
		strbuf_puts(out, " TCP is not restricted, because of the user network.");
	else if (!c->needs->n_listen_tcp)
		strbuf_puts(out, " TCP is refused.");
	else
		strbuf_puts(out, " TCP is refused but for listening on port");
	for (i = 0; !c->needs->any_tcp && i < c->needs->n_listen_tcp; i++)
		strbuf_printf(out, " %u", c->needs->listen_tcp[i]);
	strbuf_putc(out, '\n');
}

const struct compiler compiler_landlock = { landlock_compile, landlock_explain };
