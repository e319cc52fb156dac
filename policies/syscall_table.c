/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "syscall_table.h"

#include <seccomp.h>
#include <string.h>

#include "alloc.h"

static struct {
	char *name[SYSCALL_TABLE_SIZE];
	int max; /* 0 = not filled yet; number 0 (read) always has a name */
} table;

static void table_fill(void)
{
	int nr;

	if (table.max)
		return;
	for (nr = 0; nr < SYSCALL_TABLE_SIZE; nr++) {
		table.name[nr] = seccomp_syscall_resolve_num_arch(SCMP_ARCH_X86_64, nr);
		if (table.name[nr])
			table.max = nr;
	}
}

int syscall_table_number(const char *name)
{
	int nr = seccomp_syscall_resolve_name_arch(SCMP_ARCH_X86_64, name);

	/* libseccomp gives calls of other machines negative pseudo numbers. */
	return nr < 0 || nr >= SYSCALL_TABLE_SIZE ? -1 : nr;
}

const char *syscall_table_name(int nr)
{
	table_fill();
	return nr < 0 || nr >= SYSCALL_TABLE_SIZE ? NULL : table.name[nr];
}

int syscall_table_max(void)
{
	table_fill();
	return table.max;
}

#define NAME_MAX_LEN 64

/* Levenshtein distance; names are short. */
static size_t distance(const char *a, const char *b)
{
	size_t row[NAME_MAX_LEN + 1], la = strlen(a), lb = strlen(b), i, j;

	if (la > NAME_MAX_LEN || lb > NAME_MAX_LEN)
		return NAME_MAX_LEN;
	for (j = 0; j <= lb; j++)
		row[j] = j;
	for (i = 1; i <= la; i++) {
		size_t diagonal = row[0];

		row[0] = i;
		for (j = 1; j <= lb; j++) {
			size_t best = diagonal + (a[i - 1] != b[j - 1]);

			diagonal = row[j];
			if (row[j] + 1 < best)
				best = row[j] + 1;
			if (row[j - 1] + 1 < best)
				best = row[j - 1] + 1;
			row[j] = best;
		}
	}
	return row[lb];
}

const char *syscall_table_suggest(const char *name)
{
	const char *found = NULL;
	size_t best = 3; /* farther than two edits is a guess, not a help */
	int nr;

	table_fill();
	for (nr = 0; nr <= table.max; nr++) {
		size_t d = table.name[nr] ? distance(name, table.name[nr]) : best;

		if (d < best) {
			best = d;
			found = table.name[nr];
		}
	}
	return found;
}
