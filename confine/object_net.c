/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Objects that the launcher makes instead of finding: listening sockets and tap
 * devices. */
#include <errno.h>
#include <fcntl.h>
#include <linux/if.h>
#include <linux/if_tun.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>

#include "alloc.h"
#include "fdio.h"
#include "object.h"

/* The socket's directory, made 0700 if it is missing; only root may change it. */
static int socket_dir(const char *path, const char **base, struct err *e)
{
	const char *slash = strrchr(path, '/');
	_cleanup_free_ char *dir = xstrndup(path,
					    slash == path ? 1 : (size_t)(slash - path));
	_cleanup_close_ int fd = -1;
	struct stat st;

	*base = slash + 1;
	if (mkdir(dir, 0700) < 0 && errno != EEXIST)
		return err_errno(e, "cannot create %s", dir);
	fd = fdio_openat(AT_FDCWD, dir, O_RDONLY | O_DIRECTORY, 0, e);
	if (fd < 0)
		return fd;
	if (fstat(fd, &st) < 0)
		return err_errno(e, "cannot stat %s", dir);
	if (st.st_uid != geteuid() || (st.st_mode & (S_IWGRP | S_IWOTH)))
		return err_set(e, EPERM,
			       "%s must belong to uid %u and be writable by nobody else",
			       dir, geteuid());
	return steal_fd(&fd);
}

/* A name that nobody listens on is left over; one that answers is somebody's. */
static int socket_remove_stale(int dirfd, const char *base, const struct sockaddr_un *sa,
			       const char *path, struct err *e)
{
	_cleanup_close_ int fd = -1;
	struct stat st;

	if (fstatat(dirfd, base, &st, AT_SYMLINK_NOFOLLOW) < 0)
		return errno == ENOENT ? 0 : err_errno(e, "cannot stat %s", path);
	if (!S_ISSOCK(st.st_mode))
		return err_set(e, EEXIST, "%s exists and is not a socket", path);
	fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	if (fd < 0)
		return err_errno(e, "cannot make a socket for %s", path);
	if (connect(fd, (const struct sockaddr *)sa, sizeof(*sa)) == 0 ||
	    errno != ECONNREFUSED)
		return err_set(e, EADDRINUSE, "%s is in use by another process", path);
	if (unlinkat(dirfd, base, 0) < 0)
		return err_errno(e, "cannot remove the old %s", path);
	return 0;
}

int object_pin_socket(struct run *run, struct pinned *o, struct err *e)
{
	struct sockaddr_un sa = { .sun_family = AF_UNIX };
	const char *base;
	_cleanup_close_ int dirfd = socket_dir(o->path, &base, e);
	struct stat st;
	int n;

	(void)run;
	if (dirfd < 0)
		return dirfd;
	n = snprintf(sa.sun_path, sizeof(sa.sun_path), "/proc/self/fd/%d/%s", dirfd,
		     base);
	if (n < 0 || (size_t)n >= sizeof(sa.sun_path))
		return err_set(e, ENAMETOOLONG, "%s: the socket's name is too long",
			       o->path);
	if (socket_remove_stale(dirfd, base, &sa, o->path, e) < 0)
		return -e->code;
	o->fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	if (o->fd < 0)
		return err_errno(e, "cannot make a socket for %s", o->path);
	/* Root's alone from the first moment: the mode comes from the umask. */
	umask(0177);
	n = bind(o->fd, (struct sockaddr *)&sa, sizeof(sa));
	umask(0077);
	if (n < 0)
		return err_errno(e, "cannot bind %s", o->path);
	o->made = true;
	if (listen(o->fd, 8) < 0)
		return err_errno(e, "cannot listen on %s", o->path);
	if (fstat(o->fd, &st) < 0)
		return err_errno(e, "cannot stat the socket of %s", o->path);
	o->dev = st.st_dev;
	o->ino = st.st_ino;
	o->mode = st.st_mode;
	o->resolved = xstrdup(o->path);
	return 0;
}

/* Several objects on one interface are its queues (tuntap.rst, "Multiqueue tuntap"). */
static bool tap_has_queues(const struct run *run, const char *name)
{
	size_t i, n = 0;

	for (i = 0; i < run->n_objects; i++)
		n += !strcmp(run->objects[i].kind, "tap") &&
		     !strcmp(run->objects[i].path, name);
	return n > 1;
}

int object_remove_socket(const char *path, const char *name)
{
	_cleanup_free_ char *dir = xstrdup(path);
	char *slash = strrchr(dir, '/');
	const char *last;
	int r = unlink(path) < 0 ? -errno : 0;

	/* The directory is the VM's own only if it has its name; others' stay. */
	*slash = '\0';
	last = strrchr(dir, '/');
	if (last && !strcmp(last + 1, name))
		rmdir(dir);
	return r;
}

int object_pin_tap(struct run *run, struct pinned *o, struct err *e)
{
	struct ifreq ifr = { .ifr_flags = IFF_TAP | IFF_NO_PI | IFF_VNET_HDR };
	struct stat st;

	if (tap_has_queues(run, o->path))
		ifr.ifr_flags |= IFF_MULTI_QUEUE;
	o->fd = fdio_openat(AT_FDCWD, "/dev/net/tun", O_RDWR, 0, e);
	if (o->fd < 0)
		return o->fd;
	if (strlen(o->path) >= sizeof(ifr.ifr_name))
		return err_set(e, EINVAL, "interface name %s is too long", o->path);
	memcpy(ifr.ifr_name, o->path, strlen(o->path));
	if (ioctl(o->fd, TUNSETIFF, &ifr) < 0) {
		if (errno == EBUSY)
			return err_set(e, EBUSY,
				       "tap interface %s is in use by another VM",
				       o->path);
		return err_errno(e, "cannot attach to tap interface %s", o->path);
	}
	/* With a name that has a "%d" the kernel would choose another interface. */
	if (strcmp(ifr.ifr_name, o->path) != 0)
		return err_set(e, EINVAL, "the kernel named the tap interface %s, not %s",
			       ifr.ifr_name, o->path);
	if (fstat(o->fd, &st) < 0)
		return err_errno(e, "cannot stat /dev/net/tun");
	o->dev = st.st_dev;
	o->ino = st.st_ino;
	o->rdev = st.st_rdev;
	o->mode = st.st_mode;
	o->resolved = xstrdup("/dev/net/tun");
	return 0;
}
