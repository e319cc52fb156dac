/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "collect.h"

static json_t *nnp_fact(const struct thread_group *g)
{
	return json_integer((json_int_t)g->nnp);
}

static int nnp_observe(struct subject *s, json_t *facts, struct err *e _unused_)
{
	threads_fill(s, facts, "nnp", THREAD_NNP, nnp_fact);
	return 0;
}

const struct probe probe_nnp = { nnp_observe };
