/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "proc.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/sysmacros.h>
#include <unistd.h>

#include "alloc.h"
#include "num.h"
#include "strbuf.h"

#define PROC_FIRST_SIZE ((size_t)16 << 10)

void proc_buf_dispose(struct proc_buf *b)
{
	free(b->s);
	*b = (struct proc_buf)PROC_BUF_INIT;
}

static void proc_buf_reserve(struct proc_buf *b, size_t size)
{
	if (b->size >= size)
		return;
	b->s = xrealloc(b->s, size, 1);
	b->size = size;
}

static int proc_read_fd(int fd, size_t max, bool small, struct proc_buf *b)
{
	b->len = 0;
	for (;;) {
		ssize_t n;

		proc_buf_reserve(b, PROC_FIRST_SIZE);
		if (b->len + 2 > b->size)
			proc_buf_reserve(b, b->size * 2);
		n = read(fd, b->s + b->len, b->size - 1 - b->len);
		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return -errno;
		if (!n)
			break;
		b->len += (size_t)n;
		if (b->len > max)
			return -EFBIG;
		if (small && b->len < b->size - 1)
			break;
	}
	b->s[b->len] = '\0';
	return 0;
}

static int proc_read_at(int dirfd, const char *path, size_t max, bool small,
			struct proc_buf *b)
{
	int fd = openat(dirfd, path, O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK);
	int r;

	if (fd < 0)
		return -errno;
	r = proc_read_fd(fd, max, small, b);
	close(fd);
	return r;
}

int proc_read(int dirfd, const char *path, size_t max, struct proc_buf *b)
{
	return proc_read_at(dirfd, path, max, false, b);
}

int proc_read_small(int dirfd, const char *path, struct proc_buf *b)
{
	return proc_read_at(dirfd, path, PROC_SMALL_MAX, true, b);
}

int proc_readlink(int dirfd, const char *path, struct proc_buf *b)
{
	ssize_t n;

	proc_buf_reserve(b, PROC_FIRST_SIZE);
	n = readlinkat(dirfd, path, b->s, b->size - 1);
	if (n < 0)
		return -errno;
	b->s[n] = '\0';
	b->len = (size_t)n;
	return 0;
}

/* The name in parentheses may hold blanks and parentheses: the last ')' ends it. */
int proc_starttime(int procfd, struct proc_buf *b, uint64_t *out, uint64_t *ppid)
{
	int r = proc_read_small(procfd, "stat", b);
	unsigned field = 2;
	char *p, *word, *save = NULL;

	if (r < 0)
		return r;
	p = strrchr(b->s, ')');
	if (!p)
		return -EPROTO;
	for (word = strtok_r(p + 1, " \n", &save); word;
	     word = strtok_r(NULL, " \n", &save)) {
		field++;
		if (field == 3 && (*word == 'Z' || *word == 'X'))
			return -ESRCH;
		if (field == 4 && ppid && num_u64(word, ppid) < 0)
			return -EPROTO;
		if (field == 22)
			return num_u64(word, out);
	}
	return -EPROTO;
}

static bool proc_is_plain(const char *s, size_t len)
{
	size_t i;

	for (i = 0; i < len; i++)
		if (s[i] < ' ' || s[i] > '~' || s[i] == '\\')
			return false;
	return true;
}

json_t *proc_fact_text(const char *s, size_t len)
{
	_cleanup_strbuf_ struct strbuf b = STRBUF_INIT;
	json_t *j;
	size_t i;

	if (proc_is_plain(s, len)) {
		j = json_stringn_nocheck(s, len);
	} else {
		for (i = 0; i < len; i++) {
			if (s[i] == '\\')
				strbuf_puts(&b, "\\\\");
			else if (s[i] < ' ' || s[i] > '~')
				strbuf_printf(&b, "\\x%02x", (unsigned char)s[i]);
			else
				strbuf_putc(&b, s[i]);
		}
		j = json_stringn_nocheck(strbuf_str(&b), b.len);
	}
	return j;
}

json_t *proc_fact_unreadable(int error)
{
	json_t *j = json_object();

	proc_set(j, "unreadable", json_integer(error < 0 ? -error : error));
	return j;
}

static json_t *fact_of(int r, struct proc_buf *b)
{
	if (r < 0)
		return proc_fact_unreadable(r);
	if (b->len && b->s[b->len - 1] == '\n')
		b->len--;
	return proc_fact_text(b->s, b->len);
}

json_t *proc_fact_file(int dirfd, const char *path, size_t max, struct proc_buf *b)
{
	return fact_of(proc_read(dirfd, path, max, b), b);
}

json_t *proc_fact_small(int dirfd, const char *path, struct proc_buf *b)
{
	return fact_of(proc_read_small(dirfd, path, b), b);
}

json_t *proc_fact_dev(dev_t dev)
{
	return json_sprintf("%u:%u", major(dev), minor(dev));
}

void proc_set(json_t *object, const char *key, json_t *value)
{
	if (json_object_set_new_nocheck(object, key, value) < 0)
		xmalloc((size_t)-1);
}

void proc_append(json_t *array, json_t *value)
{
	if (json_array_append_new(array, value) < 0)
		xmalloc((size_t)-1);
}

bool proc_next_line(char **cursor, char **line, size_t *len)
{
	char *end;

	if (!**cursor)
		return false;
	*line = *cursor;
	end = strchr(*cursor, '\n');
	*len = end ? (size_t)(end - *cursor) : strlen(*cursor);
	*cursor += *len + (end ? 1 : 0);
	return true;
}
