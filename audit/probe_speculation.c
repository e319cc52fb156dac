/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Speculation controls of each thread and the core-scheduling cookie of the process. */
#include <errno.h>
#include <linux/prctl.h>
#include <string.h>
#include <sys/prctl.h>

#include "collect.h"

static json_t *ssb_fact(const struct thread_group *g)
{
	return proc_fact_text(g->ssb, strlen(g->ssb));
}

static json_t *indirect_fact(const struct thread_group *g)
{
	return proc_fact_text(g->indirect, strlen(g->indirect));
}

/* EINVAL: a kernel without CONFIG_SCHED_CORE; ENODEV: no SMT. Linux 5.14. */
static json_t *cookie_fact(const struct subject *s)
{
	unsigned long cookie = 0;

	if (prctl(PR_SCHED_CORE, PR_SCHED_CORE_GET, s->pid, PR_SCHED_CORE_SCOPE_THREAD,
		  &cookie) < 0)
		return proc_fact_unreadable(errno);
	return json_sprintf("%lx", cookie);
}

static int speculation_observe(struct subject *s, json_t *facts, struct err *e _unused_)
{
	json_t *j = json_object();

	threads_fill(s, facts, "ssb", THREAD_SSB, ssb_fact);
	threads_fill(s, facts, "indirect", THREAD_INDIRECT, indirect_fact);
	proc_set(j, "core_cookie", cookie_fact(s));
	proc_set(facts, "speculation", j);
	return 0;
}

const struct probe probe_speculation = { speculation_observe };
