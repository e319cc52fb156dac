/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "fill.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>

#include "fdio.h"
#include "suggest.h"
#include "value.h"

struct fill {
	struct problems *out;
	struct arena *arena;
};

static void *field_at(void *base, size_t offset)
{
	return (char *)base + offset;
}

/* The path of a key of that name in some other section, if only one has it. */
static const char *elsewhere(const char *name, char *buf)
{
	const struct key *k, *hit = NULL;
	size_t i;

	for (i = 0; (k = key_at(i)); i++) {
		if (k->section == SECTION_host || strcmp(k->name, name) != 0)
			continue;
		if (hit)
			return NULL;
		hit = k;
	}
	return hit ? key_path(hit, buf) : NULL;
}

/* A section as it is called in a message: the host file's keys stand at the top too. */
static const char *section_name(enum section_id section)
{
	return section == SECTION_host ? "" : section_get(section)->path;
}

static void unknown_key(struct problems *out, enum section_id section, struct doc_node *n)
{
	struct suggestion s = { .word = n->key->text };
	const char *path = section_name(section), *other;
	const char *word = problems_quote(out, n->key->text, n->key->len);
	const struct key *k;
	char buf[KEY_PATH_MAX];
	size_t i;

	for (i = 0; (k = key_at(i)); i++)
		if (k->section == section)
			suggest_offer(&s, k->name);
	n->meant = s.best;
	other = section == SECTION_host ? NULL : elsewhere(n->key->text, buf);
	if (s.best)
		problems_add(out, &n->key->loc, "unknown key %s; did you mean \"%s\"?",
			     word, s.best);
	else if (other)
		problems_add(out, &n->key->loc, "unknown key %s here; it belongs to %s",
			     word, other);
	else
		problems_add(out, &n->key->loc, "unknown key %s%s%s", word,
			     *path ? " in " : "", path);
}

void fill_check_required(struct problems *out, enum section_id section,
			 const struct doc_node *n, const struct doc_node *under)
{
	const char *path = section_name(section);
	const struct doc_node *c;
	const struct key *k;
	size_t i;

	for (i = 0; (k = key_at(i)); i++) {
		if (k->section != section || !k->required || doc_get(n, k->name) ||
		    doc_get(under, k->name))
			continue;
		for (c = n->child; c; c = c->next)
			if (c->meant && !strcmp(c->meant, k->name))
				break;
		if (!c)
			problems_add(out, &n->loc, "%s%skey \"%s\" is missing%s%s", path,
				     *path ? ": " : "", k->name, *path ? ": " : "",
				     *path ? k->doc : "");
	}
}

/* Maps within maps: the schema has no more than three levels, so that this ends. */
static void fill_maps(const struct fill *f, const struct key *k, const struct doc_node *n,
		      void *base)
{
	const struct section *s = section_get(k->sub);
	const struct doc_node *c;
	char path[KEY_PATH_MAX];
	char *items, *item;

	if (n->kind == DOC_BAD)
		return;
	if (n->kind != DOC_LIST) {
		problems_add(f->out, &n->loc,
			     "%s: expected a list (\"- \" before each entry), found %s",
			     key_path(k, path),
			     n->kind == DOC_MAP ? "a map" :
			     n->len ? problems_quote(f->out, n->text, n->len) :
				      "nothing");
		return;
	}
	items = item = arena_alloc(f->arena, (n->n + 1) * s->size);
	for (c = n->child; c; c = c->next, item += s->size) {
		memcpy(item + s->loc, &c->loc, sizeof(c->loc));
		fill_section(f->out, f->arena, k->sub, c, item);
		if (c->kind == DOC_MAP)
			fill_check_required(f->out, k->sub, c, NULL);
		else if (c->kind != DOC_SCALAR || !s->scalar)
			problems_taint(f->out, item);
	}
	memcpy(field_at(base, k->offset), &items, sizeof(items));
	memcpy(field_at(base, k->count), &n->n, sizeof(n->n));
}

static void fill_key(const struct fill *f, const struct key *k, const struct doc_node *n,
		     void *base)
{
	if (k->kind == KEY_MAPS) {
		fill_maps(f, k, n, base);
	} else if (k->kind == KEY_MAP) {
		memcpy(field_at(base, k->offset), &n->loc, sizeof(n->loc));
		fill_section(f->out, f->arena, k->sub, n, base);
	} else {
		value_set(f->out, f->arena, k, n, field_at(base, k->offset));
	}
}

static void fill_scalar(const struct fill *f, enum section_id section,
			const struct doc_node *n, void *base)
{
	const struct section *s = section_get(section);
	const char *name = section_name(section);

	if (s->scalar && n->kind == DOC_SCALAR)
		fill_key(f, key_find(section, s->scalar), n, base);
	else
		problems_add(f->out, &n->loc, "%s%sexpected a map of keys, found %s",
			     name, *name ? ": " : "",
			     n->kind == DOC_LIST ? "a list" :
			     n->len ? problems_quote(f->out, n->text, n->len) :
				      "nothing");
}

void fill_section(struct problems *out, struct arena *a, enum section_id section,
		  const struct doc_node *n, void *base)
{
	struct fill f = { out, a };
	struct doc_node *c;

	if (n->kind == DOC_BAD)
		return;
	if (n->kind != DOC_MAP) {
		fill_scalar(&f, section, n, base);
		return;
	}
	for (c = n->child; c; c = c->next) {
		const struct key *k = key_find(section, c->key->text);

		if (k)
			fill_key(&f, k, c, base);
		else
			unknown_key(out, section, c);
	}
}

static void default_maps(struct arena *a, const struct key *k, void *base)
{
	size_t n, i;
	char *items;

	memcpy(&items, field_at(base, k->offset), sizeof(items));
	memcpy(&n, field_at(base, k->count), sizeof(n));
	for (i = 0; i < n; i++)
		fill_defaults(a, k->sub, items + i * section_get(k->sub)->size);
}

void fill_defaults(struct arena *a, enum section_id section, void *base)
{
	const struct key *k;
	size_t i;

	for (i = 0; (k = key_at(i)); i++) {
		if (k->section != section)
			continue;
		if (k->kind == KEY_MAPS)
			default_maps(a, k, base);
		else if (k->kind == KEY_MAP)
			fill_defaults(a, k->sub, base);
		else
			value_default(a, k, field_at(base, k->offset));
	}
}

static int read_text(const char *path, char **text, size_t *len, struct err *e)
{
	if (!strcmp(path, "-"))
		return fdio_read_all(STDIN_FILENO, DOC_BYTES_MAX, text, len, e);
	return fdio_read_file(AT_FDCWD, path, DOC_BYTES_MAX, text, len, e);
}

int fill_read_file(struct problems *out, struct arena *a, const char *path,
		   const struct doc_node **root)
{
	const char *file = arena_strdup(a, strcmp(path, "-") ? path : "<stdin>");
	struct loc whole = { file, 0, 0 };
	_cleanup_free_ char *text = NULL;
	struct err e = ERR_INIT;
	size_t len;
	int r = read_text(path, &text, &len, &e);

	*root = NULL;
	if (r == -EFBIG) {
		problems_source(out, file, NULL, 0);
		problems_add(out, &whole, "larger than 1 MiB");
		return -EINVAL;
	}
	if (r < 0) {
		problems_add_err(out, &e);
		return r;
	}
	problems_source(out, file, text, len);
	*root = doc_read(a, file, text, len, out);
	return 0;
}
