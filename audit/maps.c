/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The memory map, reduced while it is read to what checks ask for: mappings that are
 * writable and executable, executable ones whose file was deleted or that never had one,
 * and shared files and memory (guest RAM that another process may map).
 */
#include <errno.h>
#include <string.h>

#include "collect.h"

#define MAPS_LIST_MAX 256

struct map_line {
	const char *range, *dev, *path;
	size_t range_len, dev_len, path_len;
	char perms[4];
	uint64_t ino, size;
};

static const char *hex_number(const char *s, const char *end, uint64_t *out)
{
	for (*out = 0; s < end; s++) {
		if (*s >= '0' && *s <= '9')
			*out = *out << 4 | (uint64_t)(*s - '0');
		else if (*s >= 'a' && *s <= 'f')
			*out = *out << 4 | (uint64_t)(*s - 'a' + 10);
		else
			break;
	}
	return s;
}

/* START-END PERMS OFFSET MAJ:MIN INODE [PATH] */
static bool map_parse(const char *line, size_t len, struct map_line *m)
{
	const char *p, *end = line + len;
	uint64_t from, to;

	p = hex_number(line, end, &from);
	if (p >= end || *p != '-')
		return false;
	p = hex_number(p + 1, end, &to);
	if (end - p < 6 || *p != ' ' || to < from)
		return false;
	m->range = line;
	m->range_len = (size_t)(p - line);
	m->size = to - from;
	memcpy(m->perms, p + 1, 4);
	p = memchr(p + 6, ' ', (size_t)(end - p - 6));
	if (!p)
		return false;
	m->dev = ++p;
	p = memchr(p, ' ', (size_t)(end - p));
	if (!p)
		return false;
	m->dev_len = (size_t)(p - m->dev);
	for (m->ino = 0, p++; p < end && *p >= '0' && *p <= '9'; p++)
		m->ino = m->ino * 10 + (uint64_t)(*p - '0');
	while (p < end && *p == ' ')
		p++;
	m->path = p;
	m->path_len = (size_t)(end - p);
	return true;
}

/* maps prints MAJOR:MINOR in hex, the rest of the facts has them in decimal. */
static json_t *map_dev(const struct map_line *m)
{
	uint64_t maj, min;
	const char *end = m->dev + m->dev_len, *p = hex_number(m->dev, end, &maj);

	hex_number(p < end ? p + 1 : end, end, &min);
	return json_sprintf("%llu:%llu", (unsigned long long)maj,
			    (unsigned long long)min);
}

static json_t *map_fact(const struct map_line *m)
{
	json_t *j = json_object();

	proc_set(j, "range", proc_fact_text(m->range, m->range_len));
	proc_set(j, "perms", proc_fact_text(m->perms, 4));
	proc_set(j, "size", json_integer((json_int_t)m->size));
	proc_set(j, "path", proc_fact_text(m->path, m->path_len));
	if (m->ino) {
		proc_set(j, "dev", map_dev(m));
		proc_set(j, "ino", json_integer((json_int_t)m->ino));
	}
	return j;
}

static bool map_is_deleted(const struct map_line *m)
{
	static const char mark[] = " (deleted)";
	size_t n = sizeof(mark) - 1;

	return m->path_len > n && !memcmp(m->path + m->path_len - n, mark, n);
}

/* Memory that never had a name to delete: memfd_create(2), MAP_SHARED | MAP_ANONYMOUS. */
static bool map_is_memory(const struct map_line *m)
{
	return (m->path_len > 7 && !memcmp(m->path, "/memfd:", 7)) ||
	       (m->path_len > 9 && !memcmp(m->path, "/dev/zero", 9));
}

/* Two parts of one file have the same inode one after the other: one entry is enough. */
static bool same_as_last(const json_t *list, const struct map_line *m)
{
	const json_t *last = json_array_get(list, json_array_size(list) - 1);

	return m->ino && last &&
	       json_integer_value(json_object_get(last, "ino")) == (json_int_t)m->ino;
}

static void map_sort(json_t *j, const struct map_line *m)
{
	json_t *wx = json_object_get(j, "wx"), *del = json_object_get(j, "deleted_exec");
	json_t *shared = json_object_get(j, "shared"), *into = NULL;
	json_t *code = json_object_get(j, "memory_code");
	bool r = m->perms[0] == 'r', w = m->perms[1] == 'w', x = m->perms[2] == 'x';

	if (w && x)
		into = wx;
	else if (x && map_is_memory(m) && !same_as_last(code, m))
		into = code;
	else if (x && m->path[0] == '/' && map_is_deleted(m) && !map_is_memory(m) &&
		 !same_as_last(del, m))
		into = del;
	else if (m->perms[3] == 's' && (w || r) && m->ino && !same_as_last(shared, m) &&
		 m->path_len && m->path[0] == '/')
		into = shared;
	if (!into)
		return;
	if (json_array_size(into) < MAPS_LIST_MAX)
		proc_append(into, map_fact(m));
	else
		proc_set(j, "more", json_true());
}

json_t *maps_facts(struct subject *s)
{
	int r = proc_read(s->procfd, "maps", PROC_LARGE_MAX, &s->c->buf);
	char *cursor, *line;
	json_int_t n = 0;
	size_t len;
	json_t *j;

	if (r < 0)
		return proc_fact_unreadable(r);
	if (!s->c->buf.len) /* without the right to look, the file opens but is empty */
		return proc_fact_unreadable(EPERM);
	j = json_object();
	proc_set(j, "wx", json_array());
	proc_set(j, "deleted_exec", json_array());
	proc_set(j, "shared", json_array());
	proc_set(j, "memory_code", json_array());
	cursor = s->c->buf.s;
	while (proc_next_line(&cursor, &line, &len)) {
		struct map_line m;

		n++;
		if (!map_parse(line, len, &m)) {
			json_decref(j);
			return proc_fact_unreadable(EPROTO);
		}
		map_sort(j, &m);
	}
	proc_set(j, "count", json_integer(n));
	return j;
}
