/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef BRATTICE_FILL_H
#define BRATTICE_FILL_H

/* A tree of text into the structs that the schema describes. */
#include "doc.h"
#include "key.h"

/*
 * Fills the struct at base from a map, or from the scalar form of its section. Values
 * that are already there are replaced: a profile is filled first, the description over
 * it; a map is merged key by key, a list replaces the list.
 */
void fill_section(struct problems *out, struct arena *a, enum section_id section,
		  const struct doc_node *n, void *base);

/* Notes each required key of a section that neither of the maps has; under may be NULL.
 */
void fill_check_required(struct problems *out, enum section_id section,
			 const struct doc_node *n, const struct doc_node *under);

/* Fills in every default of a section and of the sections below it. */
void fill_defaults(struct arena *a, enum section_id section, void *base);

/* Reads a file that holds one document: notes its text and every problem with it. Returns
 * 0 or -errno; *root is NULL when there is no tree. */
int fill_read_file(struct problems *out, struct arena *a, const char *path,
		   const struct doc_node **root);

#endif
