/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The descriptor table. lstat of /proc/PID/fd/N gives the access mode in the permission
 * bits (r, w; neither for O_PATH), stat gives the object; the name is read only where it
 * says more than the numbers. Nothing is opened: opening a device or a FIFO has effects.
 */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/sysmacros.h>
#include <unistd.h>

#include "alloc.h"
#include "collect.h"
#include "num.h"

#define FDS_MAX 65536

static const char *char_class(unsigned maj, unsigned min)
{
	if (maj == 1)
		return min == 3 || min == 5 || min == 7 || min == 8 || min == 9 ?
			       "harmless" :
		       min == 11 ? "kmsg" :
				   "memory";
	if (maj == 5 || maj == 4 || (maj >= 136 && maj <= 143))
		return "tty";
	if (maj == 10 && min == 200)
		return "tun";
	if (maj == 10 && min == 232)
		return "kvm";
	if (maj == 10 && (min == 238 || min == 241))
		return "vhost"; /* vhost-net, vhost-vsock */
	if (maj == 10 && min == 196)
		return "vfio";
	if (maj == 21)
		return "scsi-generic";
	if (maj == 189)
		return "usb";
	if (maj == 13)
		return "input";
	if (maj == 10 && min == 237)
		return "loop-control";
	return "char";
}

static const char *path_class(const char *path, const char *other)
{
	if (!strncmp(path, "/dev/vfio/", 10))
		return "vfio";
	if (!strncmp(path, "/memfd:", 7) || !strncmp(path, "/dev/shm/", 9))
		return "memfd";
	if (!strncmp(path, "/proc/", 6) || !strcmp(path, "/proc"))
		return "proc";
	if (!strncmp(path, "/sys/", 5))
		return "sys";
	return other;
}

static const char *fd_class(const struct stat *st, const char *path)
{
	switch (st->st_mode & S_IFMT) {
	case S_IFCHR:
		return path_class(path,
				  char_class(major(st->st_rdev), minor(st->st_rdev)));
	case S_IFBLK:
		return "block";
	case S_IFDIR:
		return path_class(path, "directory");
	case S_IFSOCK:
		return "socket";
	case S_IFIFO:
		return "pipe";
	case S_IFREG:
		return path_class(path, "file");
	default:
		return "other";
	}
}

static const char *fd_access(mode_t link)
{
	static const char *const names[] = { "path", "w", "r", "rw" };

	return names[(link & 0400 ? 2 : 0) | (link & 0200 ? 1 : 0)];
}

static void add_socket(struct subject *s, ino_t ino)
{
	if ((s->n_sockets & (s->n_sockets - 1)) == 0)
		s->sockets = xrealloc(s->sockets, s->n_sockets ? 2 * s->n_sockets : 1,
				      sizeof(*s->sockets));
	s->sockets[s->n_sockets++] = ino;
}

/* fdinfo of a tap queue has a line "iff:\ttap0" (drivers/net/tun.c, tun_chr_show_fdinfo).
 */
static void add_tap(struct subject *s, json_t *j, const char *name)
{
	char path[48], *iff;
	int r;

	snprintf(path, sizeof(path), "fdinfo/%.20s", name);
	r = proc_read(s->procfd, path, PROC_SMALL_MAX, &s->c->buf);
	if (r < 0) {
		proc_set(j, "tap", proc_fact_unreadable(r));
		return;
	}
	iff = strstr(s->c->buf.s, "iff:");
	if (iff) {
		iff += 4 + strspn(iff + 4, " \t");
		proc_set(j, "tap", proc_fact_text(iff, strcspn(iff, "\n")));
	}
}

static void add_anon(json_t *anon, const char *link)
{
	json_t *text = proc_fact_text(link + 11, strlen(link + 11)), *n;
	const char *key = json_string_value(text);

	if (!strncmp(key, "kvm-vcpu", 8))
		key = "kvm-vcpu";
	n = json_object_get(anon, key);
	proc_set(anon, key, json_integer(json_integer_value(n) + 1));
	json_decref(text);
}

static bool needs_name(const struct stat *st)
{
	return !S_ISSOCK(st->st_mode) && !S_ISFIFO(st->st_mode);
}

static json_t *fd_fact(struct subject *s, const char *name, const struct stat *link,
		       const struct stat *st, const char *path, size_t len)
{
	const char *class = fd_class(st, path);
	json_t *j = json_object();
	uint64_t number = 0;

	if (num_u64(name, &number) < 0)
		number = 0;
	proc_set(j, "fd", json_integer((json_int_t)number));
	proc_set(j, "class", json_string(class));
	proc_set(j, "access", json_string(fd_access(link->st_mode)));
	proc_set(j, "ino", json_integer((json_int_t)st->st_ino));
	if (S_ISSOCK(st->st_mode)) {
		add_socket(s, st->st_ino);
		return j;
	}
	if (S_ISFIFO(st->st_mode))
		return j;
	proc_set(j, "dev", proc_fact_dev(st->st_dev));
	proc_set(j, "path", proc_fact_text(path, len));
	proc_set(j, "uid", json_integer(st->st_uid));
	proc_set(j, "gid", json_integer(st->st_gid));
	proc_set(j, "mode", json_integer((json_int_t)(st->st_mode & 07777)));
	proc_set(j, "nlink", json_integer((json_int_t)st->st_nlink));
	if (S_ISCHR(st->st_mode) || S_ISBLK(st->st_mode))
		proc_set(j, "rdev", proc_fact_dev(st->st_rdev));
	if (!strcmp(class, "tun"))
		add_tap(s, j, name);
	return j;
}

/* 0, or -errno when this one descriptor couldn't be read. Closed meanwhile is fine. */
static int fd_one(struct subject *s, int dirfd, const char *name, json_t *list,
		  json_t *anon)
{
	struct stat link, st;
	const char *path = "";
	size_t len = 0;

	if (fstatat(dirfd, name, &link, AT_SYMLINK_NOFOLLOW) < 0 ||
	    fstatat(dirfd, name, &st, 0) < 0)
		return errno == ENOENT || errno == EBADF ? 0 : -errno;
	if (needs_name(&st)) {
		int r = proc_readlink(dirfd, name, &s->c->buf);

		if (r < 0)
			return r == -ENOENT ? 0 : r;
		path = s->c->buf.s;
		len = s->c->buf.len;
		if (!strncmp(path, "anon_inode:", 11)) {
			add_anon(anon, path);
			return 0;
		}
	}
	proc_append(list, fd_fact(s, name, &link, &st, path, len));
	return 0;
}

json_t *fdscan_facts(struct subject *s)
{
	_cleanup_dir_ DIR *d = NULL;
	json_t *j, *list, *anon;
	struct dirent *de;
	unsigned n = 0;
	int fd = openat(s->procfd, "fd", O_RDONLY | O_DIRECTORY | O_CLOEXEC), error = 0;

	d = fd < 0 ? NULL : fdopendir(fd);
	if (!d) {
		error = errno;
		if (fd >= 0)
			close(fd);
		return proc_fact_unreadable(error);
	}
	j = json_object();
	list = json_array();
	anon = json_object();
	while (!error && (de = readdir(d))) {
		if (de->d_name[0] == '.')
			continue;
		error = ++n > FDS_MAX ? EFBIG : -fd_one(s, fd, de->d_name, list, anon);
	}
	proc_set(j, "list", list);
	proc_set(j, "anon", anon);
	if (error)
		proc_set(j, "incomplete", proc_fact_unreadable(error));
	return j;
}
