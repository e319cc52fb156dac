/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef BRATTICE_EXPLAIN_H
#define BRATTICE_EXPLAIN_H

/* The schema, told to people and to programs. */
#include <jansson.h>

#include "err.h"
#include "key.h"
#include "strbuf.h"

/* One line per key: path, type, default ("required" if it must be given, "-" if none),
 * doc, separated by tabs. Keys of the host file begin with "host.". */
void explain_keys(struct strbuf *out);

/* A section with its keys, or one key. what NULL or "": the whole description. Returns 0,
 * or -ENOENT with a suggestion. */
int explain_what(const char *what, struct strbuf *out, struct err *e);

/* JSON Schema (draft 2020-12) of a description; a new reference. */
json_t *explain_schema(void);

/* The values of a filled struct as JSON: what is set, and the defaults; a new reference.
 */
json_t *explain_values(enum section_id section, const void *base);

#endif
