/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Resource limits, as bytes or counts; "unlimited" as -1. */
#include <errno.h>
#include <string.h>

#include "collect.h"
#include "num.h"

static const struct {
	const char *title, *key;
} limits[] = {
	{ "Max file size", "fsize" },	    { "Max core file size", "core" },
	{ "Max processes", "nproc" },	    { "Max open files", "nofile" },
	{ "Max locked memory", "memlock" },
};

static json_t *limit_value(const char *word)
{
	uint64_t v;

	if (!word)
		return proc_fact_unreadable(EPROTO);
	if (!strcmp(word, "unlimited"))
		return json_integer(-1);
	if (num_u64(word, &v) < 0)
		return proc_fact_unreadable(EPROTO);
	return json_integer((json_int_t)v);
}

static void limit_line(json_t *j, char *line)
{
	size_t i;

	for (i = 0; i < ARRAY_SIZE(limits); i++) {
		size_t n = strlen(limits[i].title);
		char *save = NULL;
		json_t *pair;

		if (strncmp(line, limits[i].title, n) || line[n] != ' ')
			continue;
		pair = json_object();
		proc_set(pair, "soft", limit_value(strtok_r(line + n, " ", &save)));
		proc_set(pair, "hard", limit_value(strtok_r(NULL, " ", &save)));
		proc_set(j, limits[i].key, pair);
		return;
	}
}

static int rlimit_observe(struct subject *s, json_t *facts, struct err *e _unused_)
{
	int r = proc_read_small(s->procfd, "limits", &s->c->buf);
	char *cursor, *line;
	size_t len;
	json_t *j;

	if (r < 0) {
		proc_set(facts, "rlimit", proc_fact_unreadable(r));
		return 0;
	}
	j = json_object();
	cursor = s->c->buf.s;
	while (proc_next_line(&cursor, &line, &len)) {
		line[len] = '\0';
		limit_line(j, line);
	}
	proc_set(facts, "rlimit", j);
	return 0;
}

const struct probe probe_rlimit = { rlimit_observe };
