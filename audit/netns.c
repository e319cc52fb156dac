/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Listening sockets: /proc/PID/net shows the sockets of the VM's own network namespace,
 * whatever command line it was started with. The tables are read once per namespace, the
 * VM's part is picked out by the inodes of the sockets that it holds.
 */
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>

#include "alloc.h"
#include "collect.h"
#include "num.h"

struct listener {
	uint64_t ino;
	json_t *fact;
};

struct netns_sockets {
	struct netns_sockets *next;
	uint64_t ns;
	struct listener *v;
	size_t n;
	int error; /* of the first table that couldn't be read */
};

static void listener_add(struct netns_sockets *t, uint64_t ino, json_t *fact)
{
	if ((t->n & (t->n - 1)) == 0)
		t->v = xrealloc(t->v, t->n ? 2 * t->n : 1, sizeof(*t->v));
	t->v[t->n].ino = ino;
	t->v[t->n++].fact = fact;
}

/* The kernel prints addresses as host-order 32-bit words in hex. */
static bool parse_address(const char *hex, size_t words, unsigned char *out)
{
	size_t i;

	for (i = 0; i < words; i++) {
		char word[9];
		uint64_t v;
		uint32_t w;

		memcpy(word, hex + 8 * i, 8);
		word[8] = '\0';
		if (num_hex64(word, &v) < 0)
			return false;
		w = (uint32_t)v;
		memcpy(out + 4 * i, &w, 4);
	}
	return true;
}

/* "  0: 0100007F:1F90 00000000:0000 0A …": state 0A is LISTEN (net/tcp_states.h). */
static void tcp_line(struct netns_sockets *t, char *line, int family)
{
	char *field[10], *save = NULL, *colon, text[INET6_ADDRSTRLEN];
	size_t words = family == AF_INET ? 1 : 4;
	unsigned char address[16];
	uint64_t ino, port;
	json_t *j;
	int i;

	for (i = 0; i < 10; i++) {
		field[i] = strtok_r(i ? NULL : line, " ", &save);
		if (!field[i])
			return;
	}
	colon = strchr(field[1], ':');
	if (strcmp(field[3], "0A") || !colon || (size_t)(colon - field[1]) != 8 * words ||
	    num_u64(field[9], &ino) < 0 || num_hex64(colon + 1, &port) < 0 ||
	    !parse_address(field[1], words, address) ||
	    !inet_ntop(family, address, text, sizeof(text)))
		return;
	j = json_object();
	proc_set(j, "family", json_string(family == AF_INET ? "tcp" : "tcp6"));
	proc_set(j, "address", json_string(text));
	proc_set(j, "port", json_integer((json_int_t)port));
	listener_add(t, ino, j);
}

/* NUM REFCOUNT PROTOCOL FLAGS TYPE ST INODE PATH: flag 10000 is __SO_ACCEPTCON. */
static void unix_line(struct netns_sockets *t, char *line)
{
	char *field[7], *save = NULL, *path;
	uint64_t ino, flags;
	json_t *j;
	int i;

	for (i = 0; i < 7; i++) {
		field[i] = strtok_r(i ? NULL : line, " ", &save);
		if (!field[i])
			return;
	}
	if (num_hex64(field[3], &flags) < 0 || !(flags & 0x10000) ||
	    num_u64(field[6], &ino) < 0)
		return;
	path = strtok_r(NULL, "", &save);
	j = json_object();
	proc_set(j, "family", json_string("unix"));
	proc_set(j, "path", proc_fact_text(path ? path : "", path ? strlen(path) : 0));
	listener_add(t, ino, j);
}

static void read_table(struct subject *s, struct netns_sockets *t, const char *file,
		       int family)
{
	int r = proc_read(s->procfd, file, PROC_LARGE_MAX, &s->c->buf);
	char *cursor, *line;
	size_t len;

	if (r == -ENOENT && family == AF_INET6) /* no IPv6 on this host */
		return;
	if (r < 0) {
		t->error = t->error ? t->error : -r;
		return;
	}
	cursor = s->c->buf.s;
	while (proc_next_line(&cursor, &line, &len)) {
		line[len] = '\0';
		if (family == AF_UNIX)
			unix_line(t, line);
		else
			tcp_line(t, line, family);
	}
}

static int listener_order(const void *a, const void *b)
{
	const struct listener *x = a, *y = b;

	return (x->ino > y->ino) - (x->ino < y->ino);
}

static struct netns_sockets *netns_table(struct subject *s)
{
	struct netns_sockets *t;

	for (t = s->c->netns; t; t = t->next)
		if (t->ns == s->net_ns)
			return t;
	t = xcalloc(1, sizeof(*t));
	t->ns = s->net_ns;
	t->next = s->c->netns;
	s->c->netns = t;
	read_table(s, t, "net/tcp", AF_INET);
	read_table(s, t, "net/tcp6", AF_INET6);
	read_table(s, t, "net/unix", AF_UNIX);
	if (t->n)
		qsort(t->v, t->n, sizeof(*t->v), listener_order);
	return t;
}

/* May somebody else get as far as connecting: w on the socket, x on every directory. */
static void add_socket_file(json_t *j)
{
	const char *path = json_string_value(json_object_get(j, "path"));
	_cleanup_free_ char *dir = NULL;
	bool open_to_others = true;
	struct stat st;
	char *slash;

	if (!path || path[0] != '/' || json_object_get(j, "mode"))
		return;
	if (fstatat(AT_FDCWD, path, &st, AT_SYMLINK_NOFOLLOW) < 0 ||
	    !S_ISSOCK(st.st_mode)) {
		proc_set(j, "mode", proc_fact_unreadable(ENOENT));
		return;
	}
	proc_set(j, "mode", json_integer((json_int_t)(st.st_mode & 07777)));
	proc_set(j, "uid", json_integer(st.st_uid));
	dir = xstrdup(path);
	while (open_to_others && (slash = strrchr(dir, '/')) && slash != dir) {
		*slash = '\0';
		open_to_others = fstatat(AT_FDCWD, dir, &st, 0) == 0 && (st.st_mode & 01);
	}
	proc_set(j, "others_reach_directory", json_boolean(open_to_others));
}

json_t *netns_listeners(struct subject *s)
{
	const struct netns_sockets *t;
	json_t *list;
	size_t i;

	if (!s->net_ns)
		return proc_fact_unreadable(EACCES);
	t = netns_table(s);
	if (t->error)
		return proc_fact_unreadable(t->error);
	list = json_array();
	for (i = 0; i < s->n_sockets && t->n; i++) {
		struct listener key = { .ino = s->sockets[i] };
		struct listener *l =
			bsearch(&key, t->v, t->n, sizeof(key), listener_order);

		if (!l)
			continue;
		add_socket_file(l->fact);
		if (json_array_append(list, l->fact) < 0)
			xmalloc((size_t)-1);
	}
	return list;
}

void netns_dispose(struct collector *c)
{
	while (c->netns) {
		struct netns_sockets *t = c->netns;
		size_t i;

		c->netns = t->next;
		for (i = 0; i < t->n; i++)
			json_decref(t->v[i].fact);
		free(t->v);
		free(t);
	}
}
