/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "explain.h"

#include <string.h>

#include "doc.h"
#include "jsonx.h"
#include "model.h"
#include "num.h"
#include "value.h"

static json_t *section_schema(enum section_id id);

static json_t *words_schema(const struct key *k)
{
	json_t *list = json_array();
	size_t i;

	for (i = 0; k->words[i]; i++)
		json_array_append_new(list, json_string(k->words[i]));
	return json_pack("{s:s, s:o}", "type", "string", "enum", list);
}

static json_t *text_schema(const struct format *f)
{
	return json_pack("{s:s, s:s, s:i}", "type", "string", "pattern", f->pattern,
			 "maxLength", DOC_STRING_MAX);
}

static json_t *number_schema(const struct key *k)
{
	return json_pack("{s:s, s:I, s:I}", "type", "integer", "minimum",
			 (json_int_t)k->min, "maximum", (json_int_t)k->max);
}

static json_t *list_schema(json_t *items)
{
	return json_pack("{s:s, s:o, s:i}", "type", "array", "items", items, "maxItems",
			 DOC_ENTRIES_MAX);
}

/* A number of bytes, or text with a unit. */
static json_t *size_schema(const struct key *k)
{
	return json_pack("{s:[o, {s:s, s:s}]}", "oneOf", number_schema(k), "type",
			 "string", "pattern", "^[0-9]+([KMGT](iB)?)?$");
}

static json_t *value_schema(const struct key *k)
{
	switch (k->kind) {
	case KEY_STRING:
		return text_schema(k->format);
	case KEY_CHOICE:
	case KEY_WORD:
		return words_schema(k);
	case KEY_NUMBER:
		return number_schema(k);
	case KEY_SIZE:
		return size_schema(k);
	case KEY_BOOL:
		return json_pack("{s:s}", "type", "boolean");
	case KEY_STRINGS:
		return list_schema(text_schema(k->format));
	case KEY_MAP:
		return section_schema(k->sub);
	case KEY_MAPS:
		return list_schema(section_schema(k->sub));
	}
	return NULL;
}

/* The default as JSON: its type follows from the key. */
static json_t *default_json(const struct key *k)
{
	uint64_t n;

	if (k->kind == KEY_BOOL)
		return json_boolean(!strcmp(k->def, "true"));
	if (k->kind == KEY_NUMBER && num_u64(k->def, &n) == 0)
		return json_integer((json_int_t)n);
	return json_string(k->def);
}

/* Recursion ends with the sections: none contains itself. */
static json_t *section_schema(enum section_id id)
{
	const struct section *s = section_get(id);
	json_t *properties = json_object(), *required = json_array(), *map,
	       *scalar = NULL;
	const struct key *k;
	size_t i;

	for (i = 0; (k = key_at(i)); i++) {
		json_t *v;

		if (k->section != id)
			continue;
		v = value_schema(k);
		if (k->def)
			json_object_set_new(v, "default", default_json(k));
		json_object_set_new(v, "description", json_string(k->doc));
		if (s->scalar && !strcmp(s->scalar, k->name))
			scalar = v;
		json_object_set_new(properties, k->name, v);
		if (k->required)
			json_array_append_new(required, json_string(k->name));
	}
	map = json_pack("{s:s, s:b, s:o, s:o}", "type", "object", "additionalProperties",
			0, "properties", properties, "required", required);
	return scalar ? json_pack("{s:[O, o]}", "oneOf", scalar, map) : map;
}

json_t *explain_schema(void)
{
	json_t *s = section_schema(SECTION_root);

	json_object_set_new(s, "$schema",
			    json_string("https://json-schema.org/draft/2020-12/schema"));
	json_object_set_new(s, "title", json_string("brattice VM description"));
	return s;
}

static json_t *strings_json(const struct m_list *l)
{
	json_t *list = json_array();
	size_t i;

	for (i = 0; i < l->n; i++)
		json_array_append_new(list, json_string(l->v[i].v));
	return list;
}

static json_t *maps_json(const struct key *k, const char *base)
{
	json_t *list = json_array();
	const char *items;
	size_t n, i;

	memcpy(&items, base + k->offset, sizeof(items));
	memcpy(&n, base + k->count, sizeof(n));
	for (i = 0; i < n; i++)
		json_array_append_new(
			list,
			explain_values(k->sub, items + i * section_get(k->sub)->size));
	return list;
}

static json_t *value_json(const struct key *k, const char *base)
{
	const void *p = base + k->offset;

	switch (k->kind) {
	case KEY_STRING:
	case KEY_CHOICE:
		return ((const struct m_str *)p)->v ?
			       json_string(((const struct m_str *)p)->v) :
			       NULL;
	case KEY_WORD:
		return json_string(k->words[((const struct m_enum *)p)->v]);
	case KEY_NUMBER:
	case KEY_SIZE:
		if (!((const struct m_u64 *)p)->set && !((const struct m_u64 *)p)->v &&
		    !k->def)
			return NULL;
		return json_integer((json_int_t)((const struct m_u64 *)p)->v);
	case KEY_BOOL:
		return json_boolean(((const struct m_bool *)p)->v);
	case KEY_STRINGS:
		return ((const struct m_list *)p)->n ? strings_json(p) : NULL;
	case KEY_MAP:
		return explain_values(k->sub, base);
	case KEY_MAPS:
		return maps_json(k, base);
	}
	return NULL;
}

json_t *explain_values(enum section_id section, const void *base)
{
	json_t *o = json_object(), *v;
	const struct key *k;
	size_t i;

	for (i = 0; (k = key_at(i)); i++) {
		if (k->section != section)
			continue;
		v = value_json(k, base);
		if (v && !((json_is_array(v) && !json_array_size(v)) ||
			   (json_is_object(v) && !json_object_size(v))))
			json_object_set(o, k->name, v);
		json_decref(v);
	}
	return o;
}
