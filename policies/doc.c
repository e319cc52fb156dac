/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "doc.h"

#include <string.h>
#include <yaml.h>

#include "utf8.h"

struct doc_reader {
	yaml_parser_t parser;
	struct arena *arena;
	struct problems *out;
	const char *file;
	struct doc_node *root, *stack[DOC_DEPTH_MAX], *pending[DOC_DEPTH_MAX];
	size_t depth;
	unsigned documents;
	bool done, failed;
};

static struct loc mark_loc(const struct doc_reader *r, const yaml_mark_t *m)
{
	return (struct loc){ r->file, (unsigned)m->line + 1, (unsigned)m->column + 1 };
}

static void reader_stop(struct doc_reader *r, const struct loc *loc, const char *text)
{
	problems_add(r->out, loc, "%s", text);
	r->failed = r->done = true;
}

struct doc_node *doc_get(const struct doc_node *map, const char *key)
{
	struct doc_node *n;

	if (!map || map->kind != DOC_MAP)
		return NULL;
	for (n = map->child; n; n = n->next)
		if (n->key->kind == DOC_SCALAR && !strcmp(n->key->text, key))
			return n;
	return NULL;
}

static struct doc_node *node_new(struct doc_reader *r, enum doc_kind kind,
				 const yaml_event_t *ev)
{
	struct doc_node *n = arena_alloc(r->arena, sizeof(*n));

	n->kind = kind;
	n->loc = mark_loc(r, &ev->start_mark);
	return n;
}

static void append(struct doc_reader *r, struct doc_node *parent, struct doc_node *n)
{
	if (parent->last)
		parent->last->next = n;
	else
		parent->child = n;
	parent->last = n;
	if (++parent->n > DOC_ENTRIES_MAX)
		reader_stop(r, &n->loc, "more than 1000 entries in one list or map");
}

/* A key that can't be used is noted here; its value is then dropped. */
static bool key_usable(struct doc_reader *r, const struct doc_node *map,
		       const struct doc_node *key)
{
	const struct doc_node *first;

	if (key->kind == DOC_BAD)
		return false;
	if (key->kind != DOC_SCALAR) {
		problems_add(r->out, &key->loc, "a key must be a plain word");
		return false;
	}
	if (key->plain && !strcmp(key->text, "<<")) {
		problems_add(r->out, &key->loc,
			     "merge keys are not allowed; use inherit: PROFILE");
		return false;
	}
	first = doc_get(map, key->text);
	if (!first)
		return true;
	problems_add(r->out, &key->loc,
		     "key %s is doubled; the first one stands in line %u",
		     problems_quote(r->out, key->text, key->len), first->key->loc.line);
	return false;
}

static void insert(struct doc_reader *r, struct doc_node *n)
{
	struct doc_node *parent, *key;

	if (r->depth == 0) {
		r->root = n;
		return;
	}
	parent = r->stack[r->depth - 1];
	if (parent->kind == DOC_LIST) {
		append(r, parent, n);
		return;
	}
	key = r->pending[r->depth - 1];
	r->pending[r->depth - 1] = key ? NULL : n;
	if (key && key_usable(r, parent, key)) {
		n->key = key;
		append(r, parent, n);
	} else if (key && r->out->dropped) {
		r->failed = r->done = true; /* nobody reads more problems than these */
	}
}

/* Notes anchors and tags; false if the value is not to be read. */
static bool check_plain(struct doc_reader *r, const struct loc *loc,
			const yaml_char_t *anchor, const yaml_char_t *tag)
{
	if (anchor)
		problems_add(r->out, loc, "anchors are not allowed");
	if (tag)
		problems_add(r->out, loc,
			     "tags are not allowed; types come from the key, not from "
			     "the value");
	return !tag;
}

static enum doc_kind scalar_check(struct doc_reader *r, const struct doc_node *n)
{
	size_t i, k;
	uint32_t c;

	if (n->len > DOC_STRING_MAX) {
		problems_add(r->out, &n->loc,
			     "a text of %zu bytes; at most %d are allowed", n->len,
			     DOC_STRING_MAX);
		return DOC_BAD;
	}
	for (i = 0; i < n->len; i += k) {
		k = utf8_decode(n->text + i, n->len - i, &c);
		if (k && !utf8_is_control(c))
			continue;
		if (k)
			problems_add(r->out, &n->loc,
				     "control character U+%04X in a text", c);
		else
			problems_add(r->out, &n->loc, "a text that is not UTF-8");
		return DOC_BAD;
	}
	return DOC_SCALAR;
}

static void read_scalar(struct doc_reader *r, const yaml_event_t *ev)
{
	struct doc_node *n = node_new(r, DOC_SCALAR, ev);

	n->len = ev->data.scalar.length;
	n->text = arena_strndup(r->arena, (const char *)ev->data.scalar.value, n->len);
	n->plain = ev->data.scalar.style == YAML_PLAIN_SCALAR_STYLE;
	n->kind = check_plain(r, &n->loc, ev->data.scalar.anchor, ev->data.scalar.tag) ?
			  scalar_check(r, n) :
			  DOC_BAD;
	insert(r, n);
}

static void read_start(struct doc_reader *r, const yaml_event_t *ev)
{
	bool map = ev->type == YAML_MAPPING_START_EVENT;
	struct doc_node *n = node_new(r, map ? DOC_MAP : DOC_LIST, ev);

	if (map)
		check_plain(r, &n->loc, ev->data.mapping_start.anchor,
			    ev->data.mapping_start.tag);
	else
		check_plain(r, &n->loc, ev->data.sequence_start.anchor,
			    ev->data.sequence_start.tag);
	if (r->depth == DOC_DEPTH_MAX) {
		reader_stop(r, &n->loc, "nested deeper than 16 levels");
		return;
	}
	insert(r, n);
	r->pending[r->depth] = NULL;
	r->stack[r->depth++] = n;
}

static void read_document(struct doc_reader *r, const yaml_event_t *ev)
{
	struct loc loc = mark_loc(r, &ev->start_mark);

	if (++r->documents > 1)
		reader_stop(r, &loc, "a second document; a file describes one thing");
	else if (ev->data.document_start.version_directive ||
		 ev->data.document_start.tag_directives.start !=
			 ev->data.document_start.tag_directives.end)
		problems_add(r->out, &loc, "directives (%%YAML, %%TAG) are not allowed");
}

static void read_event(struct doc_reader *r, const yaml_event_t *ev)
{
	struct doc_node *n;

	switch (ev->type) {
	case YAML_DOCUMENT_START_EVENT:
		read_document(r, ev);
		break;
	case YAML_ALIAS_EVENT:
		n = node_new(r, DOC_BAD, ev);
		problems_add(r->out, &n->loc, "aliases are not allowed");
		insert(r, n);
		break;
	case YAML_SCALAR_EVENT:
		read_scalar(r, ev);
		break;
	case YAML_SEQUENCE_START_EVENT:
	case YAML_MAPPING_START_EVENT:
		read_start(r, ev);
		break;
	case YAML_SEQUENCE_END_EVENT:
	case YAML_MAPPING_END_EVENT:
		r->depth--;
		break;
	case YAML_STREAM_END_EVENT:
		r->done = true;
		break;
	case YAML_NO_EVENT:
	case YAML_STREAM_START_EVENT:
	case YAML_DOCUMENT_END_EVENT:
		break;
	}
}

/* libyaml's words for the mistakes that people make most often say little. */
static const char *syntax_hint(const struct doc_reader *r, const char *at)
{
	const char *p = r->parser.problem;

	if (at && *at == '\t')
		return "a tab can't indent; use spaces";
	if (!strcmp(p, "mapping values are not allowed in this context"))
		return "\": \" is not allowed here; put the value in quotes, or check "
		       "the indentation";
	if (!strcmp(p, "did not find expected key"))
		return "a key is expected here; check the indentation";
	if (!strcmp(p, "could not find expected ':'"))
		return "a colon and a space are expected after this key";
	return p;
}

/* libyaml counts characters. */
static const char *char_at(const char *text, size_t len, size_t index)
{
	size_t i;

	for (i = 0; i < len && index; index--) {
		uint32_t c;
		size_t k = utf8_decode(text + i, len - i, &c);

		i += k ? k : 1;
	}
	return i < len ? text + i : NULL;
}

/* A bracket or quote that is never closed is better shown where it was opened. */
static bool never_closed(struct doc_reader *r)
{
	struct loc loc = mark_loc(r, &r->parser.context_mark);
	const char *p = r->parser.problem, *context = r->parser.context;
	const char *what = NULL;

	if (!context)
		return false;
	if (!strcmp(context, "while scanning a quoted scalar") &&
	    strstr(p, "end of stream"))
		what = "this quote";
	else if (!strcmp(context, "while parsing a flow sequence"))
		what = "a comma is missing in this list, or it";
	else if (!strcmp(context, "while parsing a flow mapping"))
		what = "a comma is missing in this map, or it";
	if (what)
		problems_add(r->out, &loc, "syntax: %s is never closed", what);
	return what;
}

static void read_failed(struct doc_reader *r, const char *text, size_t len)
{
	struct loc loc = mark_loc(r, &r->parser.problem_mark);

	r->failed = r->done = true;
	if (r->parser.error == YAML_READER_ERROR || !r->parser.problem) {
		loc.line = 0;
		problems_add(r->out, &loc, "cannot be read as YAML: %s",
			     r->parser.problem ? r->parser.problem : "out of memory");
	} else if (!never_closed(r)) {
		problems_add(
			r->out, &loc, "syntax: %s",
			syntax_hint(r, char_at(text, len, r->parser.problem_mark.index)));
	}
}

static struct doc_node *read_events(struct doc_reader *r, const char *text, size_t len)
{
	if (!yaml_parser_initialize(&r->parser))
		abort();
	yaml_parser_set_encoding(&r->parser, YAML_UTF8_ENCODING);
	yaml_parser_set_input_string(&r->parser, (const unsigned char *)text, len);
	while (!r->done) {
		yaml_event_t ev;

		if (!yaml_parser_parse(&r->parser, &ev)) {
			read_failed(r, text, len);
			break;
		}
		read_event(r, &ev);
		yaml_event_delete(&ev);
	}
	yaml_parser_delete(&r->parser);
	return r->failed ? NULL : r->root;
}

static void note_byte(struct doc_reader *r, const struct loc *loc, unsigned byte,
		      size_t k, uint32_t c)
{
	if (k)
		problems_add(r->out, loc, "control character U+%04X", c);
	else
		problems_add(r->out, loc, "byte 0x%02x is not UTF-8", byte);
}

/*
 * Puts '?' in the place of every byte that is not UTF-8 and of every control character:
 * libyaml would stop at the first, and take some of them as line breaks. Notes the first
 * of each line, and no more than 20.
 */
static void sanitize(struct doc_reader *r, char *text, size_t len)
{
	struct loc loc = { r->file, 1, 1 };
	size_t i, k, noted = 0;
	unsigned last = 0;

	for (i = 0; i < len; i += k, loc.col++) {
		uint32_t c = 0;

		k = utf8_decode(text + i, len - i, &c);
		if (k == 1 && (c == '\n' || c == '\r')) {
			if (c == '\r' && i + 1 < len && text[i + 1] == '\n')
				k = 2;
			loc.line++;
			loc.col = 0;
		} else if (k == 0 || (c != '\t' && utf8_is_control(c))) {
			if (loc.line != last && noted++ < 20)
				note_byte(r, &loc, (unsigned char)text[i], k, c);
			last = loc.line;
			k = k ? k : 1;
			memset(text + i, '?', k);
			loc.col += (unsigned)k - 1;
		}
	}
}

struct doc_node *doc_read(struct arena *a, const char *file, const char *text, size_t len,
			  struct problems *out)
{
	struct doc_reader r = { .arena = a, .out = out, .file = file };
	struct loc whole = { file, 0, 0 };
	_cleanup_free_ char *copy = NULL;
	struct doc_node *root;

	if (len > DOC_BYTES_MAX) {
		problems_add(out, &whole, "larger than 1 MiB");
		return NULL;
	}
	if (len >= 3 && !memcmp(text, "\xef\xbb\xbf", 3)) {
		text += 3;
		len -= 3;
	}
	copy = xmalloc(len + 1);
	memcpy(copy, text, len);
	copy[len] = '\0';
	sanitize(&r, copy, len);
	root = read_events(&r, copy, len);
	if (!root && !r.failed)
		problems_add(out, &whole, "the file is empty");
	return root;
}
