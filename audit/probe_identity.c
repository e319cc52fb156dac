/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Who the threads are: real, effective, saved and file system ids, groups, id maps. */
#include "collect.h"

static json_t *ids_fact(const uint32_t ids[4])
{
	json_t *list = json_array();
	int i;

	for (i = 0; i < 4; i++)
		proc_append(list, json_integer(ids[i]));
	return list;
}

static json_t *uid_fact(const struct thread_group *g)
{
	return ids_fact(g->uid);
}

static json_t *gid_fact(const struct thread_group *g)
{
	return ids_fact(g->gid);
}

static json_t *groups_fact(const struct thread_group *g)
{
	return proc_fact_text(g->groups ? g->groups : "", g->groups_len);
}

static int identity_observe(struct subject *s, json_t *facts, struct err *e _unused_)
{
	json_t *j = json_object();

	threads_fill(s, facts, "uid", THREAD_UID, uid_fact);
	threads_fill(s, facts, "gid", THREAD_GID, gid_fact);
	threads_fill(s, facts, "groups", THREAD_GROUPS, groups_fact);
	proc_set(j, "uid_map",
		 proc_fact_file(s->procfd, "uid_map", PROC_SMALL_MAX, &s->c->buf));
	proc_set(facts, "identity", j);
	return 0;
}

const struct probe probe_identity = { identity_observe };
