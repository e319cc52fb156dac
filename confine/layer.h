/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef BRATTICE_LAYER_H
#define BRATTICE_LAYER_H

/*
 * A layer applies one mechanism. Any step may be NULL. The steps of all layers run in the
 * order of mech.def, phase by phase:
 *
 *   load     supervisor: reads the parameters; changes nothing (also what "plan" runs)
 *   prepare  supervisor: makes what must exist before the VMM's process does
 *   attach   supervisor: the process exists and waits
 *   apply    in the process itself; must not allocate
 *   verify   supervisor: the VMM is stopped before its first instruction; asks the kernel
 *            what holds, writes it into "observed", and fails on any difference
 *   undo     supervisor: takes back prepare and attach; idempotent; called backwards
 *            after a failure and after the VM has ended
 *
 * Every error stops the launch: the process is killed, everything is undone, exit 125.
 */
#include <jansson.h>
#include <stdio.h>

#include "err.h"
#include "mech.h"

struct run;

/* What the receipt says of a layer. */
enum layer_state {
	LAYER_APPLIED,
	LAYER_INACTIVE, /* an LSM that this kernel does not run */
	LAYER_UNAVAILABLE, /* the kernel lacks it, and the description says auto */
	LAYER_OFF, /* the description says off */
};

struct layer {
	int (*load)(struct run *run, const json_t *params, struct err *e);
	int (*prepare)(struct run *run, struct err *e);
	int (*attach)(struct run *run, struct err *e);
	int (*apply)(struct run *run, struct err *e);
	int (*verify)(struct run *run, json_t *observed, struct err *e);
	void (*undo)(struct run *run);
	/* One line for each step that will be taken, indented by two blanks. */
	void (*plan)(const struct run *run, FILE *out);
};

#define MECH(id, title) extern const struct layer layer_##id;
#include "mech.def"
#undef MECH

const struct layer *layer_of(enum mech m);
const char *layer_state_name(enum layer_state s);

#endif
