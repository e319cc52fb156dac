/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The executable: who owns it, who may write it, and the same for each directory above
 * it: whoever may rename a directory on the way decides what the next VM runs.
 */
#include <errno.h>
#include <fcntl.h>
#include <string.h>

#include "alloc.h"
#include "collect.h"

static json_t *chain_link(const char *path, const struct stat *st)
{
	json_t *j = json_object();

	proc_set(j, "path", proc_fact_text(path, strlen(path)));
	proc_set(j, "uid", json_integer(st->st_uid));
	proc_set(j, "mode", json_integer((json_int_t)(st->st_mode & 07777)));
	return j;
}

/* The path is the VM's own view; it counts only if it leads to the same file here. */
static json_t *chain_facts(const char *path, const struct stat *exe)
{
	_cleanup_free_ char *dir = xstrdup(path);
	json_t *chain;
	struct stat st;
	char *slash;

	if (path[0] != '/' || fstatat(AT_FDCWD, path, &st, 0) < 0)
		return proc_fact_unreadable(path[0] == '/' ? errno : ENOENT);
	if (st.st_dev != exe->st_dev || st.st_ino != exe->st_ino)
		return proc_fact_unreadable(ESTALE);
	chain = json_array();
	proc_append(chain, chain_link(path, &st));
	while ((slash = strrchr(dir, '/'))) {
		slash[slash == dir ? 1 : 0] = '\0';
		if (fstatat(AT_FDCWD, dir, &st, 0) < 0) {
			json_decref(chain);
			return proc_fact_unreadable(errno);
		}
		proc_append(chain, chain_link(dir, &st));
		if (!dir[1])
			break;
	}
	return chain;
}

json_t *exe_facts(struct subject *s)
{
	static const char mark[] = " (deleted)";
	struct proc_buf *b = &s->c->buf;
	size_t n = sizeof(mark) - 1;
	bool deleted;
	struct stat st;
	json_t *j;
	int r = proc_readlink(s->procfd, "exe", b);

	if (r < 0)
		return proc_fact_unreadable(r);
	if (fstatat(s->procfd, "exe", &st, 0) < 0)
		return proc_fact_unreadable(errno);
	deleted = !st.st_nlink;
	if (b->len > n && !strcmp(b->s + b->len - n, mark) && deleted)
		b->s[b->len -= n] = '\0';
	j = json_object();
	proc_set(j, "path", proc_fact_text(b->s, b->len));
	proc_set(j, "deleted", json_boolean(deleted));
	proc_set(j, "dev", proc_fact_dev(st.st_dev));
	proc_set(j, "ino", json_integer((json_int_t)st.st_ino));
	proc_set(j, "uid", json_integer(st.st_uid));
	proc_set(j, "mode", json_integer((json_int_t)(st.st_mode & 07777)));
	proc_set(j, "chain",
		 deleted ? proc_fact_unreadable(ENOENT) : chain_facts(b->s, &st));
	return j;
}
