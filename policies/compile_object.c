/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Objects: whatever the VMM uses of the host's files, sockets and interfaces is opened
 * and checked once by the launcher and handed on as a descriptor, so that no path is used
 * twice.
 */
#include "compile.h"

static const char *const kinds[] = {
	[OBJECT_DISK] = "disk",	    [OBJECT_FILE] = "file", [OBJECT_LOG] = "log",
	[OBJECT_SOCKET] = "socket", [OBJECT_TAP] = "tap",   [OBJECT_CHAR] = "char",
};

static json_t *object_json(const struct object *o)
{
	json_t *j = json_pack("{s:s, s:s, s:s, s:b, s:b, s:b, s:i}", "id", o->id, "kind",
			      kinds[o->kind], "path", o->path, "writable", o->writable,
			      "shared", o->shared, "allow_world_readable",
			      o->allow_world_readable, "fd", o->fd);

	if (o->kind == OBJECT_DISK) {
		json_object_set_new(j, "format", json_string(o->format));
		json_object_set_new(j, "size_max", json_integer((json_int_t)o->size_max));
	}
	return j;
}

static json_t *object_compile(struct compile *c, _unused_ struct err *e)
{
	json_t *list = json_array();
	size_t i;

	for (i = 0; i < c->needs->n_objects; i++)
		json_array_append_new(list, object_json(&c->needs->objects[i]));
	return json_pack("{s:o}", "objects", list);
}

static void object_explain(const struct compile *c, struct strbuf *out)
{
	size_t i;

	if (!c->needs->n_objects)
		strbuf_puts(out,
			    "The VM uses no file, socket or interface of the host.\n");
	else
		strbuf_puts(out,
			    "Opened and checked once by the launcher, then handed to the "
			    "VMM as a descriptor; no path is used twice:\n");
	for (i = 0; i < c->needs->n_objects; i++) {
		const struct object *o = &c->needs->objects[i];

		strbuf_printf(out, "  fd %d  %s %s %s, %s", o->fd, kinds[o->kind], o->id,
			      o->path, o->writable ? "read-write" : "read-only");
		if (o->shared)
			strbuf_puts(out, ", shared with other VMs");
		compile_from(out, &o->loc);
		strbuf_putc(out, '\n');
	}
}

const struct compiler compiler_object = { object_compile, object_explain };
