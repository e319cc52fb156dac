/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The root directory, the mounts below it and the device nodes in its /dev. */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/sysmacros.h>
#include <unistd.h>

#include "collect.h"

#define NODES_MAX 512

static json_t *node_fact(const char *name, const struct stat *st)
{
	json_t *j = json_object();

	proc_set(j, "name", proc_fact_text(name, strlen(name)));
	proc_set(j, "type", json_string(S_ISBLK(st->st_mode) ? "b" : "c"));
	proc_set(j, "rdev", proc_fact_dev(st->st_rdev));
	proc_set(j, "mode", json_integer((json_int_t)(st->st_mode & 07777)));
	return j;
}

/* Only lstat: a link or a node in there belongs to the VM and is not followed or opened.
 */
static json_t *dev_nodes(int rootfd)
{
	int fd = openat(rootfd, "dev", O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	_cleanup_dir_ DIR *d = fd < 0 ? NULL : fdopendir(fd);
	struct dirent *de;
	json_t *list;

	if (!d) {
		int error = errno;

		if (fd >= 0)
			close(fd);
		return error == ENOENT ? json_array() : proc_fact_unreadable(error);
	}
	list = json_array();
	while ((de = readdir(d)) && json_array_size(list) < NODES_MAX) {
		struct stat st;

		if (de->d_name[0] == '.' ||
		    fstatat(fd, de->d_name, &st, AT_SYMLINK_NOFOLLOW) < 0)
			continue;
		if (S_ISCHR(st.st_mode) || S_ISBLK(st.st_mode))
			proc_append(list, node_fact(de->d_name, &st));
	}
	return list;
}

static int rootfs_observe(struct subject *s, json_t *facts, struct err *e _unused_)
{
	json_t *j = json_object();
	_cleanup_close_ int fd = -1;
	struct stat st, host;
	char init[32];

	proc_set(facts, "rootfs", j);
	proc_set(j, "mounts", mounts_add(s));
	fd = openat(s->procfd, "root", O_PATH | O_DIRECTORY | O_CLOEXEC);
	if (fd < 0 || fstat(fd, &st) < 0) {
		proc_set(j, "root", proc_fact_unreadable(errno));
		return 0;
	}
	proc_set(j, "root", json_object());
	proc_set(json_object_get(j, "root"), "dev", proc_fact_dev(st.st_dev));
	proc_set(json_object_get(j, "root"), "ino", json_integer((json_int_t)st.st_ino));
	snprintf(init, sizeof(init), "%s/root", s->c->init_pid);
	if (fstatat(s->c->procfd, init, &host, 0) < 0) {
		proc_set(j, "is_host_root", proc_fact_unreadable(errno));
		return 0;
	}
	proc_set(j, "is_host_root",
		 json_boolean(st.st_dev == host.st_dev && st.st_ino == host.st_ino));
	if (st.st_dev != host.st_dev || st.st_ino != host.st_ino)
		proc_set(j, "nodes", dev_nodes(fd));
	return 0;
}

const struct probe probe_rootfs = { rootfs_observe };
