/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef BRATTICE_LAUNCH_H
#define BRATTICE_LAUNCH_H

/*
 * From prepared layers to a running VMM:
 *
 *   supervisor                             child (in its namespaces and v2 group)
 *   clone3 ------------------------------> waits on the go pipe
 *   PTRACE_SEIZE, attach of every layer
 *   "go" --------------------------------> apply of every layer, close descriptors,
 *                                          seccomp, the one execveat
 *   exec event: verify of every layer      stopped before its first instruction
 *   receipt, PTRACE_DETACH --------------> runs
 *
 * Any failure, difference or signal in between: SIGKILL, and the VMM never ran.
 */
#include "run.h"

int launch(struct run *run, struct err *e);

/* What the child sends when a layer fails. */
struct launch_report {
	enum mech mech;
	struct err err;
};

/* child.c; never returns. */
void launch_child(struct run *run) _noreturn_;

/* verify.c: the VMM is at its exec event stop. */
int launch_verify(struct run *run, struct err *e);

#endif
