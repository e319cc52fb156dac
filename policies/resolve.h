/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef BRATTICE_RESOLVE_H
#define BRATTICE_RESOLVE_H

/*
 * From what was written to what is meant: values that follow from others, contradictions,
 * and combinations that are refused because they are unsafe. After this the model is
 * immutable.
 */
#include "host.h"
#include "model.h"
#include "problems.h"

/* What a VMM needs beyond guest memory, at the very least. */
#define RESOLVE_OVERHEAD ((uint64_t)64 << 20)

void resolve_policy(struct vm_policy *p, const struct host *h, struct problems *out);

/* The parts of it, one file each. */
void resolve_disks(struct vm_policy *p, const struct host *h, struct problems *out);
void resolve_network(struct vm_policy *p, struct problems *out);
void resolve_argv(struct vm_policy *p, struct problems *out);
void resolve_limits(struct vm_policy *p, const struct host *h, struct problems *out);

/* Whether a field or struct was read without a problem: what is built on a wrong value
 * would only be noise. */
#define RESOLVE_CLEAN(out, x) (!problems_tainted((out), &(x), sizeof(x)))

#endif
