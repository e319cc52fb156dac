/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>

#include "alloc.h"
#include "cgroup.h"
#include "fdio.h"
#include "num.h"

int cgroup_write(const char *dir, const char *file, const char *value, struct err *e)
{
	_cleanup_free_ char *path = xasprintf("%s/%s", dir, file);
	_cleanup_close_ int fd = open(path, O_WRONLY | O_CLOEXEC | O_NOFOLLOW);
	ssize_t n;

	if (fd < 0)
		return err_errno(e, "cannot open %s", path);
	do
		n = write(fd, value, strlen(value));
	while (n < 0 && errno == EINTR);
	if (n < 0)
		return err_errno(e, "cannot write \"%s\" to %s", value, path);
	if ((size_t)n != strlen(value))
		return err_set(e, EIO, "short write to %s", path);
	return 0;
}

int cgroup_read(const char *dir, const char *file, char **out, struct err *e)
{
	_cleanup_free_ char *path = xasprintf("%s/%s", dir, file);
	_cleanup_close_ int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW);

	if (fd < 0)
		return err_errno(e, "cannot open %s", path);
	if (fdio_read_all(fd, (size_t)1 << 20, out, NULL, e) < 0)
		return err_wrap(e, "%s", path);
	return 0;
}

int cgroup_mkdirs(const char *mount, const char *path, struct err *e)
{
	const char *p = path + strlen(mount) + 1;

	for (;;) {
		_cleanup_free_ char *part = NULL;

		p = strchr(p, '/');
		part = p ? xstrndup(path, (size_t)(p - path)) : NULL;
		if (!p)
			return 0;
		if (mkdir(part, 0755) < 0 && errno != EEXIST)
			return err_errno(e, "cannot create %s", part);
		p++;
	}
}

/* Signals every process that the group lists; v1 and kernels before 5.14. */
static void cgroup_kill_listed(const char *path)
{
	_cleanup_free_ char *text = NULL;
	char *line, *save = NULL;
	struct err ignored;
	uint32_t pid;

	if (cgroup_read(path, "cgroup.procs", &text, &ignored) < 0)
		return;
	for (line = strtok_r(text, "\n", &save); line; line = strtok_r(NULL, "\n", &save))
		if (num_u32(line, &pid) == 0 && pid > 1 && pid != (uint32_t)getpid())
			kill((pid_t)pid, SIGKILL);
}

int cgroup_destroy(const char *path, struct err *e)
{
	const struct timespec tick = { 0, 5000000 };
	struct err ignored;
	int i;

	for (i = 0; i < 1000; i++) {
		if (rmdir(path) == 0 || errno == ENOENT)
			return 0;
		if (errno != EBUSY)
			break;
		if (cgroup_write(path, "cgroup.kill", "1", &ignored) < 0)
			cgroup_kill_listed(path);
		nanosleep(&tick, NULL);
	}
	return err_errno(e, "cannot remove %s", path);
}

/* A group without groups below it is still busy for a moment after the last of them was
 * removed, while the kernel takes its controllers down. */
static int cgroup_rmdir_empty(const char *dir)
{
	const struct timespec tick = { 0, 2000000 };
	struct stat st;
	int i;

	for (i = 0; i < 100; i++) {
		if (rmdir(dir) == 0)
			return 0;
		/* kernfs counts directories as links: 2 + those below */
		if (errno != EBUSY || stat(dir, &st) < 0 || st.st_nlink > 2)
			break;
		nanosleep(&tick, NULL);
	}
	return -1;
}

void cgroup_remove_parents(const char *path, const char *parent)
{
	_cleanup_free_ char *dir = xstrdup(path);
	size_t keep = strlen(path) - strlen(strrchr(path, '/')) - strlen(parent);

	/* dir = MOUNT/PARENT/NAME: shorten until only MOUNT is left; busy ones stay. */
	for (;;) {
		char *slash = strrchr(dir, '/');

		*slash = '\0';
		if (strlen(dir) < keep || cgroup_rmdir_empty(dir) < 0)
			return;
	}
}
