/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef BRATTICE_VALUE_H
#define BRATTICE_VALUE_H

/* One value of the schema: from text into its field of the model, and what it holds. */
#include "doc.h"
#include "key.h"
#include "model.h"

/* Sets the field at p from a node. On a problem the field stays as it was and is tainted.
 */
void value_set(struct problems *out, struct arena *a, const struct key *k,
	       const struct doc_node *n, void *p);

/* Fills in the default, if the key has one and the field was not set. */
void value_default(struct arena *a, const struct key *k, void *p);

/* Whether somebody wrote this field, MAP and MAPS excepted. */
bool value_is_set(const struct key *k, const void *p);

#endif
