/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef BRATTICE_SUGGEST_H
#define BRATTICE_SUGGEST_H

/* "Did you mean": the nearest word by edit distance. */
#include <stddef.h>

#define SUGGEST_LEN_MAX 64 /* longer words are never near */

/* Insertions, deletions, substitutions and swaps of neighbours; SUGGEST_LEN_MAX * 2 when
 * a word is too long. */
size_t suggest_distance(const char *a, const char *b);

struct suggestion {
	const char *word; /* what was written */
	const char *best; /* NULL: nothing near */
	size_t distance;
};

/* Offers one more candidate; near means at most a third of the word's letters differ. */
void suggest_offer(struct suggestion *s, const char *candidate);

#endif
