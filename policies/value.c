/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "value.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "num.h"
#include "strbuf.h"
#include "suggest.h"

struct value {
	struct problems *out;
	struct arena *arena;
	const struct key *key;
	const struct doc_node *node;
	char path[KEY_PATH_MAX];
};

static const char *quoted(const struct value *v, const struct doc_node *n)
{
	return problems_quote(v->out, n->text, n->len);
}

static const char *found(const struct value *v, const struct doc_node *n)
{
	if (n->kind == DOC_LIST)
		return "a list";
	if (n->kind == DOC_MAP)
		return "a map";
	return n->len ? quoted(v, n) : "nothing";
}

static bool expected(const struct value *v, const struct doc_node *n, const char *what)
{
	problems_add(v->out, &n->loc, "%s: expected %s, found %s", v->path, what,
		     found(v, n));
	return false;
}

/* A scalar that says something; null and the empty text say nothing. */
static bool need_scalar(const struct value *v, const struct doc_node *n, const char *what)
{
	if (n->kind == DOC_BAD)
		return false;
	if (n->kind != DOC_SCALAR)
		return expected(v, n, what);
	if (n->plain && (!strcmp(n->text, "null") || !strcmp(n->text, "~"))) {
		problems_add(v->out, &n->loc, "%s: null is no value; leave the key out",
			     v->path);
		return false;
	}
	if (n->len)
		return true;
	problems_add(v->out, &n->loc, "%s: a value is missing, expected %s", v->path,
		     what);
	return false;
}

static bool read_text(const struct value *v, const struct doc_node *n, struct m_str *p)
{
	const struct format *f = v->key->format;
	const char *why;

	if (!need_scalar(v, n, f->name))
		return false;
	why = f->check(n->text);
	if (why) {
		problems_add(v->out, &n->loc, "%s: %s %s", v->path, quoted(v, n), why);
		return false;
	}
	p->v = arena_strndup(v->arena, n->text, n->len);
	p->loc = n->loc;
	return true;
}

static bool word_unknown(const struct value *v, const struct doc_node *n)
{
	struct suggestion s = { .word = n->text };
	_cleanup_strbuf_ struct strbuf list = STRBUF_INIT;
	const char *const *w;

	for (w = v->key->words; *w; w++) {
		suggest_offer(&s, *w);
		strbuf_printf(&list, "%s%s",
			      w == v->key->words ? "" :
			      w[1]		 ? ", " :
						   " or ",
			      *w);
	}
	problems_add(v->out, &n->loc, "%s: expected %s, found %s%s%s%s", v->path,
		     strbuf_str(&list), quoted(v, n), s.best ? "; did you mean \"" : "",
		     s.best ? s.best : "", s.best ? "\"?" : "");
	return false;
}

static bool read_word(const struct value *v, const struct doc_node *n, int *index)
{
	int i;

	if (!need_scalar(v, n, "a word"))
		return false;
	for (i = 0; v->key->words[i]; i++) {
		if (!strcmp(v->key->words[i], n->text)) {
			*index = i;
			return true;
		}
	}
	return word_unknown(v, n);
}

static bool read_bool(const struct value *v, const struct doc_node *n, bool *p)
{
	static const char *const yes[] = { "yes", "on", "True", "TRUE", "1" };
	static const char *const no[] = { "no", "off", "False", "FALSE", "0" };
	const char *meant = NULL;
	size_t i;

	if (!need_scalar(v, n, "true or false"))
		return false;
	*p = !strcmp(n->text, "true");
	if (n->plain && (*p || !strcmp(n->text, "false")))
		return true;
	if (v->key->section == SECTION_qmp && strpbrk(n->text, ":/"))
		meant = "it is a unix socket only, since who reaches a port controls the "
			"VM: "
			"qmp: {path: /absolute/path}";
	else if (!n->plain)
		meant = "leave the quotes out";
	for (i = 0; !meant && i < ARRAY_SIZE(yes); i++) {
		if (!strcmp(n->text, yes[i]))
			meant = "write true";
		if (!strcmp(n->text, no[i]))
			meant = "write false";
	}
	problems_add(v->out, &n->loc, "%s: expected true or false, found %s%s%s", v->path,
		     quoted(v, n), meant ? "; " : "", meant ? meant : "");
	return false;
}

/* What is wrong with a number that num.c did not take, if that can be said better. */
static const char *number_hint(const struct doc_node *n, bool size)
{
	size_t digits = strspn(n->text, "0123456789");

	if (*n->text == '-')
		return "; it can't be negative";
	if (strchr(n->text, '.'))
		return "; it must be whole";
	if (size && digits && strchr("kmgt", n->text[digits]))
		return "; units are written K, M, G, T";
	if (size && digits && strchr("KMGT", n->text[digits]))
		return "; units are written K, M, G, T (or KiB, MiB, GiB, TiB)";
	return "";
}

static bool read_number(const struct value *v, const struct doc_node *n, uint64_t *p)
{
	bool size = v->key->kind == KEY_SIZE;
	const char *what = size ? "a size like 512M" : "a whole number";
	_cleanup_free_ char *type = NULL;
	int r;

	if (!need_scalar(v, n, what))
		return false;
	if (!size && !n->plain) {
		problems_add(v->out, &n->loc,
			     "%s: expected %s, found a text; leave the quotes out",
			     v->path, what);
		return false;
	}
	r = size ? num_size(n->text, p) : num_u64(n->text, p);
	if (r == 0 && *p >= v->key->min && *p <= v->key->max)
		return true;
	type = key_type_text(v->key);
	if (r == -EINVAL)
		problems_add(v->out, &n->loc, "%s: expected %s, found %s%s", v->path,
			     what, quoted(v, n), number_hint(n, size));
	else
		problems_add(v->out, &n->loc, "%s: %s is out of range %s", v->path,
			     quoted(v, n), strchr(type, ' ') + 1);
	return false;
}

static bool read_strings(const struct value *v, struct m_list *p)
{
	const struct doc_node *n;
	struct m_list list = { .loc = v->node->loc };
	bool ok = true;

	if (v->node->kind == DOC_BAD)
		return false;
	if (v->node->kind != DOC_LIST)
		return expected(v, v->node, "a list");
	list.v = arena_alloc(v->arena, (v->node->n + 1) * sizeof(*list.v));
	for (n = v->node->child; n; n = n->next)
		if (read_text(v, n, &list.v[list.n]))
			list.n++;
		else
			ok = false;
	if (ok)
		*p = list;
	return ok;
}

static bool set_choice(const struct value *v, struct m_str *p)
{
	int i = 0;

	if (!read_word(v, v->node, &i))
		return false;
	*p = (struct m_str){ v->key->words[i], v->node->loc };
	return true;
}

static bool set_enum(const struct value *v, struct m_enum *p)
{
	int i = 0;

	if (!read_word(v, v->node, &i))
		return false;
	*p = (struct m_enum){ i, true, v->node->loc };
	return true;
}

static bool set_bool(const struct value *v, struct m_bool *p)
{
	bool b = false;

	if (!read_bool(v, v->node, &b))
		return false;
	*p = (struct m_bool){ b, true, v->node->loc };
	return true;
}

static bool set_number(const struct value *v, struct m_u64 *p)
{
	uint64_t n = 0;

	if (!read_number(v, v->node, &n))
		return false;
	*p = (struct m_u64){ n, true, v->node->loc };
	return true;
}

static bool set_any(const struct value *v, void *p)
{
	switch (v->key->kind) {
	case KEY_STRING:
		return read_text(v, v->node, p);
	case KEY_CHOICE:
		return set_choice(v, p);
	case KEY_WORD:
		return set_enum(v, p);
	case KEY_NUMBER:
	case KEY_SIZE:
		return set_number(v, p);
	case KEY_BOOL:
		return set_bool(v, p);
	case KEY_STRINGS:
		return read_strings(v, p);
	case KEY_MAP:
	case KEY_MAPS:
		break;
	}
	return true;
}

void value_set(struct problems *out, struct arena *a, const struct key *k,
	       const struct doc_node *n, void *p)
{
	struct value v = { .out = out, .arena = a, .key = k, .node = n };

	key_path(k, v.path);
	if (k->section == SECTION_host)
		snprintf(v.path, sizeof(v.path), "%s", k->name);
	if (!set_any(&v, p))
		problems_taint(out, p);
}

bool value_is_set(const struct key *k, const void *p)
{
	switch (k->kind) {
	case KEY_STRING:
	case KEY_CHOICE:
		return ((const struct m_str *)p)->v;
	case KEY_WORD:
		return ((const struct m_enum *)p)->set;
	case KEY_NUMBER:
	case KEY_SIZE:
		return ((const struct m_u64 *)p)->set;
	case KEY_BOOL:
		return ((const struct m_bool *)p)->set;
	case KEY_STRINGS:
		return ((const struct m_list *)p)->loc.line;
	case KEY_MAP:
	case KEY_MAPS:
		break;
	}
	return false;
}

/* A default stands in the table as it would be written; nobody wrote it, so that the
 * field gets the value without a place and without "set". */
void value_default(struct arena *a, const struct key *k, void *p)
{
	struct doc_node n = { .kind = DOC_SCALAR, .plain = true, .text = k->def };
	struct problems none = PROBLEMS_INIT;

	if (!k->def || value_is_set(k, p))
		return;
	n.len = strlen(k->def);
	value_set(&none, a, k, &n, p);
	if (none.n)
		abort(); /* key.def is wrong; a unit test reads every default */
	if (k->kind == KEY_WORD)
		((struct m_enum *)p)->set = false;
	else if (k->kind == KEY_BOOL)
		((struct m_bool *)p)->set = false;
	else if (k->kind == KEY_NUMBER || k->kind == KEY_SIZE)
		((struct m_u64 *)p)->set = false;
	problems_dispose(&none);
}
