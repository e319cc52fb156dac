/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "object.h"

#include <endian.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/magic.h>
#include <string.h>
#include <sys/file.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <sys/vfs.h>

#include "alloc.h"
#include "fdio.h"

/* File systems that are views of the kernel, not places for images. */
static const struct {
	unsigned long magic;
	const char *name;
} kernel_fs[] = {
	{ PROC_SUPER_MAGIC, "proc" },
	{ SYSFS_MAGIC, "sysfs" },
	{ CGROUP_SUPER_MAGIC, "cgroup" },
	{ CGROUP2_SUPER_MAGIC, "cgroup2" },
	{ DEBUGFS_MAGIC, "debugfs" },
	{ TRACEFS_MAGIC, "tracefs" },
	{ SECURITYFS_MAGIC, "securityfs" },
	{ SELINUX_MAGIC, "selinuxfs" },
	{ BPF_FS_MAGIC, "bpf" },
	{ PIPEFS_MAGIC, "pipefs" },
	{ SOCKFS_MAGIC, "sockfs" },
	{ NSFS_MAGIC, "nsfs" },
	{ EFIVARFS_MAGIC, "efivarfs" },
	{ 0x62656570 /* configfs */, "configfs" },
};

/* Where the host keeps itself: never a place for a guest's disk. */
static const char *const system_dirs[] = {
	"/etc/",   "/usr/",  "/bin/",  "/sbin/", "/lib/",
	"/lib64/", "/boot/", "/proc/", "/sys/",
};

int object_reopen(int path_fd, int flags, struct err *e)
{
	char name[40];
	int fd;

	snprintf(name, sizeof(name), "/proc/self/fd/%d", path_fd);
	do
		fd = open(name, flags | O_CLOEXEC | O_NOCTTY);
	while (fd < 0 && errno == EINTR);
	return fd < 0 ? err_errno(e, "cannot open the pinned object") : fd;
}

static int object_check_fs(int fd, const struct pinned *o, struct err *e)
{
	struct statfs fs;
	size_t i;

	if (fstatfs(fd, &fs) < 0)
		return err_errno(e, "%s: cannot ask for the file system", o->path);
	for (i = 0; i < ARRAY_SIZE(kernel_fs); i++)
		if ((unsigned long)fs.f_type == kernel_fs[i].magic)
			return err_set(e, EINVAL, "%s is on a %s file system", o->path,
				       kernel_fs[i].name);
	return 0;
}

static int object_check_place(const struct pinned *o, struct err *e)
{
	size_t i;

	for (i = 0; i < ARRAY_SIZE(system_dirs); i++)
		if (!strncmp(o->resolved, system_dirs[i], strlen(system_dirs[i])))
			return err_set(e, EPERM,
				       "%s (%s) is in %s, where the host keeps itself",
				       o->path, o->resolved, system_dirs[i]);
	return 0;
}

/* O_PATH, stat, resolved name: nothing of the object is touched yet. */
static int object_pin(struct pinned *o, struct stat *st, struct err *e)
{
	char link[40], name[4096];
	ssize_t n;
	_cleanup_close_ int fd = fdio_openat(AT_FDCWD, o->path, O_PATH, 0, e);

	if (fd < 0)
		return fd;
	if (fstat(fd, st) < 0)
		return err_errno(e, "cannot stat %s", o->path);
	snprintf(link, sizeof(link), "/proc/self/fd/%d", fd);
	n = readlink(link, name, sizeof(name) - 1);
	if (n < 0)
		return err_errno(e, "cannot resolve %s", o->path);
	name[n] = '\0';
	o->resolved = xstrdup(name);
	o->dev = st->st_dev;
	o->ino = st->st_ino;
	o->rdev = st->st_rdev;
	o->mode = st->st_mode;
	o->size = (uint64_t)st->st_size;
	if (object_check_fs(fd, o, e) < 0)
		return -e->code;
	return steal_fd(&fd);
}

static int object_check_access(const struct run *run, const struct pinned *o,
			       const struct stat *st, struct err *e)
{
	if (st->st_uid != 0 && st->st_uid != geteuid() &&
	    !(run->uid_fixed && st->st_uid == run->uid))
		return err_set(e, EPERM, "%s belongs to uid %u; it must belong to root",
			       o->path, st->st_uid);
	if (S_ISREG(st->st_mode) && st->st_nlink != 1)
		return err_set(e, EPERM, "%s has %lu hard links: it has other names too",
			       o->path, (unsigned long)st->st_nlink);
	if (st->st_mode & S_IWOTH)
		return err_set(e, EPERM, "%s is writable by everybody (mode %04o)",
			       o->path, st->st_mode & 07777);
	if (S_ISREG(st->st_mode) && (st->st_mode & S_IWGRP))
		return err_set(e, EPERM, "%s is writable by a group (mode %04o)", o->path,
			       st->st_mode & 07777);
	return 0;
}

static int object_check_disk(const struct run *run, const struct pinned *o,
			     const struct stat *st, struct err *e)
{
	if (!S_ISREG(st->st_mode) && !S_ISBLK(st->st_mode))
		return err_set(e, EINVAL,
			       "%s is neither a regular file nor a block device",
			       o->path);
	if (object_check_place(o, e) < 0 || object_check_access(run, o, st, e) < 0)
		return -e->code;
	if (S_ISREG(st->st_mode) && (st->st_mode & S_IRGRP) && st->st_gid != 0)
		return err_set(e, EPERM,
			       "%s is readable by group %u (mode %04o); chmod 0600",
			       o->path, st->st_gid, st->st_mode & 07777);
	if ((st->st_mode & S_IROTH) && !o->world_readable)
		return err_set(
			e, EPERM,
			"%s is readable by everybody (mode %04o): another VM could read "
			"it; chmod 0600, or allow_world_readable for a public image",
			o->path, st->st_mode & 07777);
	return 0;
}

/*
 * flock(2) on the descriptor that the VMM gets: it lasts as long as any copy of it, also
 * when the supervisor dies, and counts by inode, so that no second name gets round it.
 * QEMU's own locks are byte ranges (OFD) and don't meet it.
 */
static int object_lock(const struct pinned *o, struct err *e)
{
	int how = o->writable && !o->shared ? LOCK_EX : LOCK_SH;

	if (flock(o->fd, how | LOCK_NB) == 0)
		return 0;
	if (errno == EWOULDBLOCK)
		return err_set(e, EBUSY, "%s is in use by another VM%s", o->path,
			       how == LOCK_EX ? "" : " that writes to it");
	return err_errno(e, "cannot lock %s", o->path);
}

int object_pin_disk(struct run *run, struct pinned *o, struct err *e)
{
	struct stat st;
	_cleanup_close_ int pin = object_pin(o, &st, e);
	int flags = o->writable ? O_RDWR : O_RDONLY;

	if (pin < 0)
		return pin;
	if (object_check_disk(run, o, &st, e) < 0)
		return -e->code;
	/* On a block device O_EXCL fails while the host has it mounted (open(2)). */
	if (S_ISBLK(st.st_mode) && o->writable && !o->shared)
		flags |= O_EXCL;
	o->fd = object_reopen(pin, flags, e);
	if (o->fd < 0)
		return err_wrap(e, "%s", o->path);
	return object_lock(o, e);
}

int object_pin_file(struct run *run, struct pinned *o, struct err *e)
{
	struct stat st;
	_cleanup_close_ int pin = object_pin(o, &st, e);

	if (pin < 0)
		return pin;
	if (!S_ISREG(st.st_mode))
		return err_set(e, EINVAL, "%s is not a regular file", o->path);
	if (object_check_access(run, o, &st, e) < 0)
		return -e->code;
	if (o->writable && object_check_place(o, e) < 0)
		return -e->code;
	o->fd = object_reopen(pin, o->writable ? O_RDWR : O_RDONLY, e);
	if (o->fd < 0)
		return err_wrap(e, "%s", o->path);
	return o->writable ? object_lock(o, e) : 0;
}

int object_pin_char(struct run *run, struct pinned *o, struct err *e)
{
	struct stat st;
	_cleanup_close_ int pin = object_pin(o, &st, e);

	(void)run;
	if (pin < 0)
		return pin;
	if (!S_ISCHR(st.st_mode))
		return err_set(e, EINVAL, "%s is not a character device", o->path);
	o->fd = object_reopen(pin, o->writable ? O_RDWR : O_RDONLY, e);
	return o->fd < 0 ? err_wrap(e, "%s", o->path) : 0;
}

int object_pin_log(struct run *run, struct pinned *o, struct err *e)
{
	_cleanup_close_ int made = open(o->path,
					O_WRONLY | O_APPEND | O_CREAT | O_EXCL |
						O_NOFOLLOW | O_CLOEXEC | O_NOCTTY,
					0600);
	struct stat st;
	_cleanup_close_ int pin = -1;

	if (made < 0 && errno != EEXIST)
		return err_errno(e, "cannot create %s", o->path);
	pin = object_pin(o, &st, e);
	if (pin < 0)
		return pin;
	if (!S_ISREG(st.st_mode))
		return err_set(e, EINVAL, "%s is not a regular file", o->path);
	if (object_check_place(o, e) < 0 || object_check_access(run, o, &st, e) < 0)
		return -e->code;
	o->fd = object_reopen(pin, O_WRONLY | O_APPEND, e);
	return o->fd < 0 ? err_wrap(e, "%s", o->path) : 0;
}

#define QCOW2_MAGIC 0x514649fbU
#define QCOW2_SIZE_OFFSET 24 /* docs/interop/qcow2.txt: bytes 24-31, big endian */

static int qcow2_virtual_size(const struct pinned *o, uint64_t *out, struct err *e)
{
	uint32_t magic;
	uint64_t size;

	if (pread(o->fd, &magic, sizeof(magic), 0) != sizeof(magic) ||
	    pread(o->fd, &size, sizeof(size), QCOW2_SIZE_OFFSET) != sizeof(size) ||
	    be32toh(magic) != QCOW2_MAGIC)
		return err_set(e, EINVAL, "%s is not a qcow2 image, but declared as one",
			       o->path);
	*out = be64toh(size);
	return 0;
}

int object_disk_limit(const struct pinned *o, uint64_t *out, struct err *e)
{
	uint64_t size = 0, room;

	*out = 0;
	if (S_ISBLK(o->mode))
		return 0;
	if (o->format && !strcmp(o->format, "qcow2") &&
	    qcow2_virtual_size(o, &size, e) < 0)
		return -e->code;
	if (o->size_max)
		size = o->size_max;
	else if (size) {
		/* Tables take about 1/8192 at the smallest overhead and 1/64 with tiny
		 * clusters; internal snapshots need size_max in the description. */
		room = size / 32 + ((uint64_t)64 << 20);
		size = size > UINT64_MAX - room ? UINT64_MAX : size + room;
	}
	*out = size > o->size ? size : o->size;
	return 0;
}
