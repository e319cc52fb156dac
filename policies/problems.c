/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "problems.h"

#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include "strbuf.h"

#define QUOTE_MAX ((size_t)60)	   /* bytes of a user's text in a message */
#define WINDOW_BEFORE ((size_t)60) /* characters of a source line before the caret … */
#define WINDOW_AFTER ((size_t)40)  /* … and after it */

void problems_source(struct problems *out, const char *file, const char *text, size_t len)
{
	struct source *s;

	if (out->n_sources == ARRAY_SIZE(out->sources))
		return;
	s = &out->sources[out->n_sources++];
	s->file = file;
	s->text = text ? arena_strndup(&out->arena, text, len) : NULL;
	s->len = len;
}

void problems_add(struct problems *out, const struct loc *loc, const char *fmt, ...)
{
	_cleanup_free_ char *text = NULL;
	va_list ap;
	int r;

	if (out->n == PROBLEMS_MAX) {
		out->dropped++;
		return;
	}
	va_start(ap, fmt);
	r = vasprintf(&text, fmt, ap);
	va_end(ap);
	if (r < 0)
		text = xstrdup("out of memory");
	out->items[out->n].loc = *loc;
	out->items[out->n++].text = arena_strdup(&out->arena, text);
}

void problems_add_err(struct problems *out, const struct err *e)
{
	problems_add(out, &e->loc, "%s", e->text);
}

const char *problems_quote(struct problems *out, const char *s, size_t len)
{
	bool shortened = len > QUOTE_MAX;

	return arena_printf(&out->arena, "\"%.*s%s\"", (int)(shortened ? QUOTE_MAX : len),
			    s, shortened ? "..." : "");
}

void problems_taint(struct problems *out, const void *p)
{
	if (out->n_tainted < PROBLEMS_MAX)
		out->tainted[out->n_tainted++] = p;
}

bool problems_tainted(const struct problems *out, const void *p, size_t size)
{
	const char *low = p;
	size_t i;

	for (i = 0; i < out->n_tainted; i++) {
		const char *t = out->tainted[i];

		if (t >= low && t < low + size)
			return true;
	}
	return out->n_tainted == PROBLEMS_MAX;
}

static const struct source *source_find(const struct problems *out, const char *file)
{
	size_t i;

	for (i = 0; i < out->n_sources; i++)
		if (out->sources[i].file == file)
			return &out->sources[i];
	return NULL;
}

/* The bytes of a line (from 1); false when there is none. */
static bool source_line(const struct source *s, unsigned line, const char **start,
			size_t *len)
{
	const char *p = s->text, *end = s->text + s->len;

	for (; line > 1 && p < end; p++)
		if (*p == '\n' || (*p == '\r' && (p + 1 == end || p[1] != '\n')))
			line--;
	if (line > 1)
		return false;
	*start = p;
	while (p < end && *p != '\n' && *p != '\r')
		p++;
	*len = (size_t)(p - *start);
	return true;
}

/* Length of the character at p in bytes; a byte that starts none counts as one. */
static size_t char_len(const char *p, size_t left)
{
	unsigned char c = (unsigned char)*p;
	size_t n = c >= 0xf0 ? 4 : c >= 0xe0 ? 3 : c >= 0xc2 ? 2 : 1, i;

	for (i = 1; i < n; i++)
		if (i >= left || ((unsigned char)p[i] & 0xc0) != 0x80)
			return 1;
	return n;
}

static void add_char(struct strbuf *b, const char *p, size_t n)
{
	char one[5] = "";

	memcpy(one, p, n);
	if (*p == '\t')
		strbuf_putc(b, ' ');
	else if (!*p)
		strbuf_puts(b, "\\x00");
	else
		strbuf_add_escaped(b, one);
}

static void print_line(FILE *f, const struct source *s, const struct loc *loc)
{
	_cleanup_strbuf_ struct strbuf b = STRBUF_INIT;
	size_t len, caret = 0, col, i;
	const char *p;

	if (!source_line(s, loc->line, &p, &len))
		return;
	for (i = 0, col = 1; i <= len; col++) {
		size_t n = i < len ? char_len(p + i, len - i) : 1;

		if (col == loc->col)
			caret = b.len;
		if (i < len && col + WINDOW_BEFORE >= loc->col &&
		    col <= loc->col + WINDOW_AFTER)
			add_char(&b, p + i, n);
		i += n;
	}
	fprintf(f, "%5u | %s\n      | %*s^\n", loc->line, strbuf_str(&b), (int)caret, "");
}

static void print_one(FILE *f, const struct problems *out, const struct problem *p)
{
	_cleanup_strbuf_ struct strbuf file = STRBUF_INIT, text = STRBUF_INIT;
	const struct source *s = source_find(out, p->loc.file);

	strbuf_add_escaped(&text, p->text);
	strbuf_add_escaped(&file, p->loc.file ? p->loc.file : "brattice-compile");
	if (!p->loc.line) {
		fprintf(f, "%s: error: %s\n", strbuf_str(&file), strbuf_str(&text));
		return;
	}
	fprintf(f, "%s:%u:%u: error: %s\n", strbuf_str(&file), p->loc.line, p->loc.col,
		strbuf_str(&text));
	if (s && s->text)
		print_line(f, s, &p->loc);
}

struct order {
	const struct problem *p;
	size_t source;
};

static int compare(const void *a, const void *b)
{
	const struct order *x = a, *y = b;

	if (x->source != y->source)
		return x->source < y->source ? -1 : 1;
	if (x->p->loc.line != y->p->loc.line)
		return x->p->loc.line < y->p->loc.line ? -1 : 1;
	if (x->p->loc.col != y->p->loc.col)
		return x->p->loc.col < y->p->loc.col ? -1 : 1;
	return x->p < y->p ? -1 : x->p > y->p;
}

void problems_print(FILE *f, const struct problems *out)
{
	struct order order[PROBLEMS_MAX];
	size_t i;

	for (i = 0; i < out->n; i++) {
		const struct source *s = source_find(out, out->items[i].loc.file);

		order[i].p = &out->items[i];
		order[i].source = s ? (size_t)(s - out->sources) : out->n_sources;
	}
	qsort(order, out->n, sizeof(order[0]), compare);
	for (i = 0; i < out->n; i++)
		print_one(f, out, order[i].p);
	if (out->dropped)
		fprintf(f, "... and %zu more errors\n", out->dropped);
}

void problems_dispose(struct problems *out)
{
	arena_dispose(&out->arena);
	memset(out, 0, sizeof(*out));
}
