/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef BRATTICE_ALLOC_H
#define BRATTICE_ALLOC_H

/*
 * Allocators that end the program (exit status alloc_exit_status, 4 unless main sets it)
 * when memory is out. The programs are short-lived and dying is failing closed.
 */
#include <stddef.h>

#include "cleanup.h"

void alloc_set_exit_status(int status);
void *xmalloc(size_t n);
void *xcalloc(size_t n, size_t size);
void *xrealloc(void *p, size_t n, size_t size); /* n * size, overflow-checked */
char *xstrdup(const char *s);
char *xstrndup(const char *s, size_t n);
char *xasprintf(const char *fmt, ...) _printf_(1, 2);

/* A bump allocator that owns one parsed policy; arena_dispose() frees all of it. */
struct arena_block;
struct arena {
	struct arena_block *head;
};

#define ARENA_INIT { NULL }

void *arena_alloc(struct arena *a, size_t n); /* zeroed, aligned for any type */
char *arena_strdup(struct arena *a, const char *s);
char *arena_strndup(struct arena *a, const char *s, size_t n);
char *arena_printf(struct arena *a, const char *fmt, ...) _printf_(2, 3);
void arena_dispose(struct arena *a);

#define _cleanup_arena_ __attribute__((cleanup(arena_dispose)))

#endif
