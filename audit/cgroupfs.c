/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * cgroups: limits hold for a process through every ancestor of its group, so each
 * directory up to the root of the mounted hierarchy is read, once for all VMs. Both the
 * unified hierarchy and v1 controllers are read where they are mounted.
 */
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#include "alloc.h"
#include "collect.h"

static const struct {
	const char *controller, *file;
} limit_files[] = {
	{ "v2", "memory.max" },
	{ "v2", "memory.swap.max" },
	{ "v2", "pids.max" },
	{ "v2", "cpu.max" },
	{ "v2", "cpu.weight" },
	{ "v2", "io.max" },
	{ "v2", "cpuset.cpus.effective" },
	{ "memory", "memory.limit_in_bytes" },
	{ "memory", "memory.memsw.limit_in_bytes" },
	{ "pids", "pids.max" },
	{ "cpu", "cpu.cfs_quota_us" },
	{ "cpu", "cpu.cfs_period_us" },
	{ "cpu", "cpu.shares" },
	{ "cpuset", "cpuset.cpus" },
	{ "blkio", "blkio.throttle.read_bps_device" },
	{ "blkio", "blkio.throttle.write_bps_device" },
	{ "devices", "devices.list" },
};

/* True if a is one of the comma-separated words of list. */
static bool has_word(const char *list, const char *a)
{
	size_t n = strlen(a);
	const char *p;

	for (p = list; p; p = strchr(p, ',')) {
		p += *p == ',';
		if (!strncmp(p, a, n) && (p[n] == ',' || !p[n]))
			return true;
	}
	return false;
}

/* Super options of a v1 mount mix controllers and flags: these are the controllers. */
static char *controllers_of(const char *options)
{
	static const char *const known[] = { "blkio",	"cpu",	    "cpuacct",
					     "cpuset",	"devices",  "freezer",
					     "hugetlb", "memory",   "misc",
					     "net_cls", "net_prio", "perf_event",
					     "pids",	"rdma" };
	char *out = xstrdup("");
	size_t i;

	for (i = 0; i < ARRAY_SIZE(known); i++) {
		char *longer;

		if (!has_word(options, known[i]))
			continue;
		longer = xasprintf("%s%s%s", out, *out ? "," : "", known[i]);
		free(out);
		out = longer;
	}
	return out;
}

/* mountinfo: ID PARENT DEV ROOT POINT OPTIONS [TAGS…] - TYPE SOURCE SUPEROPTIONS */
static void cgroupfs_line(struct collector *c, char *line)
{
	char *field[6], *save = NULL, *tail = strstr(line, " - "), *type, *super;
	struct cgroup_mount *m;
	int i;

	if (!tail)
		return;
	*tail = '\0';
	tail += 3;
	for (i = 0; i < 6; i++) {
		field[i] = strtok_r(i ? NULL : line, " ", &save);
		if (!field[i])
			return;
	}
	type = strtok_r(tail, " ", &save);
	strtok_r(NULL, " ", &save);
	super = strtok_r(NULL, " ", &save);
	if (!type || !super || (strcmp(type, "cgroup") && strcmp(type, "cgroup2")))
		return;
	c->hierarchies = xrealloc(c->hierarchies, c->n_hierarchies + 1, sizeof(*m));
	m = &c->hierarchies[c->n_hierarchies++];
	m->controllers = strcmp(type, "cgroup2") ? controllers_of(super) : xstrdup("v2");
	m->root = xstrdup(field[3]);
	m->point = xstrdup(field[4]);
	m->fd = -1;
}

void cgroupfs_init(struct collector *c)
{
	char *cursor, *line;
	size_t len;

	if (proc_read(c->procfd, "self/mountinfo", PROC_LARGE_MAX, &c->buf) < 0)
		return;
	cursor = c->buf.s;
	while (proc_next_line(&cursor, &line, &len)) {
		line[len] = '\0';
		cgroupfs_line(c, line);
	}
}

void cgroupfs_dispose(struct collector *c)
{
	size_t i;

	for (i = 0; i < c->n_hierarchies; i++) {
		free(c->hierarchies[i].controllers);
		free(c->hierarchies[i].point);
		free(c->hierarchies[i].root);
		if (c->hierarchies[i].fd >= 0)
			close(c->hierarchies[i].fd);
	}
	free(c->hierarchies);
}

static struct cgroup_mount *cgroupfs_mount(struct collector *c, const char *controllers)
{
	size_t i, n = strcspn(controllers, ",");
	char *first = xstrndup(controllers, n);
	struct cgroup_mount *m = NULL;

	for (i = 0; i < c->n_hierarchies && !m; i++)
		if (has_word(c->hierarchies[i].controllers, first))
			m = &c->hierarchies[i];
	free(first);
	return m;
}

static json_t *cgroup_files(struct collector *c, const struct cgroup_mount *m, int fd)
{
	json_t *files = json_object();
	size_t i;

	for (i = 0; i < ARRAY_SIZE(limit_files); i++) {
		json_t *f;
		int error = 0;

		if (!has_word(m->controllers, limit_files[i].controller))
			continue;
		f = proc_fact_file(fd, limit_files[i].file, PROC_SMALL_MAX, &c->buf);
		if (json_is_object(f))
			error = (int)json_integer_value(json_object_get(f, "unreadable"));
		if (error == ENOENT) /* a root has no limits; a controller may be off */
			json_decref(f);
		else
			proc_set(files, limit_files[i].file, f);
	}
	return files;
}

/* Reads one directory. path is relative to the mount point. */
static json_t *cgroup_one(struct collector *c, struct cgroup_mount *m, const char *path)
{
	json_t *j = json_object();
	_cleanup_close_ int fd = -1;
	struct stat st;

	proc_set(j, "dir", json_sprintf("%s%s", m->point, strcmp(path, "/") ? path : ""));
	if (m->fd < 0)
		m->fd = open(m->point, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (m->fd >= 0)
		fd = openat(m->fd, path[1] ? path + 1 : ".",
			    O_RDONLY | O_DIRECTORY | O_CLOEXEC | O_NOFOLLOW);
	if (fd < 0) {
		proc_set(j, "files", proc_fact_unreadable(errno));
		return j;
	}
	if (!fstatat(fd, "cgroup.procs", &st, 0)) {
		proc_set(j, "uid", json_integer((json_int_t)st.st_uid));
		proc_set(j, "mode", json_integer((json_int_t)(st.st_mode & 07777)));
	}
	proc_set(j, "files", cgroup_files(c, m, fd));
	if (!strcmp(m->controllers, "v2"))
		proc_set(j, "device_programs", device_prog_facts(fd, c->options.deep));
	return j;
}

/* The path below the mount point, or NULL if the mount doesn't show it. */
static const char *path_in_mount(const struct cgroup_mount *m, const char *path)
{
	size_t n = strlen(m->root);

	if (!strcmp(m->root, "/"))
		return path;
	if (strncmp(path, m->root, n) || (path[n] && path[n] != '/'))
		return NULL;
	return path[n] ? path + n : "/";
}

json_t *cgroupfs_add(struct collector *c, const char *controllers, const char *path)
{
	const char *name = *controllers ? controllers : "v2";
	struct cgroup_mount *m = cgroupfs_mount(c, name);
	_cleanup_free_ char *dir = NULL, *key = NULL;
	const char *in;

	key = xasprintf("%s:%s", name, path);
	if (!m)
		return proc_fact_unreadable(ENODEV);
	in = path_in_mount(m, path);
	if (path[0] != '/' || !in || !strncmp(path, "/..", 3))
		return proc_fact_unreadable(EXDEV);
	dir = xstrdup(in);
	for (;;) {
		_cleanup_free_ char *at = xasprintf("%s:%s", name, dir);
		char *slash = strrchr(dir, '/');
		json_t *j, *root = strcmp(dir, "/") ? NULL : json_true();

		if (json_object_get(c->cgroups, at))
			break;
		j = cgroup_one(c, m, dir);
		slash[slash == dir ? 1 : 0] = '\0';
		if (!root)
			proc_set(j, "parent", json_sprintf("%s:%s", name, dir));
		proc_set(c->cgroups, at, j);
		if (root)
			break;
	}
	free(key);
	key = xasprintf("%s:%s", name, in);
	return json_string(key);
}
