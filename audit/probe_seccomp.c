/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Mode and number of filters of each thread; with --deep the filters themselves. */
#include "collect.h"

static json_t *mode_fact(const struct thread_group *g)
{
	return json_integer((json_int_t)g->seccomp);
}

static json_t *filters_fact(const struct thread_group *g)
{
	return json_integer((json_int_t)g->filters);
}

static int seccomp_observe(struct subject *s, json_t *facts, struct err *e _unused_)
{
	threads_fill(s, facts, "seccomp", THREAD_SECCOMP, mode_fact);
	threads_fill(s, facts, "filters", THREAD_FILTERS, filters_fact);
	if (s->c->options.deep)
		proc_set(facts, "seccomp_filters", deep_seccomp_facts(s));
	return 0;
}

const struct probe probe_seccomp = { seccomp_observe };
