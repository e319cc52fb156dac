/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef BRATTICE_KEY_H
#define BRATTICE_KEY_H

/*
 * The schema: every section and key of a description and of the host file, from key.def.
 * Parser, explain, JSON Schema and the manual's check all read this table.
 */
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "format.h"

enum section_id {
#define SECTION(id, path, type, scalar, doc) SECTION_##id,
#define KEY(section, name, field, kind, args, presence, doc)
#include "key.def"
#undef SECTION
#undef KEY
	SECTION_COUNT
};

struct section {
	const char *path; /* "" for the description itself, "disks.backing" … */
	size_t size,
		loc; /* of the struct that a list of maps is made of; its struct loc */
	const char *scalar; /* key that a value without a map stands for, or NULL */
	const char *doc;
};

enum key_kind {
	KEY_STRING,  /* struct m_str, checked by format */
	KEY_CHOICE,  /* struct m_str, one of words */
	KEY_WORD,    /* struct m_enum, index in words */
	KEY_NUMBER,  /* struct m_u64, min..max */
	KEY_SIZE,    /* struct m_u64, min..max, K M G T */
	KEY_BOOL,    /* struct m_bool */
	KEY_STRINGS, /* struct m_list, each checked by format */
	KEY_MAP,     /* struct loc; the keys of section sub, in the same struct */
	KEY_MAPS,    /* pointer to an array, its length at count; keys of section sub */
};

struct key {
	enum section_id section;
	const char *name;
	size_t offset;
	enum key_kind kind;
	const struct format *format;
	const char *const *words;
	uint64_t min, max;
	enum section_id sub;
	size_t count;
	bool required;
	const char *def; /* default as it would be written, or NULL */
	const char *doc;
};

const struct section *section_get(enum section_id id);
enum section_id section_by_path(const char *path); /* SECTION_COUNT if there is none */

/* All keys, in the order of key.def; the keys of a section need not be adjacent. */
const struct key *key_at(size_t i); /* NULL after the last */
const struct key *key_find(enum section_id section, const char *name);

/* "section.name", or the name for the description's own keys. buf has KEY_PATH_MAX bytes.
 */
#define KEY_PATH_MAX 64
const char *key_path(const struct key *k, char *buf);

/* "path", "list of maps", "a | b | c", "number 1..4" …; the caller frees. */
char *key_type_text(const struct key *k);

#endif
