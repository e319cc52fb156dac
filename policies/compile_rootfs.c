/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Root file system: an empty tmpfs with the VMM's own files bound into it, a private /dev
 * with the declared nodes only, and nothing else of the host. */
#include "compile.h"

#define ROOTFS_SIZE_MAX \
	((json_int_t)1 << 20) /* directories, links and mount points only */

static json_t *rootfs_binds(const struct compile *c)
{
	json_t *list = json_array();
	size_t i;

	for (i = 0; i < c->needs->n_binds; i++) {
		const struct bind *b = &c->needs->binds[i];
		json_t *o = json_pack("{s:s, s:b, s:b, s:b}", "path", b->path, "writable",
				      b->writable, "exec", b->exec, "optional",
				      b->optional);

		if (b->copy)
			json_object_set_new(o, "copy", json_true());
		json_array_append_new(list, o);
	}
	return list;
}

static json_t *rootfs_links(const struct compile *c)
{
	json_t *list = json_array();
	size_t i;

	for (i = 0; i < c->needs->n_links; i++)
		json_array_append_new(list, json_pack("{s:s, s:s}", "path",
						      c->needs->links[i].path, "target",
						      c->needs->links[i].target));
	return list;
}

static json_t *rootfs_nodes(const struct compile *c)
{
	json_t *list = json_array();
	size_t i;

	for (i = 0; i < c->needs->n_nodes; i++) {
		const struct device_node *d = &c->needs->nodes[i];
		const char type[] = { d->type, '\0' };
		json_t *o = json_pack("{s:s, s:b}", "path", d->path, "writable",
				      d->writable);

		if (d->host) {
			json_object_set_new(o, "host", json_string(d->host));
		} else {
			json_object_set_new(o, "type", json_string(type));
			json_object_set_new(o, "major", json_integer(d->major));
			json_object_set_new(o, "minor", json_integer(d->minor));
		}
		json_array_append_new(list, o);
	}
	return list;
}

static bool rootfs_proc(const struct compile *c)
{
	return c->policy->namespaces.proc.set && c->policy->namespaces.proc.v;
}

static json_t *rootfs_compile(struct compile *c, _unused_ struct err *e)
{
	json_int_t tmp = c->needs->needs_tmp ? (json_int_t)c->needs->tmp_size : 0;

	return json_pack("{s:I, s:o, s:o, s:o, s:b, s:I}", "size_max", ROOTFS_SIZE_MAX,
			 "binds", rootfs_binds(c), "links", rootfs_links(c), "nodes",
			 rootfs_nodes(c), "proc", rootfs_proc(c), "tmp", tmp);
}

static void rootfs_explain(const struct compile *c, struct strbuf *out)
{
	size_t i;

	strbuf_puts(out, "The VMM's root holds only:\n");
	for (i = 0; i < c->needs->n_binds; i++) {
		const struct bind *b = &c->needs->binds[i];

		strbuf_printf(out, "  %s, %s%s%s%s", b->path,
			      b->writable ? "read-write" : "read-only",
			      b->exec ? ", executable" : "",
			      b->optional ? ", if it exists" : "",
			      b->copy ? ", as a copy" : "");
		compile_from(out, &b->loc);
		strbuf_putc(out, '\n');
	}
	for (i = 0; i < c->needs->n_nodes; i++)
		strbuf_printf(out, "  %s\n", c->needs->nodes[i].path);
	strbuf_puts(out,
		    rootfs_proc(c) ? "A private /proc is mounted" : "There is no /proc");
	compile_from(out, &c->policy->namespaces.proc.loc);
	strbuf_puts(out, ".\n");
}

const struct compiler compiler_rootfs = { rootfs_compile, rootfs_explain };
