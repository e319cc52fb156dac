/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef BRATTICE_SYSCALL_TABLE_H
#define BRATTICE_SYSCALL_TABLE_H

/*
 * Names and numbers of the x86-64 system calls that the linked libseccomp knows. Compile
 * and audit time only: the launcher does not link libseccomp.
 */
#define SYSCALL_TABLE_SIZE 1024 /* numbers beyond it are never "known" */

/* The number, or -1 when x86-64 has no such call. */
int syscall_table_number(const char *name);

/* The name (static storage), or NULL when the number is not assigned. */
const char *syscall_table_name(int nr);

/* The highest number with a name: the stamp "syscall_max" of a filter. */
int syscall_table_max(void);

/* The known name nearest to one that is not known, or NULL if none is near. */
const char *syscall_table_suggest(const char *name);

#endif
