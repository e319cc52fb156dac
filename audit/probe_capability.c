/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The five capability sets of each thread. Securebits can't be read from outside. */
#include "collect.h"

static json_t *caps_fact(const struct thread_group *g)
{
	static const char *const names[CAP_SETS] = { "inh", "prm", "eff", "bnd", "amb" };
	json_t *j = json_object();
	int i;

	for (i = 0; i < CAP_SETS; i++)
		proc_set(j, names[i],
			 json_sprintf("%016llx", (unsigned long long)g->caps[i]));
	return j;
}

static int capability_observe(struct subject *s, json_t *facts, struct err *e _unused_)
{
	threads_fill(s, facts, "caps", THREAD_CAPS, caps_fact);
	return 0;
}

const struct probe probe_capability = { capability_observe };
