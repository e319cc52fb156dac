/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "fdio.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/openat2.h>
#include <string.h>
#include <stdio.h>
#include <sys/stat.h>
#include <sys/syscall.h>

#include "alloc.h"

int fdio_openat(int dirfd, const char *path, int flags, uint64_t resolve, struct err *e)
{
	struct open_how how = {
		.flags = (uint64_t)(unsigned)flags | O_CLOEXEC,
		.resolve = resolve | RESOLVE_NO_MAGICLINKS,
	};
	long fd;

	do
		fd = syscall(SYS_openat2, dirfd, path, &how, sizeof(how));
	while (fd < 0 && (errno == EINTR || errno == EAGAIN));
	if (fd < 0)
		return err_errno(e, "cannot open %s", path);
	return (int)fd;
}

int fdio_read_all(int fd, size_t max, char **out, size_t *len, struct err *e)
{
	_cleanup_free_ char *buf = NULL;
	size_t n = 0, size = 0;

	for (;;) {
		ssize_t r;

		if (n + 1 >= size) {
			size = size ? size * 2 : 4096;
			buf = xrealloc(buf, size, 1);
		}
		r = read(fd, buf + n, size - n - 1);
		if (r < 0 && errno == EINTR)
			continue;
		if (r < 0)
			return err_errno(e, "cannot read");
		if (r == 0)
			break;
		n += (size_t)r;
		if (n > max)
			return err_set(e, EFBIG, "larger than %zu bytes", max);
	}
	buf[n] = '\0';
	if (len)
		*len = n;
	*out = steal_ptr(&buf);
	return 0;
}

int fdio_read_file(int dirfd, const char *path, size_t max, char **out, size_t *len,
		   struct err *e)
{
	_cleanup_close_ int fd = fdio_openat(dirfd, path, O_RDONLY | O_NOCTTY, 0, e);

	if (fd < 0)
		return fd;
	if (fdio_read_all(fd, max, out, len, e) < 0)
		return err_wrap(e, "%s", path);
	return 0;
}

int fdio_write_all(int fd, const void *p, size_t n, struct err *e)
{
	const char *s = p;

	while (n) {
		ssize_t r = write(fd, s, n);

		if (r < 0 && errno == EINTR)
			continue;
		if (r < 0)
			return err_errno(e, "cannot write");
		if (r == 0)
			return err_set(e, EIO, "cannot write: short write");
		s += r;
		n -= (size_t)r;
	}
	return 0;
}

static int fdio_write_tmp(int dirfd, const char *tmp, const void *p, size_t n,
			  mode_t mode, int sync, struct err *e)
{
	_cleanup_close_ int fd = openat(
		dirfd, tmp, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, mode);

	if (fd < 0)
		return err_errno(e, "cannot create %s", tmp);
	if (fchmod(fd, mode) < 0)
		return err_errno(e, "cannot set the mode of %s", tmp);
	if (fdio_write_all(fd, p, n, e) < 0)
		return err_wrap(e, "%s", tmp);
	if (sync && fsync(fd) < 0)
		return err_errno(e, "cannot sync %s", tmp);
	if (close(steal_fd(&fd)) < 0)
		return err_errno(e, "cannot close %s", tmp);
	return 0;
}

int fdio_write_file(int dirfd, const char *name, const void *p, size_t n, mode_t mode,
		    int sync, struct err *e)
{
	_cleanup_free_ char *tmp = xasprintf(".%s.tmp-%ld", name, (long)getpid());
	int r;

	unlinkat(dirfd, tmp, 0);
	r = fdio_write_tmp(dirfd, tmp, p, n, mode, sync, e);
	if (r == 0 && renameat(dirfd, tmp, dirfd, name) < 0)
		r = err_errno(e, "cannot rename %s to %s", tmp, name);
	if (r < 0)
		unlinkat(dirfd, tmp, 0);
	return r;
}
