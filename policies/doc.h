/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef BRATTICE_DOC_H
#define BRATTICE_DOC_H

/*
 * A strict subset of YAML 1.1 (JSON included) as a tree, through libyaml's events. No
 * anchors, aliases, tags, merge keys, directives or second documents; keys are scalars
 * and not doubled; no control characters, not even escaped ones. Scalars are text: types
 * come from the schema.
 */
#include <stdbool.h>
#include <stddef.h>

#include "alloc.h"
#include "err.h"
#include "problems.h"

#define DOC_BYTES_MAX ((size_t)1 << 20)
#define DOC_DEPTH_MAX 16
#define DOC_ENTRIES_MAX 1000 /* of one list or map */
#define DOC_STRING_MAX 4096  /* bytes of one scalar */

enum doc_kind {
	DOC_BAD, /* a problem was noted; say nothing more about this value */
	DOC_SCALAR,
	DOC_LIST,
	DOC_MAP,
};

struct doc_node {
	enum doc_kind kind;
	struct loc loc;
	bool plain;	  /* SCALAR: written without quotes */
	const char *text; /* SCALAR: no NUL inside */
	size_t len;
	struct doc_node *key;	       /* in a map */
	struct doc_node *child, *last; /* LIST and MAP */
	struct doc_node *next;
	size_t n;
	const char *meant; /* in a map, unknown key: the key that was suggested */
};

/*
 * Reads text; "file" must outlive the tree and be the name that was given to
 * problems_source(). Returns the root, or NULL after a problem that left no tree. The
 * tree is usable although problems were noted.
 */
struct doc_node *doc_read(struct arena *a, const char *file, const char *text, size_t len,
			  struct problems *out);

/* The value of a key in a map; NULL if there is none. */
struct doc_node *doc_get(const struct doc_node *map, const char *key);

#endif
