/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Which cgroups the process is in; limits are read by cgroupfs.c, once for each group. */
#include <string.h>

#include "alloc.h"
#include "collect.h"

/* ID:CONTROLLERS:PATH; controllers are empty for the unified hierarchy. */
static json_t *membership(struct subject *s, char *line)
{
	char *controllers = strchr(line, ':'), *path;
	json_t *j;

	path = controllers ? strchr(controllers + 1, ':') : NULL;
	if (!path)
		return NULL;
	*controllers++ = '\0';
	*path++ = '\0';
	if (!strncmp(controllers, "name=", 5)) /* systemd's own: limits nothing */
		return NULL;
	j = json_object();
	proc_set(j, "controllers",
		 *controllers ? proc_fact_text(controllers, strlen(controllers)) :
				json_string("v2"));
	proc_set(j, "path", proc_fact_text(path, strlen(path)));
	proc_set(j, "group", cgroupfs_add(s->c, controllers, path));
	return j;
}

static int cgroup_observe(struct subject *s, json_t *facts, struct err *e _unused_)
{
	int r = proc_read_small(s->procfd, "cgroup", &s->c->buf);
	_cleanup_free_ char *text = NULL;
	char *cursor, *line;
	json_t *list;
	size_t len;

	if (r < 0) {
		proc_set(facts, "cgroup", proc_fact_unreadable(r));
		return 0;
	}
	list = json_array();
	text = xstrdup(s->c->buf.s); /* the buffer is used again for the limits */
	cursor = text;
	while (proc_next_line(&cursor, &line, &len)) {
		json_t *j;

		line[len] = '\0';
		j = membership(s, line);
		if (j)
			proc_append(list, j);
	}
	proc_set(facts, "cgroup", list);
	return 0;
}

const struct probe probe_cgroup = { cgroup_observe };
