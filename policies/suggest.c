/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "suggest.h"

#include <string.h>

static size_t min3(size_t a, size_t b, size_t c)
{
	size_t m = a < b ? a : b;

	return m < c ? m : c;
}

/* Optimal string alignment; rows are kept for the last two letters of a. */
size_t suggest_distance(const char *a, const char *b)
{
	size_t rows[3][SUGGEST_LEN_MAX + 1], na = strlen(a), nb = strlen(b), i, j;
	size_t *two = rows[0], *one = rows[1], *now = rows[2];

	if (na > SUGGEST_LEN_MAX || nb > SUGGEST_LEN_MAX)
		return SUGGEST_LEN_MAX * 2;
	for (j = 0; j <= nb; j++)
		one[j] = two[j] = j;
	for (i = 1; i <= na; i++) {
		size_t *spare = two;

		now[0] = i;
		for (j = 1; j <= nb; j++) {
			now[j] = min3(one[j] + 1, now[j - 1] + 1,
				      one[j - 1] + (a[i - 1] != b[j - 1]));
			if (i > 1 && j > 1 && a[i - 1] == b[j - 2] &&
			    a[i - 2] == b[j - 1] && two[j - 2] + 1 < now[j])
				now[j] = two[j - 2] + 1;
		}
		two = one;
		one = now;
		now = spare;
	}
	return one[nb];
}

void suggest_offer(struct suggestion *s, const char *candidate)
{
	size_t len = strlen(s->word), d = suggest_distance(s->word, candidate);
	size_t limit = len < 6 ? 1 : len / 3;

	if (d > limit || d >= strlen(candidate) || (s->best && d >= s->distance))
		return;
	s->best = candidate;
	s->distance = d;
}
