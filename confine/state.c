/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "state.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>

#include "alloc.h"
#include "bundle.h"
#include "fdio.h"
#include "jsonx.h"

static int state_check_dir(int fd, const char *dir, struct err *e)
{
	struct stat st;

	if (fstat(fd, &st) < 0)
		return err_errno(e, "cannot stat %s", dir);
	if (st.st_uid != geteuid() || (st.st_mode & (S_IWGRP | S_IWOTH)))
		return err_set(e, EPERM,
			       "run directory %s must belong to uid %u and be writable "
			       "by nobody else",
			       dir, geteuid());
	return 0;
}

int state_open(struct state *s, const char *dir, bool create, struct err *e)
{
	int r;

	*s = (struct state)STATE_INIT;
	/* Receipts may be read by everybody; chmod because of the umask. */
	if (create && (mkdir(dir, 0755) < 0 ? errno != EEXIST : chmod(dir, 0755) < 0))
		return err_errno(e, "cannot create the run directory %s", dir);
	s->dirfd = fdio_openat(AT_FDCWD, dir, O_RDONLY | O_DIRECTORY | O_NOFOLLOW, 0, e);
	if (s->dirfd < 0)
		return err_wrap(e, "run directory");
	s->dir = xstrdup(dir);
	r = create ? state_check_dir(s->dirfd, dir, e) : 0;
	if (r < 0)
		state_close(s);
	return r;
}

/* The lock counts only if the file that was locked is still the one of that name. */
static int state_lock_is_current(int dirfd, const char *file, int fd)
{
	struct stat a, b;

	return fstat(fd, &a) == 0 && fstatat(dirfd, file, &b, AT_SYMLINK_NOFOLLOW) == 0 &&
	       a.st_dev == b.st_dev && a.st_ino == b.st_ino;
}

int state_lock(struct state *s, const char *name, struct err *e)
{
	_cleanup_free_ char *file = xasprintf("%s.lock", name);
	int tries;

	for (tries = 0; tries < 100; tries++) {
		const int flags = O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW;
		_cleanup_close_ int fd = openat(s->dirfd, file, flags | O_EXCL, 0600);

		s->fresh = fd >= 0;
		if (fd < 0 && errno == EEXIST)
			fd = openat(s->dirfd, file, flags, 0600);
		if (fd < 0)
			return err_errno(e, "cannot open %s/%s", s->dir, file);
		if (flock(fd, LOCK_EX | LOCK_NB) < 0) {
			if (errno == EWOULDBLOCK)
				return err_set(e, EBUSY, "VM \"%s\" is already running",
					       name);
			return err_errno(e, "cannot lock %s/%s", s->dir, file);
		}
		if (!state_lock_is_current(s->dirfd, file, fd))
			continue;
		s->lock_fd = steal_fd(&fd);
		s->name = xstrdup(name);
		return 0;
	}
	return err_set(e, EBUSY, "cannot lock %s/%s: it keeps being replaced", s->dir,
		       file);
}

void state_unlock(struct state *s)
{
	if (s->lock_fd < 0)
		return;
	state_remove(s, "lock");
	close(s->lock_fd);
	s->lock_fd = -1;
}

void state_close(struct state *s)
{
	if (s->lock_fd >= 0)
		close(s->lock_fd);
	if (s->dirfd >= 0)
		close(s->dirfd);
	free(s->dir);
	free(s->name);
	*s = (struct state)STATE_INIT;
}

int state_write(const struct state *s, const char *suffix, const json_t *j, bool sync,
		struct err *e)
{
	_cleanup_free_ char *file = xasprintf("%s.%s", s->name, suffix);
	_cleanup_free_ char *text = jsonx_dump_line(j);

	return fdio_write_file(s->dirfd, file, text, strlen(text), 0644, sync, e);
}

int state_read(const struct state *s, const char *name, const char *suffix, json_t **out,
	       struct err *e)
{
	_cleanup_free_ char *file = xasprintf("%s.%s", name, suffix);
	_cleanup_free_ char *text = NULL;
	size_t len;

	*out = NULL;
	if (faccessat(s->dirfd, file, F_OK, AT_SYMLINK_NOFOLLOW) < 0 && errno == ENOENT)
		return 0;
	if (fdio_read_file(s->dirfd, file, (size_t)1 << 20, &text, &len, e) < 0)
		return -e->code;
	*out = jsonx_parse(text, len, file, e);
	return *out ? 0 : -e->code;
}

void state_remove(const struct state *s, const char *suffix)
{
	_cleanup_free_ char *file = xasprintf("%s.%s", s->name, suffix);

	unlinkat(s->dirfd, file, 0);
}

/* NAME of "NAME.lock", "NAME.state", "NAME.json" or ".NAME.SUFFIX.tmp-PID", else NULL. */
static char *state_name_of(const char *file)
{
	static const char *const suffixes[] = { ".lock", ".state", ".json", ".stopping" };
	_cleanup_free_ char *base = NULL;
	const char *tmp = strstr(file, ".tmp-");
	size_t i;

	if (file[0] == '.' && tmp)
		base = xstrndup(file + 1, (size_t)(tmp - file - 1));
	else
		base = xstrdup(file);
	for (i = 0; i < ARRAY_SIZE(suffixes); i++) {
		size_t n = strlen(base), k = strlen(suffixes[i]);

		if (n > k && !strcmp(base + n - k, suffixes[i])) {
			base[n - k] = '\0';
			return bundle_name_valid(base) ? steal_ptr(&base) : NULL;
		}
	}
	return NULL;
}

static int name_compare(const void *a, const void *b)
{
	return strcmp(*(char *const *)a, *(char *const *)b);
}

static int state_names(const struct state *s, char ***out, size_t *n, struct err *e)
{
	int fd = openat(s->dirfd, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	_cleanup_dir_ DIR *d = fd < 0 ? NULL : fdopendir(fd);
	struct dirent *de;

	if (!d)
		return err_errno(e, "cannot list %s", s->dir);
	while (errno = 0, (de = readdir(d))) {
		char *name = state_name_of(de->d_name);

		if (!name)
			continue;
		*out = xrealloc(*out, *n + 1, sizeof(**out));
		(*out)[(*n)++] = name;
	}
	if (errno)
		return err_errno(e, "cannot list %s", s->dir);
	if (*n)
		qsort(*out, *n, sizeof(**out), name_compare);
	return 0;
}

int state_each(const struct state *s,
	       int (*fn)(const char *name, void *arg, struct err *e), void *arg,
	       struct err *e)
{
	char **names = NULL;
	size_t n = 0, i;
	int r = state_names(s, &names, &n, e);

	for (i = 0; i < n; i++) {
		if (r == 0 && (i == 0 || strcmp(names[i], names[i - 1]) != 0))
			r = fn(names[i], arg, e);
	}
	for (i = 0; i < n; i++)
		free(names[i]);
	free(names);
	return r;
}

int state_is_locked(const struct state *s, const char *name)
{
	_cleanup_free_ char *file = xasprintf("%s.lock", name);
	_cleanup_close_ int fd = openat(s->dirfd, file,
					O_RDONLY | O_CLOEXEC | O_NOFOLLOW);

	if (fd < 0)
		return 0;
	return flock(fd, LOCK_SH | LOCK_NB) < 0 && errno == EWOULDBLOCK;
}

void state_boot_id(char id[37])
{
	_cleanup_close_ int fd = open("/proc/sys/kernel/random/boot_id",
				      O_RDONLY | O_CLOEXEC);
	ssize_t n = fd < 0 ? -1 : read(fd, id, 36);

	id[n == 36 ? 36 : 0] = '\0';
}
