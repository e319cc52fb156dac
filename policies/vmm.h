/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef BRATTICE_VMM_H
#define BRATTICE_VMM_H

/*
 * What the file of a VMM (vmm_X.c) builds its struct vmm_needs with. All memory comes
 * from the policy's arena. A pointer that these functions return is valid until the next
 * call that adds to the same list.
 */
#include "compile.h"

#define VMM(id) extern const struct vmm vmm_##id;
#include "vmm.def"
#undef VMM

struct vmm_build {
	struct vm_policy *p;
	const struct target *t;
	struct vmm_needs *n;
};

enum bind_flag {
	BIND_EXEC = 1,
	BIND_WRITABLE = 2,
	BIND_OPTIONAL = 4,
	BIND_COPY = 8,
};

/* Adds a zeroed element to an array in the arena; returns the (perhaps moved) array. */
void *vmm_push(struct arena *a, void *items, size_t *n, size_t size);

void vmm_arg(struct vmm_build *b, const char *arg); /* borrowed */
#define vmm_argf(b, ...) vmm_arg(b, arena_printf(&(b)->p->arena, __VA_ARGS__))
void vmm_env(struct vmm_build *b, const char *assignment); /* borrowed */
/* The first object gets descriptor 3, each further one the next. */
struct object *vmm_object(struct vmm_build *b, enum object_kind kind, const char *id,
			  const struct m_str *path);
/* A path that is there already keeps its place and gains the flags (but loses OPTIONAL
 * unless both have it). */
void vmm_bind(struct vmm_build *b, const char *path, unsigned flags,
	      const struct loc *loc);
void vmm_link(struct vmm_build *b, const char *path, const char *target);
void vmm_node(struct vmm_build *b, const char *path, unsigned major, unsigned minor,
	      bool writable);
/* A character device whose numbers the launcher takes from the host's node. */
void vmm_node_host(struct vmm_build *b, const char *path);
void vmm_listen_tcp(struct vmm_build *b, uint16_t port);

#endif
