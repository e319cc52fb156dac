/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef BRATTICE_FILTERS_H
#define BRATTICE_FILTERS_H

/*
 * The seccomp filters of a VM as they were dumped, ready to be executed. Threads with the
 * same chain of filters form one group; the strictest result of a chain counts.
 */
#include <jansson.h>
#include <linux/filter.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define FILTERS_CHAIN_MAX 64

struct filter_program {
	char digest[65];
	struct sock_filter *v;
	size_t n;
};

struct filter_chain {
	const struct filter_program *programs[FILTERS_CHAIN_MAX];
	size_t n;
	unsigned threads;
};

struct filters {
	struct filter_program *programs;
	size_t n_programs;
	struct filter_chain *chains;
	size_t n_chains;
	const char *broken; /* why the dump can't be executed, or NULL */
};

/* facts: the fact "seccomp_filters"; may be NULL or unreadable (then nothing is there).
 */
void filters_init(struct filters *f, const json_t *facts);
void filters_dispose(struct filters *f);

/* What the kernel does with this call in a thread of the chain: a SECCOMP_RET_* value. An
 * empty chain allows everything. */
uint32_t filters_run(const struct filter_chain *c, uint32_t arch, int nr,
		     const uint64_t args[6]);
/* True if the call is carried out in the threads of any chain. */
bool filters_allow(const struct filters *f, uint32_t arch, int nr,
		   const uint64_t args[6]);

#endif
