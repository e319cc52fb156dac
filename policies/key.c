/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "key.h"

#include <stdio.h>
#include <string.h>

#include "host.h"
#include "model.h"
#include "strbuf.h"

/* The struct that holds a section's fields, by section. */
#define SECTION(id, path, type, scalar, doc) typedef type holder_##id;
#define KEY(section, name, field, kind, args, presence, doc)
#include "key.def"
#undef SECTION
#undef KEY

static const struct section sections[SECTION_COUNT] = {
#define SECTION(id, path, type, scalar, doc) \
	[SECTION_##id] = { path, sizeof(type), offsetof(type, loc), scalar, doc },
#define KEY(section, name, field, kind, args, presence, doc)
#include "key.def"
#undef SECTION
#undef KEY
};

#define FORMAT(f) .format = &format_##f
#define WORDS(...) .words = (const char *const[]){ __VA_ARGS__, NULL }
#define RANGE(low, high) .min = (low), .max = (high)
#define SUB(s) .sub = SECTION_##s
#define EACH(holder, s, n) .sub = SECTION_##s, .count = offsetof(holder_##holder, n)
#define ANY .min = 0
#define MUST .required = true
#define OPTIONAL .required = false
#define DEFAULT(text) .def = (text)

static const struct key keys[] = {
#define SECTION(id, path, type, scalar, doc)
#define KEY(s, n, field, k, args, presence, d) \
	{ .section = SECTION_##s, \
	  .name = (n), \
	  .offset = offsetof(holder_##s, field), \
	  .kind = KEY_##k, \
	  args, \
	  presence, \
	  .doc = (d) },
#include "key.def"
#undef SECTION
#undef KEY
};

/* Each row's kind must fit the type of its field. */
#define FIELD_STRING(x) _Generic((x), struct m_str : 1, default : 0)
#define FIELD_CHOICE(x) _Generic((x), struct m_str : 1, default : 0)
#define FIELD_WORD(x) _Generic((x), struct m_enum : 1, default : 0)
#define FIELD_NUMBER(x) _Generic((x), struct m_u64 : 1, default : 0)
#define FIELD_SIZE(x) _Generic((x), struct m_u64 : 1, default : 0)
#define FIELD_BOOL(x) _Generic((x), struct m_bool : 1, default : 0)
#define FIELD_STRINGS(x) _Generic((x), struct m_list : 1, default : 0)
#define FIELD_MAP(x) _Generic((x), struct loc : 1, default : 0)
#define FIELD_MAPS(x) (sizeof(x) == sizeof(void *))
#define SECTION(id, path, type, scalar, doc)
#define KEY(s, n, field, k, args, presence, d) \
	_Static_assert(FIELD_##k(((holder_##s *)0)->field), \
		       "key.def: kind and field of " #s "." n " differ");
#include "key.def"
#undef SECTION
#undef KEY

const struct section *section_get(enum section_id id)
{
	return &sections[id];
}

enum section_id section_by_path(const char *path)
{
	enum section_id id;

	for (id = 0; id < SECTION_COUNT; id++)
		if (!strcmp(sections[id].path, path))
			break;
	return id;
}

const struct key *key_at(size_t i)
{
	return i < ARRAY_SIZE(keys) ? &keys[i] : NULL;
}

const struct key *key_find(enum section_id section, const char *name)
{
	size_t i;

	for (i = 0; i < ARRAY_SIZE(keys); i++)
		if (keys[i].section == section && !strcmp(keys[i].name, name))
			return &keys[i];
	return NULL;
}

const char *key_path(const struct key *k, char *buf)
{
	const char *section = sections[k->section].path;

	snprintf(buf, KEY_PATH_MAX, "%s%s%s", section, *section ? "." : "", k->name);
	return buf;
}

/* The largest unit that divides n. */
static void add_size(struct strbuf *b, uint64_t n)
{
	static const char units[] = "\0KMGT";
	size_t u = 0;

	while (n && n % 1024 == 0 && u < 4) {
		n /= 1024;
		u++;
	}
	strbuf_printf(b, "%llu", (unsigned long long)n);
	if (u)
		strbuf_putc(b, units[u]);
}

char *key_type_text(const struct key *k)
{
	struct strbuf b = STRBUF_INIT;
	size_t i;

	switch (k->kind) {
	case KEY_STRING:
		strbuf_puts(&b, k->format->name);
		break;
	case KEY_STRINGS:
		strbuf_printf(&b, "list of %s", k->format->name);
		break;
	case KEY_CHOICE:
	case KEY_WORD:
		for (i = 0; k->words[i]; i++)
			strbuf_printf(&b, "%s%s", i ? " | " : "", k->words[i]);
		break;
	case KEY_NUMBER:
		strbuf_printf(&b, "number %llu..%llu", (unsigned long long)k->min,
			      (unsigned long long)k->max);
		break;
	case KEY_SIZE:
		strbuf_puts(&b, "size ");
		add_size(&b, k->min);
		strbuf_puts(&b, "..");
		add_size(&b, k->max);
		break;
	case KEY_BOOL:
		strbuf_puts(&b, "true | false");
		break;
	case KEY_MAP:
		strbuf_puts(&b, "map");
		break;
	case KEY_MAPS:
		strbuf_puts(&b, "list of maps");
		break;
	}
	return strbuf_steal(&b);
}
