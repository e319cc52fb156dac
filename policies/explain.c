/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "explain.h"

#include <errno.h>
#include <string.h>

#include "suggest.h"

#define TEXT_WIDTH 76

void explain_keys(struct strbuf *out)
{
	const struct key *k;
	size_t i;

	for (i = 0; (k = key_at(i)); i++) {
		_cleanup_free_ char *type = key_type_text(k);
		char path[KEY_PATH_MAX];

		strbuf_printf(out, "%s\t%s\t%s\t%s\n", key_path(k, path), type,
			      k->required ? "required" :
			      k->def	  ? k->def :
					    "-",
			      k->doc);
	}
}

/* Words of a doc line, wrapped. */
static void add_wrapped(struct strbuf *out, const char *text, const char *indent)
{
	size_t col = 0;

	while (*text) {
		size_t n = strcspn(text, " ");

		if (col && col + 1 + n > TEXT_WIDTH - strlen(indent)) {
			strbuf_putc(out, '\n');
			col = 0;
		}
		strbuf_puts(out, col ? " " : indent);
		strbuf_add(out, text, n);
		col += n + (col ? 1 : 0);
		text += n + strspn(text + n, " ");
	}
	strbuf_putc(out, '\n');
}

static void add_key(const struct key *k, struct strbuf *out)
{
	_cleanup_free_ char *type = key_type_text(k);
	char path[KEY_PATH_MAX];

	strbuf_printf(out, "%s: %s%s%s%s\n", key_path(k, path), type,
		      k->required ? ", required" : "", k->def ? ", default " : "",
		      k->def ? k->def : "");
	add_wrapped(out, k->doc, "    ");
}

static void add_section(enum section_id id, struct strbuf *out)
{
	const struct section *s = section_get(id);
	const struct key *k;
	size_t i;

	add_wrapped(out, s->doc, "");
	if (s->scalar)
		strbuf_printf(out, "A value without a map means \"%s\".\n", s->scalar);
	strbuf_putc(out, '\n');
	for (i = 0; (k = key_at(i)); i++)
		if (k->section == id)
			add_key(k, out);
}

static int unknown(const char *what, struct err *e)
{
	struct suggestion s = { .word = what };
	_cleanup_free_ char *best = NULL;
	const struct key *k;
	size_t i;

	for (i = 0; (k = key_at(i)); i++) {
		const char *before = s.best;
		char path[KEY_PATH_MAX];

		suggest_offer(&s, key_path(k, path));
		if (s.best != before) {
			free(best);
			s.best = best = strdup(path);
		}
	}
	for (i = 0; !s.best && (k = key_at(i)); i++) {
		char path[KEY_PATH_MAX];

		if (!strcmp(k->name, what))
			return err_set(e, ENOENT, "no key \"%s\"; did you mean \"%s\"?",
				       what, key_path(k, path));
	}
	return s.best ? err_set(e, ENOENT, "no key \"%s\"; did you mean \"%s\"?", what,
				s.best) :
			err_set(e, ENOENT, "no key \"%s\"", what);
}

int explain_what(const char *what, struct strbuf *out, struct err *e)
{
	enum section_id id = section_by_path(what ? what : "");
	const struct key *k;
	size_t i;

	if (id != SECTION_COUNT) {
		add_section(id, out);
		return 0;
	}
	for (i = 0; (k = key_at(i)); i++) {
		char path[KEY_PATH_MAX];

		if (strcmp(key_path(k, path), what) != 0)
			continue;
		add_key(k, out);
		return 0;
	}
	return unknown(what, e);
}
