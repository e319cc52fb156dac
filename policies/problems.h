/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef BRATTICE_PROBLEMS_H
#define BRATTICE_PROBLEMS_H

/*
 * What is wrong with a text: a bounded list, so that a parser can show everything at
 * once. It also keeps the texts themselves, for the line and the caret below each
 * message.
 */
#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>

#include "alloc.h"
#include "err.h"

#define PROBLEMS_MAX 200 /* the rest is counted, not kept */

struct problem {
	struct loc loc; /* line 0: the file as a whole; file NULL: no file */
	const char *text;
};

struct source {
	const char *file; /* as named on the command line */
	const char *text; /* NULL: known by name only */
	size_t len;
};

struct problems {
	struct arena arena;
	struct problem items[PROBLEMS_MAX];
	size_t n, dropped;
	struct source sources[4];
	size_t n_sources;
	const void *tainted[PROBLEMS_MAX];
	size_t n_tainted;
};

#define PROBLEMS_INIT \
	{ \
		.arena = ARENA_INIT \
	}

/* Copies the text, borrows the name: it is the "file" of every place in this text. */
void problems_source(struct problems *out, const char *file, const char *text,
		     size_t len);

void problems_add(struct problems *out, const struct loc *loc, const char *fmt, ...)
	_printf_(3, 4);
void problems_add_err(struct problems *out, const struct err *e);

/* A user's text for a message: in double quotes, shortened, owned by out. */
const char *problems_quote(struct problems *out, const char *s, size_t len);

/* Remembers that the value at p was wrong; later checks that use it keep quiet. */
void problems_taint(struct problems *out, const void *p);
bool problems_tainted(const struct problems *out, const void *p, size_t size);

/* Sorted by place; every byte that isn't printable ASCII is escaped. */
void problems_print(FILE *f, const struct problems *out);
void problems_dispose(struct problems *out);

#define _cleanup_problems_ __attribute__((cleanup(problems_dispose)))

#endif
