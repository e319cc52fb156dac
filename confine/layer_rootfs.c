/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "rootfs.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>

#include "alloc.h"
#include "fdio.h"
#include "jsonx.h"
#include "procfs.h"
#include "run.h"
#include "sys.h"

#define ROOT_ATTR (MOUNT_ATTR_NOSUID | MOUNT_ATTR_NOEXEC)
#define TMP_ATTR (MOUNT_ATTR_NOSUID | MOUNT_ATTR_NOEXEC | MOUNT_ATTR_NODEV)
#define MAX_BINDS 128
#define MAX_COPY ((size_t)64 << 10)

static int rootfs_load_bind(struct root_bind *b, const json_t *j, struct err *e)
{
	static const char what[] = "layer rootfs: bind";

	*b = (struct root_bind){ .tree = -1 };
	if (jsonx_need_string(j, "path", &b->path, what, e) < 0 ||
	    jsonx_opt_bool(j, "writable", &b->writable, what, e) < 0 ||
	    jsonx_opt_bool(j, "exec", &b->exec, what, e) < 0 ||
	    jsonx_opt_bool(j, "copy", &b->copy, what, e) < 0 ||
	    jsonx_opt_bool(j, "optional", &b->optional, what, e) < 0)
		return -e->code;
	if (b->path[0] != '/' || !b->path[1] || strstr(b->path, "/../") ||
	    strstr(b->path, "//"))
		return err_set(e, EINVAL, "%s: path \"%s\" is not a plain absolute path",
			       what, b->path);
	if (b->copy && (b->writable || b->exec || b->optional))
		return err_set(e, EINVAL, "%s: the copy %s can only be read", what,
			       b->path);
	if (b->writable && b->exec)
		return err_set(e, EINVAL, "%s: %s can't be writable and executable", what,
			       b->path);
	return 0;
}

static int rootfs_load(struct run *run, const json_t *params, struct err *e)
{
	struct rootfs_plan *p = xcalloc(1, sizeof(*p));
	json_t *list;
	size_t i;

	p->root = p->tmp = -1;
	run->rootfs = p;
	p->size_max = (uint64_t)1 << 20;
	if (jsonx_opt_u64(params, "size_max", &p->size_max, "layer rootfs", e) < 0 ||
	    jsonx_opt_u64(params, "tmp", &p->tmp_size, "layer rootfs", e) < 0 ||
	    jsonx_opt_bool(params, "proc", &p->proc, "layer rootfs", e) < 0 ||
	    jsonx_need_array(params, "binds", &list, "layer rootfs", e) < 0)
		return -e->code;
	if (json_array_size(list) > MAX_BINDS)
		return err_set(e, E2BIG, "layer rootfs: more than %d binds", MAX_BINDS);
	p->binds = xcalloc(json_array_size(list), sizeof(*p->binds));
	for (i = 0; i < json_array_size(list); i++) {
		if (rootfs_load_bind(&p->binds[i], json_array_get(list, i), e) < 0)
			return -e->code;
		p->n_binds = i + 1;
	}
	return 0;
}

/* A detached tmpfs. */
static int rootfs_tmpfs(uint64_t size, const char *mode, unsigned attr, struct err *e)
{
	_cleanup_close_ int fs = sys_fsopen("tmpfs");
	char text[32];
	int fd;

	if (fs < 0)
		return err_errno(e, "cannot make a tmpfs");
	snprintf(text, sizeof(text), "%llu", (unsigned long long)size);
	if (sys_fsconfig(fs, FSCONFIG_SET_STRING, "size", text) < 0 ||
	    sys_fsconfig(fs, FSCONFIG_SET_STRING, "nr_inodes", "4096") < 0 ||
	    sys_fsconfig(fs, FSCONFIG_SET_STRING, "mode", mode) < 0 ||
	    sys_fsconfig(fs, FSCONFIG_CMD_CREATE, NULL, NULL) < 0)
		return err_errno(e, "cannot configure a tmpfs");
	fd = sys_fsmount(fs, attr);
	return fd < 0 ? err_errno(e, "cannot make a tmpfs mount") : fd;
}

/* Makes a directory of the new root and what is missing above it. */
static int rootfs_dir(int root, const char *path, size_t len, struct err *e)
{
	char part[4096];
	const char *slash;

	snprintf(part, sizeof(part), "%.*s", (int)len, path);
	if (len == 0 || mkdirat(root, part, 0755) == 0 || errno == EEXIST)
		return 0;
	slash = memrchr(path, '/', len);
	if (errno != ENOENT || !slash)
		return err_errno(e, "cannot make %s in the VM's root", part);
	if (rootfs_dir(root, path, (size_t)(slash - path), e) < 0)
		return -e->code;
	if (mkdirat(root, part, 0755) < 0 && errno != EEXIST)
		return err_errno(e, "cannot make %s in the VM's root", part);
	return 0;
}

/* Makes the directories above path (absolute) in the new root. */
static int rootfs_parents(int root, const char *path, struct err *e)
{
	const char *name = strrchr(path, '/');

	return name == path ? 0
			    : rootfs_dir(root, path + 1, (size_t)(name - path - 1), e);
}

static int rootfs_file(int root, const char *path, struct err *e)
{
	_cleanup_close_ int fd = openat(
		root, path + 1, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW,
		0444);

	if (fd < 0 && errno != EEXIST)
		return err_errno(e, "cannot make %s in the VM's root", path);
	return 0;
}

static int rootfs_node(int root, const json_t *node, struct err *e)
{
	static const char what[] = "layer rootfs: node";
	const char *path, *host = NULL, *type = "c";
	uint64_t major_nr = 0, minor_nr = 0;
	struct stat st = { .st_mode = S_IFCHR };
	mode_t mode;
	bool writable = false;

	if (jsonx_need_string(node, "path", &path, what, e) < 0 ||
	    jsonx_opt_string(node, "host", &host, what, e) < 0 ||
	    jsonx_opt_string(node, "type", &type, what, e) < 0 ||
	    jsonx_opt_u64(node, "major", &major_nr, what, e) < 0 ||
	    jsonx_opt_u64(node, "minor", &minor_nr, what, e) < 0 ||
	    jsonx_opt_bool(node, "writable", &writable, what, e) < 0)
		return -e->code;
	if (host && stat(host, &st) < 0)
		return err_errno(e, "cannot stat the device %s", host);
	if (host && !S_ISCHR(st.st_mode) && !S_ISBLK(st.st_mode))
		return err_set(e, EINVAL, "%s is not a device", host);
	if (!host) {
		st.st_mode = *type == 'b' ? S_IFBLK : S_IFCHR;
		st.st_rdev = makedev((unsigned)major_nr, (unsigned)minor_nr);
	}
	mode = (st.st_mode & S_IFMT) | (writable ? 0666 : 0444);
	if (rootfs_parents(root, path, e) < 0)
		return -e->code;
	if (mknodat(root, path + 1, mode, st.st_rdev) < 0)
		return err_errno(e, "cannot make %s in the VM's root", path);
	/* The launcher's umask is 077; the jail is this VM's alone. */
	if (fchmodat(root, path + 1, mode & 07777, 0) < 0)
		return err_errno(e, "cannot set the mode of %s", path);
	return 0;
}

static int rootfs_nodes(const struct run *run, int root, struct err *e)
{
	const json_t *params = bundle_params(&run->bundle, MECH_rootfs);
	const json_t *nodes = json_object_get(params, "nodes");
	const json_t *links = json_object_get(params, "links");
	size_t i;

	for (i = 0; i < json_array_size(nodes); i++)
		if (rootfs_node(root, json_array_get(nodes, i), e) < 0)
			return -e->code;
	for (i = 0; i < json_array_size(links); i++) {
		const json_t *link = json_array_get(links, i);
		const char *path, *target;

		if (jsonx_need_string(link, "path", &path, "layer rootfs: link", e) < 0 ||
		    jsonx_need_string(link, "target", &target, "layer rootfs: link", e) <
			    0 ||
		    rootfs_parents(root, path, e) < 0)
			return -e->code;
		if (symlinkat(target, root, path + 1) < 0)
			return err_errno(e, "cannot make the link %s", path);
	}
	return rootfs_file(root, ROOTFS_PROBE, e);
}

static int rootfs_check_source(const struct root_bind *b, const struct stat *st,
			       struct err *e)
{
	if (!S_ISDIR(st->st_mode) && !S_ISREG(st->st_mode))
		return err_set(e, EINVAL, "%s is neither a directory nor a regular file",
			       b->path);
	if (!b->writable && st->st_uid != 0 && st->st_uid != geteuid())
		return err_set(e, EPERM, "%s belongs to uid %u, not to root", b->path,
			       st->st_uid);
	if (!b->writable && (st->st_mode & S_IWOTH))
		return err_set(e, EPERM, "%s is writable by everybody", b->path);
	if (!b->writable && !b->copy && !(st->st_mode & (S_IRGRP | S_IROTH)))
		return err_set(e, EPERM, "%s can be read by root only, not by the VM's "
			       "user", b->path);
	return 0;
}

/* A secret of root's that the VM's own user must read: everybody may read the copy, but
 * only this VM has it in its root. */
static int rootfs_copy(const struct rootfs_plan *p, const struct root_bind *b,
		       struct err *e)
{
	_cleanup_close_ int fd = fdio_openat(AT_FDCWD, b->path, O_RDONLY | O_NONBLOCK, 0,
					     e);
	_cleanup_close_ int out = -1;
	_cleanup_free_ char *text = NULL;
	struct stat st;
	size_t n;

	if (fd < 0)
		return fd;
	if (fstat(fd, &st) < 0)
		return err_errno(e, "cannot stat %s", b->path);
	if (!S_ISREG(st.st_mode))
		return err_set(e, EINVAL, "%s is not a regular file", b->path);
	if (rootfs_check_source(b, &st, e) < 0 || rootfs_parents(p->root, b->path, e) < 0)
		return -e->code;
	if (fdio_read_all(fd, MAX_COPY, &text, &n, e) < 0)
		return err_wrap(e, "%s", b->path);
	out = openat(p->root, b->path + 1,
		     O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0444);
	if (out < 0)
		return err_errno(e, "cannot make %s in the VM's root", b->path);
	return fdio_write_all(out, text, n, e);
}

/* Pins a source and clones its mount, with its attributes already tightened. */
static int rootfs_clone_bind(struct rootfs_plan *p, struct root_bind *b, struct err *e)
{
	struct mount_attr attr = { .attr_set = MOUNT_ATTR_NOSUID | MOUNT_ATTR_NODEV };
	_cleanup_close_ int pin = fdio_openat(AT_FDCWD, b->path, O_PATH, 0, e);
	struct stat st;

	if (pin < 0)
		return b->optional && e->code == ENOENT ? 0 : pin;
	if (fstat(pin, &st) < 0)
		return err_errno(e, "cannot stat %s", b->path);
	if (rootfs_check_source(b, &st, e) < 0)
		return -e->code;
	if (S_ISDIR(st.st_mode) &&
	    rootfs_dir(p->root, b->path + 1, strlen(b->path + 1), e) < 0)
		return -e->code;
	if (S_ISREG(st.st_mode) && (rootfs_parents(p->root, b->path, e) < 0 ||
				    rootfs_file(p->root, b->path, e) < 0))
		return -e->code;
	b->tree = sys_open_tree(pin, "",
				OPEN_TREE_CLONE | OPEN_TREE_CLOEXEC | AT_EMPTY_PATH);
	if (b->tree < 0)
		return err_errno(e, "cannot clone the mount of %s", b->path);
	if (!b->writable)
		attr.attr_set |= MOUNT_ATTR_RDONLY;
	if (!b->exec)
		attr.attr_set |= MOUNT_ATTR_NOEXEC;
	if (sys_mount_setattr(b->tree, "", AT_EMPTY_PATH, &attr) < 0)
		return err_errno(e, "cannot restrict the mount of %s", b->path);
	b->present = true;
	return 0;
}

static int rootfs_prepare(struct run *run, struct err *e)
{
	struct rootfs_plan *p = run->rootfs;
	size_t i;

	p->root = rootfs_tmpfs(p->size_max, "0755", ROOT_ATTR, e);
	if (p->root < 0)
		return p->root;
	umask(0022);
	for (i = 0; i < p->n_binds; i++)
		if ((p->binds[i].copy ? rootfs_copy(p, &p->binds[i], e)
				      : rootfs_clone_bind(p, &p->binds[i], e)) < 0)
			return err_wrap(e, "bind");
	if (rootfs_nodes(run, p->root, e) < 0)
		return -e->code;
	if (p->tmp_size && mkdirat(p->root, "tmp", 0755) < 0)
		return err_errno(e, "cannot make /tmp in the VM's root");
	if (p->proc && mkdirat(p->root, "proc", 0555) < 0)
		return err_errno(e, "cannot make /proc in the VM's root");
	umask(0077);
	if (!p->tmp_size)
		return 0;
	p->tmp = rootfs_tmpfs(p->tmp_size, "1777", TMP_ATTR, e);
	return p->tmp < 0 ? p->tmp : 0;
}

/* A /proc of the VM's own pid namespace, with nothing but processes (subset=pid, 5.8). */
static int rootfs_mount_proc(int root, struct err *e)
{
	_cleanup_close_ int fs = sys_fsopen("proc");
	_cleanup_close_ int fd = -1;

	if (fs < 0 || sys_fsconfig(fs, FSCONFIG_SET_STRING, "subset", "pid") < 0 ||
	    sys_fsconfig(fs, FSCONFIG_SET_STRING, "hidepid", "ptraceable") < 0 ||
	    sys_fsconfig(fs, FSCONFIG_CMD_CREATE, NULL, NULL) < 0)
		return err_errno(e, "cannot make a proc file system");
	fd = sys_fsmount(fs, TMP_ATTR | MOUNT_ATTR_RDONLY);
	if (fd < 0 || sys_move_mount(fd, "", root, "proc", MOVE_MOUNT_F_EMPTY_PATH) < 0)
		return err_errno(e, "cannot mount /proc in the VM's root");
	return 0;
}

static int rootfs_enter(struct run *run, struct err *e)
{
	/* Attached over the run directory, which certainly exists, in a namespace of
	 * our own; then ".": pivot_root(2) explains pivoting a directory onto itself. */
	if (sys_move_mount(run->rootfs->root, "", AT_FDCWD, run->state.dir,
			   MOVE_MOUNT_F_EMPTY_PATH) < 0)
		return err_errno(e, "cannot mount the VM's root");
	if (fchdir(run->rootfs->root) < 0)
		return err_errno(e, "cannot enter the VM's root");
	return 0;
}

static int rootfs_apply(struct run *run, struct err *e)
{
	struct mount_attr ro = { .attr_set = MOUNT_ATTR_RDONLY };
	struct rootfs_plan *p = run->rootfs;
	size_t i;

	if (mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL) < 0)
		return err_errno(e, "cannot make the mounts private");
	if (rootfs_enter(run, e) < 0)
		return -e->code;
	for (i = 0; i < p->n_binds; i++)
		if (p->binds[i].present &&
		    sys_move_mount(p->binds[i].tree, "", p->root, p->binds[i].path + 1,
				   MOVE_MOUNT_F_EMPTY_PATH) < 0)
			return err_errno(e, "cannot mount %s", p->binds[i].path);
	if (p->tmp >= 0 &&
	    sys_move_mount(p->tmp, "", p->root, "tmp", MOVE_MOUNT_F_EMPTY_PATH) < 0)
		return err_errno(e, "cannot mount /tmp");
	if (p->proc && rootfs_mount_proc(p->root, e) < 0)
		return -e->code;
	if (sys_mount_setattr(p->root, "", AT_EMPTY_PATH, &ro) < 0)
		return err_errno(e, "cannot make the VM's root read-only");
	if (sys_pivot_root(".", ".") < 0)
		return err_errno(e, "cannot pivot into the VM's root");
	if (umount2(".", MNT_DETACH) < 0)
		return err_errno(e, "cannot leave the host's root");
	if (chdir("/") < 0)
		return err_errno(e, "cannot enter /");
	return 0;
}

static struct root_bind *rootfs_find(const struct rootfs_plan *p, const char *path)
{
	size_t i;

	for (i = 0; i < p->n_binds; i++)
		if (p->binds[i].present && !strcmp(p->binds[i].path, path))
			return &p->binds[i];
	return NULL;
}

/* What the per-mount options (field 6 of mountinfo) must say; NULL = not ours. */
static const char *rootfs_expected(const struct rootfs_plan *p, const char *path)
{
	const struct root_bind *b = rootfs_find(p, path);

	if (b && b->writable)
		return "rw,nosuid,nodev,noexec";
	if (b)
		return b->exec ? "ro,nosuid,nodev" : "ro,nosuid,nodev,noexec";
	if (!strcmp(path, "/"))
		return "ro,nosuid,noexec";
	if (!strcmp(path, "/tmp") && p->tmp_size)
		return "rw,nosuid,nodev,noexec";
	if (!strcmp(path, "/proc") && p->proc)
		return "ro,nosuid,nodev,noexec";
	return NULL;
}

static int rootfs_verify_line(const struct rootfs_plan *p, char *line, json_t *list,
			      struct err *e)
{
	char *save = NULL, *field = strtok_r(line, " ", &save), *path = NULL,
	     *options = NULL;
	const char *want;
	int i;

	for (i = 1; field; i++, field = strtok_r(NULL, " ", &save)) {
		path = i == 5 ? field : path;
		options = i == 6 ? field : options;
	}
	if (!path || !options)
		return err_set(e, EINVAL, "cannot read the VMM's mountinfo");
	want = rootfs_expected(p, path);
	if (!want)
		return err_set(e, EINVAL, "the VMM has a mount %s that was not declared",
			       path);
	if (strncmp(options, want, strlen(want)) != 0 ||
	    (options[strlen(want)] && options[strlen(want)] != ','))
		return err_set(e, EINVAL, "mount %s has the options %s, not %s", path,
			       options, want);
	json_array_append_new(list,
			      json_pack("{s:s,s:s}", "path", path, "options", options));
	return 0;
}

static size_t rootfs_mount_count(const struct rootfs_plan *p)
{
	size_t n = 1u + (p->tmp_size ? 1u : 0u) + (p->proc ? 1u : 0u), i;

	for (i = 0; i < p->n_binds; i++)
		n += p->binds[i].present ? 1u : 0u;
	return n;
}

static int rootfs_verify(struct run *run, json_t *observed, struct err *e)
{
	_cleanup_free_ char *text = NULL;
	json_t *list = json_array();
	char *line, *save = NULL, where[16];

	json_object_set_new(observed, "mounts", list);
	if (procfs_read(run->proc_fd, "mountinfo", &text, NULL, e) < 0)
		return -e->code;
	for (line = strtok_r(text, "\n", &save); line; line = strtok_r(NULL, "\n", &save))
		if (rootfs_verify_line(run->rootfs, line, list, e) < 0)
			return -e->code;
	if (json_array_size(list) != rootfs_mount_count(run->rootfs))
		return err_set(e, EINVAL, "the VMM has %zu mounts, not %zu",
			       json_array_size(list), rootfs_mount_count(run->rootfs));
	if (procfs_readlink(run->proc_fd, "cwd", where, sizeof(where), e) < 0)
		return -e->code;
	if (strcmp(where, "/") != 0)
		return err_set(e, EINVAL, "the VMM's working directory is not its root");
	return 0;
}

static void rootfs_undo(struct run *run)
{
	struct rootfs_plan *p = run->rootfs;
	size_t i;

	if (!p)
		return;
	for (i = 0; i < p->n_binds; i++)
		if (p->binds[i].tree >= 0)
			close(p->binds[i].tree);
	if (p->root >= 0)
		close(p->root);
	if (p->tmp >= 0)
		close(p->tmp);
	free(p->binds);
	free(p);
	run->rootfs = NULL;
}

static void rootfs_plan_print(const struct run *run, FILE *out)
{
	const struct rootfs_plan *p = run->rootfs;
	const json_t *nodes = json_object_get(bundle_params(&run->bundle, MECH_rootfs),
					      "nodes");
	size_t i;

	fprintf(out, "  tmpfs of at most %llu bytes, read-only, pivot_root\n",
		(unsigned long long)p->size_max);
	for (i = 0; i < p->n_binds; i++)
		fprintf(out, "  %s (%s,nosuid,nodev%s)%s\n", p->binds[i].path,
			p->binds[i].writable ? "rw" : "ro",
			p->binds[i].exec ? "" : ",noexec",
			p->binds[i].optional ? " if the host has it" : "");
	for (i = 0; i < json_array_size(nodes); i++)
		fprintf(out, "  device %s\n",
			json_string_value(
				json_object_get(json_array_get(nodes, i), "path")));
	if (p->tmp_size)
		fprintf(out, "  /tmp of %llu bytes\n", (unsigned long long)p->tmp_size);
	fprintf(out, "  /proc: %s\n", p->proc ? "own processes only" : "none");
}

const struct layer layer_rootfs = {
	.load = rootfs_load,
	.prepare = rootfs_prepare,
	.apply = rootfs_apply,
	.verify = rootfs_verify,
	.undo = rootfs_undo,
	.plan = rootfs_plan_print,
};
