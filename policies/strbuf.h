/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef BRATTICE_STRBUF_H
#define BRATTICE_STRBUF_H

/* Growing text, always NUL-terminated once anything was added. */
#include <stddef.h>

#include "cleanup.h"

struct strbuf {
	char *s;
	size_t len, size;
};

#define STRBUF_INIT { NULL, 0, 0 }

void strbuf_add(struct strbuf *b, const void *p, size_t n);
void strbuf_puts(struct strbuf *b, const char *s);
void strbuf_putc(struct strbuf *b, char c);
void strbuf_printf(struct strbuf *b, const char *fmt, ...) _printf_(2, 3);
/* The text, "" if none; owned by b. */
const char *strbuf_str(const struct strbuf *b);
/* The text, owned by the caller; b is empty afterwards. */
char *strbuf_steal(struct strbuf *b);
void strbuf_dispose(struct strbuf *b);

#define _cleanup_strbuf_ __attribute__((cleanup(strbuf_dispose)))

/* Adds s with every byte that is not printable ASCII as \xNN, and \ as \\: for
 * terminals. */
void strbuf_add_escaped(struct strbuf *b, const char *s);

#endif
