/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "procfs.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>

#include "alloc.h"
#include "fdio.h"
#include "num.h"
#include "sys.h"

int procfs_open(pid_t pid, struct err *e)
{
	char path[32];
	int fd;

	snprintf(path, sizeof(path), "/proc/%ld", (long)pid);
	fd = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	return fd < 0 ? err_errno(e, "cannot open %s", path) : fd;
}

int procfs_read(int proc_fd, const char *name, char **out, size_t *len, struct err *e)
{
	_cleanup_close_ int fd = openat(proc_fd, name, O_RDONLY | O_CLOEXEC);

	if (fd < 0)
		return err_errno(e, "cannot open /proc/PID/%s", name);
	if (fdio_read_all(fd, (size_t)1 << 20, out, len, e) < 0)
		return err_wrap(e, "/proc/PID/%s", name);
	return 0;
}

int procfs_field(const char *text, const char *key, char *value, size_t size,
		 struct err *e)
{
	size_t k = strlen(key), n;
	const char *p = text;

	while (p && !(strncmp(p, key, k) == 0 && p[k] == ':')) {
		p = strchr(p, '\n');
		p = p ? p + 1 : NULL;
	}
	if (!p)
		return err_set(e, ENOENT, "the kernel shows no field \"%s\"", key);
	p += k + 1;
	p += strspn(p, " \t");
	n = strcspn(p, "\n");
	while (n && (p[n - 1] == ' ' || p[n - 1] == '\t'))
		n--;
	if (n >= size)
		return err_set(e, ENAMETOOLONG, "field \"%s\" is too long", key);
	memcpy(value, p, n);
	value[n] = '\0';
	return 0;
}

int procfs_stat(int proc_fd, struct procfs_stat *out, struct err *e)
{
	_cleanup_free_ char *text = NULL;
	char *p, *save = NULL;
	int field, r = 0;

	if (procfs_read(proc_fd, "stat", &text, NULL, e) < 0)
		return -e->code;
	/* The name in parentheses may hold anything, ')' and blanks too: take the last
	 * ')'. */
	p = strrchr(text, ')');
	p = p ? strtok_r(p + 1, " ", &save) : NULL;
	out->state = p ? *p : 'Z';
	for (field = 3; p && r == 0; field++, p = strtok_r(NULL, " ", &save)) {
		if (field == 6)
			r = num_u64(p, &out->session);
		else if (field == 7)
			r = num_u64(p, &out->tty_nr);
		else if (field == 19)
			out->nice_is_zero = strcmp(p, "0") == 0;
		else if (field == 22)
			return num_u64(p, &out->starttime);
	}
	return err_set(e, EINVAL, "cannot read /proc/PID/stat");
}

int procfs_starttime(int proc_fd, uint64_t *out, struct err *e)
{
	struct procfs_stat st;
	int r = procfs_stat(proc_fd, &st, e);

	if (r == 0)
		*out = st.starttime;
	return r;
}

int procfs_living(int64_t pid, int64_t starttime)
{
	_cleanup_close_ int pidfd = -1, proc = -1;
	struct procfs_stat st;
	struct err ignored;

	if (pid <= 1 || pid > INT32_MAX)
		return -1;
	pidfd = sys_pidfd_open((pid_t)pid);
	proc = pidfd < 0 ? -1 : procfs_open((pid_t)pid, &ignored);
	if (proc < 0 || procfs_stat(proc, &st, &ignored) < 0 || st.state == 'Z' ||
	    st.state == 'X' || st.starttime != (uint64_t)starttime)
		return -1;
	return steal_fd(&pidfd);
}

int procfs_readlink(int proc_fd, const char *name, char *buf, size_t size, struct err *e)
{
	ssize_t n = readlinkat(proc_fd, name, buf, size - 1);

	if (n < 0)
		return err_errno(e, "cannot read the link /proc/PID/%s", name);
	buf[n] = '\0';
	return 0;
}
