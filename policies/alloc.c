/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "alloc.h"

#include <stdarg.h>
#include <stdalign.h>
#include <stdint.h>
#include <string.h>

static int exit_status = 4;

void alloc_set_exit_status(int status)
{
	exit_status = status;
}

static void *alloc_check(void *p)
{
	static const char text[] = "brattice: out of memory\n";

	if (!p) {
		ssize_t r = write(STDERR_FILENO, text, sizeof(text) - 1);

		(void)r;
		_exit(exit_status);
	}
	return p;
}

void *xmalloc(size_t n)
{
	return alloc_check(malloc(n ? n : 1));
}

void *xcalloc(size_t n, size_t size)
{
	return alloc_check(calloc(n ? n : 1, size ? size : 1));
}

void *xrealloc(void *p, size_t n, size_t size)
{
	size_t total;

	if (__builtin_mul_overflow(n, size, &total))
		return alloc_check(NULL);
	return alloc_check(realloc(p, total ? total : 1));
}

char *xstrdup(const char *s)
{
	return alloc_check(strdup(s));
}

char *xstrndup(const char *s, size_t n)
{
	return alloc_check(strndup(s, n));
}

char *xasprintf(const char *fmt, ...)
{
	char *s = NULL;
	va_list ap;
	int r;

	va_start(ap, fmt);
	r = vasprintf(&s, fmt, ap);
	va_end(ap);
	return alloc_check(r < 0 ? NULL : s);
}

struct arena_block {
	struct arena_block *next;
	size_t used, size;
	alignas(max_align_t) unsigned char data[];
};

#define ARENA_BLOCK ((size_t)16 * 1024)

void *arena_alloc(struct arena *a, size_t n)
{
	const size_t align = alignof(max_align_t);
	struct arena_block *b = a->head;
	void *p;

	if (n > SIZE_MAX / 2)
		alloc_check(NULL);
	n = (n + align - 1) & ~(align - 1);
	if (!b || b->size - b->used < n) {
		size_t size = n > ARENA_BLOCK ? n : ARENA_BLOCK;

		b = xcalloc(1, sizeof(*b) + size);
		b->size = size;
		b->next = a->head;
		a->head = b;
	}
	p = b->data + b->used;
	b->used += n;
	return p;
}

char *arena_strndup(struct arena *a, const char *s, size_t n)
{
	char *p = arena_alloc(a, n + 1);

	memcpy(p, s, n);
	return p;
}

char *arena_strdup(struct arena *a, const char *s)
{
	return arena_strndup(a, s, strlen(s));
}

char *arena_printf(struct arena *a, const char *fmt, ...)
{
	_cleanup_free_ char *s = NULL;
	va_list ap;
	int r;

	va_start(ap, fmt);
	r = vasprintf(&s, fmt, ap);
	va_end(ap);
	alloc_check(r < 0 ? NULL : s);
	return arena_strdup(a, s);
}

void arena_dispose(struct arena *a)
{
	while (a->head) {
		struct arena_block *next = a->head->next;

		free(a->head);
		a->head = next;
	}
}
