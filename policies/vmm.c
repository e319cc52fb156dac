/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "vmm.h"

#include <string.h>

#define VMM_FIRST_FD 3

static const struct vmm *const vmms[] = {
#define VMM(id) &vmm_##id,
#include "vmm.def"
#undef VMM
};

const struct vmm *vmm_find(const char *name)
{
	size_t i;

	for (i = 0; i < ARRAY_SIZE(vmms); i++)
		if (!strcmp(vmms[i]->name, name))
			return vmms[i];
	return NULL;
}

void *vmm_push(struct arena *a, void *items, size_t *n, size_t size)
{
	/* full at each power of two */
	if ((*n & (*n - 1)) == 0) {
		void *grown = arena_alloc(a, (*n ? *n * 2 : 1) * size);

		if (*n)
			memcpy(grown, items, *n * size);
		items = grown;
	}
	(*n)++;
	return items;
}

static void vmm_string(struct vmm_build *b, const char ***list, size_t *n, const char *s)
{
	size_t with_null = *n + 1;

	if (!*list) {
		with_null = 0;
		*list = vmm_push(&b->p->arena, NULL, &with_null, sizeof(**list));
	}
	*list = vmm_push(&b->p->arena, *list, &with_null, sizeof(**list));
	(*list)[(*n)++] = s;
}

void vmm_arg(struct vmm_build *b, const char *arg)
{
	vmm_string(b, &b->n->argv, &b->n->n_argv, arg);
}

void vmm_env(struct vmm_build *b, const char *assignment)
{
	vmm_string(b, &b->n->env, &b->n->n_env, assignment);
}

struct object *vmm_object(struct vmm_build *b, enum object_kind kind, const char *id,
			  const struct m_str *path)
{
	struct vmm_needs *n = b->n;
	struct object *o;

	n->objects = vmm_push(&b->p->arena, n->objects, &n->n_objects, sizeof(*o));
	o = &n->objects[n->n_objects - 1];
	o->id = id;
	o->kind = kind;
	o->path = path->v;
	o->loc = path->loc;
	o->fd = VMM_FIRST_FD + (int)(n->n_objects - 1);
	return o;
}

void vmm_bind(struct vmm_build *b, const char *path, unsigned flags,
	      const struct loc *loc)
{
	struct vmm_needs *n = b->n;
	struct bind *bind = NULL;
	size_t i;

	for (i = 0; i < n->n_binds && !bind; i++)
		if (!strcmp(n->binds[i].path, path))
			bind = &n->binds[i];
	if (!bind) {
		n->binds = vmm_push(&b->p->arena, n->binds, &n->n_binds, sizeof(*bind));
		bind = &n->binds[n->n_binds - 1];
		bind->path = path;
		bind->optional = true;
		if (loc)
			bind->loc = *loc;
	}
	bind->exec |= (flags & BIND_EXEC) != 0;
	bind->writable |= (flags & BIND_WRITABLE) != 0;
	bind->copy |= (flags & BIND_COPY) != 0;
	bind->optional &= (flags & BIND_OPTIONAL) != 0;
}

void vmm_link(struct vmm_build *b, const char *path, const char *target)
{
	struct vmm_needs *n = b->n;

	n->links = vmm_push(&b->p->arena, n->links, &n->n_links, sizeof(*n->links));
	n->links[n->n_links - 1] = (struct link){ path, target };
}

static struct device_node *vmm_add_node(struct vmm_build *b, const char *path)
{
	struct vmm_needs *n = b->n;
	struct device_node *d;
	size_t i;

	for (i = 0; i < n->n_nodes; i++)
		if (!strcmp(n->nodes[i].path, path))
			return NULL;
	n->nodes = vmm_push(&b->p->arena, n->nodes, &n->n_nodes, sizeof(*d));
	d = &n->nodes[n->n_nodes - 1];
	d->path = path;
	d->type = 'c';
	d->writable = true;
	return d;
}

void vmm_node(struct vmm_build *b, const char *path, unsigned major, unsigned minor,
	      bool writable)
{
	struct device_node *d = vmm_add_node(b, path);

	if (d) {
		d->major = major;
		d->minor = minor;
		d->writable = writable;
	}
}

void vmm_node_host(struct vmm_build *b, const char *path)
{
	struct device_node *d = vmm_add_node(b, path);

	if (d)
		d->host = path;
}

void vmm_listen_tcp(struct vmm_build *b, uint16_t port)
{
	struct vmm_needs *n = b->n;

	n->listen_tcp = vmm_push(&b->p->arena, n->listen_tcp, &n->n_listen_tcp,
				 sizeof(port));
	n->listen_tcp[n->n_listen_tcp - 1] = port;
}
