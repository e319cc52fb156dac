/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The process itself: command line, names (never values) of its environment, executable,
 * personality, what the OOM killer and a core dump would do, who traces it.
 */
#include <errno.h>
#include <string.h>

#include "collect.h"

/* NUL-separated strings; the last may lack its NUL (prctl PR_SET_MM can cut it). */
static json_t *strings_fact(const struct proc_buf *b, bool names_only)
{
	json_t *list = json_array();
	size_t at = 0;

	while (at < b->len) {
		size_t n = strnlen(b->s + at, b->len - at);
		const char *equals = memchr(b->s + at, '=', n);
		size_t show = names_only && equals ? (size_t)(equals - b->s) - at : n;

		/* a string without '=' in the environment is shown by its length only */
		if (names_only && !equals)
			proc_append(list, json_string(n ? "?" : ""));
		else
			proc_append(list, proc_fact_text(b->s + at, show));
		at += n + 1;
	}
	return list;
}

static json_t *strings_file(struct subject *s, const char *file, bool names_only)
{
	int r = proc_read(s->procfd, file, PROC_CMDLINE_MAX, &s->c->buf);

	return r < 0 ? proc_fact_unreadable(r) : strings_fact(&s->c->buf, names_only);
}

static json_t *tracer_fact(const struct thread_group *g)
{
	return json_integer((json_int_t)g->tracer);
}

static int process_observe(struct subject *s, json_t *facts, struct err *e _unused_)
{
	static const char *const files[] = { "comm", "oom_score_adj", "personality",
					     "coredump_filter" };
	json_t *j = json_object();
	size_t i;

	for (i = 0; i < ARRAY_SIZE(files); i++)
		proc_set(j, files[i], proc_fact_small(s->procfd, files[i], &s->c->buf));
	proc_set(j, "ppid", json_integer((json_int_t)s->ppid));
	proc_set(j, "cmdline", strings_file(s, "cmdline", false));
	proc_set(j, "environ", strings_file(s, "environ", true));
	proc_set(j, "exe", exe_facts(s));
	proc_set(facts, "process", j);
	threads_fill(s, facts, "tracer", THREAD_TRACER, tracer_fact);
	return 0;
}

const struct probe probe_process = { process_observe };
