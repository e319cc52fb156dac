/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef BRATTICE_TESTS_ORACLE_H
#define BRATTICE_TESTS_ORACLE_H

/* Runs one launch with one fault and judges what happened. */
#include <stdbool.h>
#include <stddef.h>

#include "fault.h"

#define MAX_JOBS 8
#define MAX_ACTIONS 8
#define MAX_OUTPUT 65536
#define RUN_SECONDS 20 /* a launch that takes longer hangs */

struct options {
	const char *launcher, *recover, *work, *parent;
	int jobs, errnos;
};

struct oracle {
	const struct options *opt;
	const char *bundle;
	char name[64];			/* of the VM: base name of the bundle */
	char run_dir[512], map_path[512];
	struct fault_map *map;
	struct fault_target death;	/* where the supervisor dies before a "recover" */
	char *declared;			/* what the VMM prints when all is as declared */
	int mounts;			/* lines of mountinfo before */
};

struct verdict {
	bool bad;
	const char *kind;	/* "refused", "harmless", "died", "ran", …, "BAD" */
	char text[2048];
};

/* Makes the run directory, runs undisturbed; list receives the calls. -1 = can't test. */
int oracle_init(struct oracle *o, const struct options *opt, const char *bundle, int job,
		struct fault_map *list);
void oracle_run(const struct oracle *o, const struct fault_target *target, int action,
		struct verdict *v);

/* The same for "recover", each time after a launch whose supervisor died. The list is
 * made by oracle_recover_list(). */
int oracle_recover_list(struct oracle *o, const struct fault_target *death,
			struct fault_map *list);
void oracle_recover_run(const struct oracle *o, const struct fault_target *target,
			int action, struct verdict *v);

/* The faults worth trying on a call; the last is FAULT_DIE. */
int actions_of(const struct fault_call *call, int errnos, int actions[MAX_ACTIONS]);
const char *call_name(const struct fault_call *call);
const char *action_name(int action);

#endif
