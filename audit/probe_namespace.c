/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The namespaces of the process by inode. Threads share them, except after an unshare(2)
 * in one thread, which the leader's links would hide: no VMM does that after its start.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>

#include "collect.h"

static int namespace_observe(struct subject *s, json_t *facts, struct err *e _unused_)
{
	static const char *const names[] = { "cgroup", "ipc",  "mnt",  "net",
					     "pid",    "time", "user", "uts" };
	json_t *j = json_object();
	size_t i;

	for (i = 0; i < ARRAY_SIZE(names); i++) {
		struct stat st;
		char path[32];

		snprintf(path, sizeof(path), "ns/%s", names[i]);
		if (fstatat(s->procfd, path, &st, 0) < 0) {
			proc_set(j, names[i], proc_fact_unreadable(errno));
			continue;
		}
		proc_set(j, names[i], json_integer((json_int_t)st.st_ino));
		if (!strcmp(names[i], "mnt"))
			s->mnt_ns = st.st_ino;
		else if (!strcmp(names[i], "net"))
			s->net_ns = st.st_ino;
	}
	proc_set(facts, "namespace", j);
	return 0;
}

const struct probe probe_namespace = { namespace_observe };
