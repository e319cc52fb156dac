/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef BRATTICE_TESTS_FAULT_H
#define BRATTICE_TESTS_FAULT_H

/*
 * Shared between the driver (inject.c) and the launcher under test (wrap.c): a file that
 * both map. The driver names one call: the n-th of that function in that process, so
 * that a poll(2) more or less does not make it another one. The launcher records every
 * call and makes that one fail, or dies there.
 */
#include <stdint.h>

#define FAULT_ENV "BRATTICE_FAULT_MAP"	/* path of the file */
#define FAULT_PROCESSES 8 /* 0 = the supervisor, then its children in order of birth */
#define FAULT_CALLS 2048	/* of each process */
#define FAULT_DIE (-1)		/* action: die instead of failing */
#define FAULT_ZERO (-2)		/* action: return 0 (end of file, nothing written) */

enum fault_id {
	FAULT_ID_syscall,
#define WRAP(name, failed) FAULT_ID_##name,
#include "wrap.def"
#undef WRAP
	FAULT_ID_COUNT
};

struct fault_call {
	uint16_t id;	/* enum fault_id */
	uint16_t nr;	/* system call number when id is syscall */
};

struct fault_target {
	int32_t process;	/* -1 = none: only record */
	struct fault_call call;
	int32_t nth;		/* from 0 */
};

struct fault_map {
	struct fault_target target;
	int32_t action;				/* what to do */
	int32_t done;				/* set when it was done */
	int32_t processes;			/* born so far, the supervisor included */
	int32_t calls[FAULT_PROCESSES];
	struct fault_call call[FAULT_PROCESSES][FAULT_CALLS];
};

#endif
