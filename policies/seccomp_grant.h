/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef BRATTICE_SECCOMP_GRANT_H
#define BRATTICE_SECCOMP_GRANT_H

/* grants.syscalls and grants.ioctls of a description. */
#include "seccomp_set.h"

/* Adds one clause to the rule of a call; defined in seccomp_set.c. */
void sc_set_add(struct sc_set *s, int nr, const struct sc_clause *c);

/* Adds what is granted. Errors, at the grant: a name or number that is none, and what
 * would void the confinement, with the reason. */
int sc_grants_apply(struct sc_set *s, const struct vm_policy *p, struct err *e);

#endif
