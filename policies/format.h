/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef BRATTICE_FORMAT_H
#define BRATTICE_FORMAT_H

/* Forms that a text value can have: paths, addresses, names … */
#include <stdbool.h>
#include <stddef.h>

struct format {
	const char *name; /* what it is called in messages and in explain */
	const char
		*pattern; /* ECMA 262 regular expression; may accept more than check() */
	/* NULL if s has this form, else why not: "must ...". s isn't empty, has no
	 * control characters and at most DOC_STRING_MAX bytes. */
	const char *(*check)(const char *s);
};

#define FORMAT_ROW(id, name, pattern) extern const struct format format_##id;
#include "format.def"
#undef FORMAT_ROW

/* Whether ADDRESS:DISPLAY, as format_listen accepts it, names a loopback address. */
bool format_is_loopback(const char *listen);

#endif
