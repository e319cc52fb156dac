/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What the process holds: its descriptors and the sockets on which it listens. */
#include "collect.h"

static int object_observe(struct subject *s, json_t *facts, struct err *e _unused_)
{
	struct stat st;
	json_t *j = fdscan_facts(s);

	proc_set(facts, "object", j);
	if (s->net_ns == 0 && fstatat(s->procfd, "ns/net", &st, 0) == 0)
		s->net_ns = st.st_ino;
	proc_set(facts, "listeners",
		 json_object_get(j, "unreadable") ? json_incref(j) : netns_listeners(s));
	return 0;
}

const struct probe probe_object = { object_observe };
