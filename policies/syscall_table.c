/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "syscall_table.h"

#include <seccomp.h>
#include <stddef.h>

#include "suggest.h"

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

const char *syscall_table_suggest(const char *name)
{
	struct suggestion s = { .word = name };
	int nr;

	table_fill();
	for (nr = 0; nr <= table.max; nr++)
		if (table.name[nr])
			suggest_offer(&s, table.name[nr]);
	return s.best;
}
