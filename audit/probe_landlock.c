/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * No interface tells whether another process has a Landlock domain. That is a fact too:
 * the checks then rest on the receipt, and say so, or end in "unknown".
 */
#include <errno.h>

#include "collect.h"

static int landlock_observe(struct subject *s _unused_, json_t *facts,
			    struct err *e _unused_)
{
	proc_set(facts, "landlock", proc_fact_unreadable(EOPNOTSUPP));
	return 0;
}

const struct probe probe_landlock = { landlock_observe };
