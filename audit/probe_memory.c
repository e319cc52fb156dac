/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Mappings, same-page merging, huge pages, what is swapped out. */
#include <errno.h>
#include <string.h>

#include "collect.h"
#include "num.h"

/* "KEY VALUE" and, since Linux 6.16, "KEY: yes" lines. Linux 6.1 has the first keys. */
static json_t *ksm_fact(struct subject *s)
{
	int r = proc_read_small(s->procfd, "ksm_stat", &s->c->buf);
	char *cursor, *line;
	size_t len;
	json_t *j;

	if (r < 0)
		return proc_fact_unreadable(r);
	j = json_object();
	cursor = s->c->buf.s;
	while (proc_next_line(&cursor, &line, &len)) {
		char *value;
		uint64_t v;

		line[len] = '\0';
		value = strchr(line, ' ');
		if (!value)
			continue;
		*value++ = '\0';
		if (value[-2] == ':')
			value[-2] = '\0';
		if (num_u64(value, &v) < 0)
			proc_set(j, line, proc_fact_text(value, strlen(value)));
		else
			proc_set(j, line, json_integer((json_int_t)v));
	}
	return j;
}

static json_t *thp_fact(const struct thread_group *g)
{
	return json_integer((json_int_t)g->thp);
}

static int memory_observe(struct subject *s, json_t *facts, struct err *e _unused_)
{
	json_t *j = json_object();

	proc_set(j, "maps", maps_facts(s));
	proc_set(j, "ksm", ksm_fact(s));
	if (s->threads.have_swap)
		proc_set(j, "swap_kb", json_integer((json_int_t)s->threads.swap_kb));
	threads_fill(s, facts, "thp", THREAD_THP, thp_fact);
	proc_set(facts, "memory", j);
	return 0;
}

const struct probe probe_memory = { memory_observe };
