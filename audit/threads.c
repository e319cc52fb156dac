/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Isolation is a property of threads: uids, capabilities and seccomp filters are kept per
 * task, and a thread that was made before a filter was installed runs without it. So
 * every thread's status is read; equal ones are kept once.
 */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#include "alloc.h"
#include "num.h"
#include "subject.h"

static const char *skip_blanks(const char *s)
{
	while (*s == ' ' || *s == '\t')
		s++;
	return s;
}

/* Reads one number and moves on; -EINVAL if there is none. Lines are NUL-terminated. */
static int take_u64(const char **s, uint64_t *out)
{
	char word[24];
	size_t n;

	*s = skip_blanks(*s);
	n = strcspn(*s, " \t");
	if (!n || n >= sizeof(word))
		return -EINVAL;
	memcpy(word, *s, n);
	word[n] = '\0';
	*s += n;
	return num_u64(word, out);
}

static int take_ids(const char *s, uint32_t ids[4])
{
	int i;

	for (i = 0; i < 4; i++) {
		uint64_t v;

		if (take_u64(&s, &v) < 0 || v > UINT32_MAX)
			return -EINVAL;
		ids[i] = (uint32_t)v;
	}
	return 0;
}

static void take_word(char *out, size_t size, const char *s)
{
	size_t n = strlen(s);

	if (n >= size)
		n = size - 1;
	memcpy(out, s, n);
	out[n] = '\0';
}

static int line_number(struct thread_group *g, const char *s, uint64_t *out,
		       unsigned have)
{
	if (take_u64(&s, out) < 0)
		return -EPROTO;
	g->have |= have;
	return 0;
}

static int line_cap(struct thread_group *g, const char *name, const char *s)
{
	static const char sets[CAP_SETS][4] = { "Inh", "Prm", "Eff", "Bnd", "Amb" };
	int i;

	for (i = 0; i < CAP_SETS; i++) {
		if (memcmp(name + 3, sets[i], 3))
			continue;
		if (num_hex64(s, &g->caps[i]) < 0)
			return -EPROTO;
		if (i == CAP_SET_AMB)
			g->have |= THREAD_CAPS;
	}
	return 0;
}

static void line_groups(struct thread_group *g, const char *s)
{
	size_t n = strlen(s);

	while (n && s[n - 1] == ' ')
		n--;
	g->groups = xstrndup(s, n);
	g->groups_len = n;
	g->have |= THREAD_GROUPS;
}

static int line_ids(struct thread_group *g, const char *s, uint32_t ids[4], unsigned have)
{
	if (take_ids(s, ids) < 0)
		return -EPROTO;
	g->have |= have;
	return 0;
}

static int parse_s(struct thread_group *g, const char *line)
{
	if (!strncmp(line, "Seccomp:", 8))
		return line_number(g, line + 8, &g->seccomp, THREAD_SECCOMP);
	if (!strncmp(line, "Seccomp_filters:", 16))
		return line_number(g, line + 16, &g->filters, THREAD_FILTERS);
	if (!strncmp(line, "Speculation_Store_Bypass:", 25)) {
		take_word(g->ssb, sizeof(g->ssb), skip_blanks(line + 25));
		g->have |= THREAD_SSB;
	} else if (!strncmp(line, "SpeculationIndirectBranch:", 26)) {
		take_word(g->indirect, sizeof(g->indirect), skip_blanks(line + 26));
		g->have |= THREAD_INDIRECT;
	}
	return 0;
}

static int parse_t(struct thread_group *g, const char *line)
{
	if (!strncmp(line, "TracerPid:", 10))
		return line_number(g, line + 10, &g->tracer, THREAD_TRACER);
	if (!strncmp(line, "THP_enabled:", 12))
		return line_number(g, line + 12, &g->thp, THREAD_THP);
	return 0;
}

static int parse_line(struct thread_group *g, struct threads *t, const char *line)
{
	switch (line[0]) {
	case 'U':
		return strncmp(line, "Uid:", 4) ?
			       0 :
			       line_ids(g, line + 4, g->uid, THREAD_UID);
	case 'G':
		if (!strncmp(line, "Gid:", 4))
			return line_ids(g, line + 4, g->gid, THREAD_GID);
		if (!strncmp(line, "Groups:", 7))
			line_groups(g, skip_blanks(line + 7));
		return 0;
	case 'C':
		return strncmp(line, "Cap", 3) || strlen(line) < 8 ?
			       0 :
			       line_cap(g, line, skip_blanks(line + 7));
	case 'N':
		return strncmp(line, "NoNewPrivs:", 11) ?
			       0 :
			       line_number(g, line + 11, &g->nnp, THREAD_NNP);
	case 'S':
		return parse_s(g, line);
	case 'T':
		return parse_t(g, line);
	case 'V':
		if (!strncmp(line, "VmSwap:", 7)) {
			const char *s = line + 7;

			t->have_swap = take_u64(&s, &t->swap_kb) >= 0;
		}
		return 0;
	default:
		return 0;
	}
}

static int parse_status(struct thread_group *g, struct threads *t, char *text)
{
	char *cursor = text, *line;
	size_t len;

	while (proc_next_line(&cursor, &line, &len)) {
		int r;

		line[len] = '\0';
		/* A process may put a newline into its name, but the kernel escapes it.
		 */
		r = parse_line(g, t, line);
		if (r < 0)
			return r;
	}
	return 0;
}

static bool group_equal(const struct thread_group *a, const struct thread_group *b)
{
	return a->have == b->have && !memcmp(a->uid, b->uid, sizeof(a->uid)) &&
	       !memcmp(a->gid, b->gid, sizeof(a->gid)) &&
	       !memcmp(a->caps, b->caps, sizeof(a->caps)) && a->nnp == b->nnp &&
	       a->seccomp == b->seccomp && a->filters == b->filters &&
	       a->tracer == b->tracer && a->thp == b->thp && !strcmp(a->ssb, b->ssb) &&
	       !strcmp(a->indirect, b->indirect) && a->groups_len == b->groups_len &&
	       (!a->groups_len || !memcmp(a->groups, b->groups, a->groups_len));
}

static void threads_add(struct threads *t, struct thread_group *g, uint64_t tid)
{
	struct thread_group *into = NULL;
	size_t i;

	for (i = 0; i < t->n && !into; i++)
		if (group_equal(&t->v[i], g))
			into = &t->v[i];
	if (into) {
		free(g->groups);
	} else {
		t->v = xrealloc(t->v, t->n + 1, sizeof(*t->v));
		into = &t->v[t->n++];
		*into = *g;
		into->tids = json_array();
	}
	into->count++;
	if (into->count <= THREAD_TIDS_MAX)
		proc_append(into->tids, json_integer((json_int_t)tid));
}

static void threads_one(int taskfd, const char *name, uint64_t tid, struct threads *t,
			struct proc_buf *b)
{
	struct thread_group g;
	char path[64];
	int r;

	memset(&g, 0, sizeof(g));
	t->total++;
	snprintf(path, sizeof(path), "%.20s/status", name);
	r = proc_read_small(taskfd, path, b);
	if (r == -ENOENT || r == -ESRCH) {
		t->vanished++;
		return;
	}
	if (!r)
		r = parse_status(&g, t, b->s);
	if (r < 0) {
		if (!t->unreadable++)
			t->error = -r;
		free(g.groups);
		return;
	}
	threads_add(t, &g, tid);
}

int threads_read(int procfd, struct threads *t, struct proc_buf *b)
{
	_cleanup_dir_ DIR *d = NULL;
	struct dirent *de;
	int fd = openat(procfd, "task", O_RDONLY | O_DIRECTORY | O_CLOEXEC);

	if (fd < 0)
		return -errno;
	d = fdopendir(fd);
	if (!d) {
		close(fd);
		return -ENOMEM;
	}
	while ((de = readdir(d))) {
		uint64_t tid;

		if (num_u64(de->d_name, &tid) < 0)
			continue;
		if (t->total >= THREADS_MAX) {
			t->truncated = true;
			break;
		}
		threads_one(fd, de->d_name, tid, t, b);
	}
	return t->n || t->unreadable ? 0 : -ESRCH;
}

void threads_dispose(struct threads *t)
{
	size_t i;

	for (i = 0; i < t->n; i++) {
		free(t->v[i].groups);
		json_decref(t->v[i].tids);
	}
	free(t->v);
	memset(t, 0, sizeof(*t));
}

json_t *threads_fact(const struct threads *t)
{
	json_t *j = json_object(), *groups = json_array();
	size_t i;

	for (i = 0; i < t->n; i++) {
		json_t *g = json_object();

		proc_set(g, "count", json_integer(t->v[i].count));
		proc_set(g, "tids", json_incref(t->v[i].tids));
		proc_append(groups, g);
	}
	proc_set(j, "total", json_integer(t->total));
	proc_set(j, "vanished", json_integer(t->vanished));
	proc_set(j, "groups", groups);
	if (t->unreadable)
		proc_set(j, "incomplete", proc_fact_unreadable(t->error));
	else if (t->truncated)
		proc_set(j, "incomplete", proc_fact_unreadable(EFBIG));
	return j;
}

void threads_fill(const struct subject *s, json_t *facts, const char *key, unsigned needs,
		  json_t *(*fn)(const struct thread_group *g))
{
	json_t *groups = json_object_get(json_object_get(facts, "threads"), "groups");
	size_t i;

	for (i = 0; i < s->threads.n; i++) {
		const struct thread_group *g = &s->threads.v[i];

		if ((g->have & needs) == needs)
			proc_set(json_array_get(groups, i), key, fn(g));
	}
}
