/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Filters and device programs from anywhere: never a crash, never a loop, and no program
 * that passed the check may run off its end. Input: 64 bytes of struct seccomp_data, then
 * instructions of 8 bytes, read as classic and as extended BPF.
 */
#include <stdlib.h>
#include <string.h>

#include "alloc.h"
#include "bpfsim.h"
#include "devsim.h"

#define HEAD sizeof(struct seccomp_data)

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void require(bool holds)
{
	if (!holds)
		abort();
}

static void fuzz_filter(const struct sock_filter *p, size_t n,
			const struct seccomp_data *d)
{
	struct err e = ERR_INIT;
	unsigned steps = 0, constant_steps = 0;
	bool accepted = bpfsim_check(p, n, &e) == 0;
	uint32_t action = bpfsim_run(p, n, d, &steps);

	require(steps <= n);
	if (!accepted)
		return;
	require(steps > 0);
	/* What the kernel answers without running the program, the program answers. */
	if (bpfsim_const_allow(p, n, d->arch, d->nr, &constant_steps)) {
		require(action == SECCOMP_RET_ALLOW);
		require(steps == constant_steps);
	}
	require(bpfsim_run(p, n, d, NULL) == action);
}

static void fuzz_device(const struct bpf_insn *p, size_t n, const struct seccomp_data *d)
{
	struct err e = ERR_INIT;
	bool allowed = false;

	devsim_run(p, n, d->nr & 1 ? 'b' : 'c', d->arch & 7, (uint32_t)d->args[0],
		   (uint32_t)d->args[1], &allowed, &e);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	size_t n = size < HEAD ? 0 : (size - HEAD) / sizeof(struct sock_filter);
	struct seccomp_data d;
	void *insns;

	if (n == 0)
		return 0;
	memcpy(&d, data, HEAD);
	/* An exact copy, so that the sanitizer sees one byte too far. */
	insns = xmalloc(n * sizeof(struct sock_filter));
	memcpy(insns, data + HEAD, n * sizeof(struct sock_filter));
	fuzz_filter(insns, n, &d);
	fuzz_device(insns, n, &d);
	free(insns);
	return 0;
}
