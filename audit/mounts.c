/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Mount tables, one for each mount namespace however many VMs share it. */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "collect.h"

#define MOUNTS_MAX 4096

/* ID PARENT DEV ROOT POINT OPTIONS [TAGS…] - TYPE SOURCE SUPEROPTIONS */
static json_t *mount_fact(char *line)
{
	char *field[6], *save = NULL, *tail = strstr(line, " - "), *type, *super;
	json_t *j;
	int i;

	if (!tail)
		return NULL;
	*tail = '\0';
	for (i = 0; i < 6; i++) {
		field[i] = strtok_r(i ? NULL : line, " ", &save);
		if (!field[i])
			return NULL;
	}
	type = strtok_r(tail + 3, " ", &save);
	strtok_r(NULL, " ", &save);
	super = strtok_r(NULL, " ", &save);
	if (!type)
		return NULL;
	j = json_object();
	proc_set(j, "point", proc_fact_text(field[4], strlen(field[4])));
	proc_set(j, "dev", proc_fact_text(field[2], strlen(field[2])));
	proc_set(j, "type", proc_fact_text(type, strlen(type)));
	proc_set(j, "writable",
		 json_boolean(!strncmp(field[5], "rw", 2) &&
			      (!super || !strncmp(super, "rw", 2))));
	return j;
}

static json_t *mounts_list(struct subject *s)
{
	int r = proc_read(s->procfd, "mountinfo", PROC_LARGE_MAX, &s->c->buf);
	char *cursor, *line;
	json_t *list;
	size_t len;

	if (r < 0)
		return proc_fact_unreadable(r);
	list = json_array();
	cursor = s->c->buf.s;
	while (proc_next_line(&cursor, &line, &len) &&
	       json_array_size(list) < MOUNTS_MAX) {
		json_t *j;

		line[len] = '\0';
		j = mount_fact(line);
		if (j)
			proc_append(list, j);
	}
	return list;
}

/* mountinfo shows what is below the process's own root, so a chrooted process gets its
 * own table: the key is namespace and root. */
json_t *mounts_add(struct subject *s)
{
	char key[64];
	struct stat st;

	if (!s->mnt_ns || fstatat(s->procfd, "root", &st, 0) < 0)
		return proc_fact_unreadable(s->mnt_ns ? errno : EACCES);
	snprintf(key, sizeof(key), "%llu:%llu:%llu", (unsigned long long)s->mnt_ns,
		 (unsigned long long)st.st_dev, (unsigned long long)st.st_ino);
	if (!json_object_get(s->c->mounts, key))
		proc_set(s->c->mounts, key, mounts_list(s));
	return json_string(key);
}
