/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <errno.h>
#include <fcntl.h>
#include <string.h>

#include "alloc.h"
#include "cgroup.h"
#include "fdio.h"

/* Fields of a mountinfo line (proc(5)): 4 root, 5 mount point; after " - " type, source,
 * super options. */
struct mount_line {
	char *root, *mount, *type, *options;
};

static bool mount_line_split(char *line, struct mount_line *m)
{
	char *rest = strstr(line, " - "), *save = NULL, *field;
	int i;

	*m = (struct mount_line){ NULL, NULL, NULL, NULL };
	if (!rest)
		return false;
	*rest = '\0';
	for (i = 1, field = strtok_r(line, " ", &save); field;
	     i++, field = strtok_r(NULL, " ", &save)) {
		m->root = i == 4 ? field : m->root;
		m->mount = i == 5 ? field : m->mount;
	}
	m->type = strtok_r(rest + 3, " ", &save);
	strtok_r(NULL, " ", &save);
	m->options = strtok_r(NULL, " ", &save);
	return m->root && m->mount && m->type && m->options;
}

/* cgroup.controllers is a line of words. */
static char *v2_controllers(const char *mount)
{
	_cleanup_free_ char *text = NULL;
	struct err ignored;
	char *p;

	if (cgroup_read(mount, "cgroup.controllers", &text, &ignored) < 0)
		return xstrdup(",");
	for (p = text; *p; p++)
		if (*p == ' ' || *p == '\n')
			*p = ',';
	return xasprintf(",%s,", text);
}

static void hierarchy_add(struct hierarchy **out, size_t *n, const struct mount_line *m)
{
	bool v2 = !strcmp(m->type, "cgroup2");
	struct hierarchy *h;

	if (!v2 && strcmp(m->type, "cgroup") != 0)
		return;
	*out = xrealloc(*out, *n + 1, sizeof(**out));
	h = &(*out)[(*n)++];
	h->v2 = v2;
	h->mount = xstrdup(m->mount);
	h->root = xstrdup(strcmp(m->root, "/") == 0 ? "" : m->root);
	h->controllers = v2 ? v2_controllers(m->mount) : xasprintf(",%s,", m->options);
}

int hierarchy_read(struct hierarchy **out, size_t *n, struct err *e)
{
	_cleanup_free_ char *text = NULL;
	char *line, *save = NULL;

	*out = NULL;
	*n = 0;
	if (fdio_read_file(AT_FDCWD, "/proc/self/mountinfo", (size_t)8 << 20, &text, NULL,
			   e) < 0)
		return -e->code;
	for (line = strtok_r(text, "\n", &save); line;
	     line = strtok_r(NULL, "\n", &save)) {
		struct mount_line m;

		if (mount_line_split(line, &m))
			hierarchy_add(out, n, &m);
	}
	return 0;
}

void hierarchy_free(struct hierarchy *h, size_t n)
{
	size_t i;

	for (i = 0; i < n; i++) {
		free(h[i].mount);
		free(h[i].root);
		free(h[i].controllers);
	}
	free(h);
}

const struct hierarchy *hierarchy_v2(const struct hierarchy *h, size_t n)
{
	size_t i;

	for (i = 0; i < n; i++)
		if (h[i].v2)
			return &h[i];
	return NULL;
}

const struct hierarchy *hierarchy_of(const struct hierarchy *h, size_t n,
				     const char *controller)
{
	_cleanup_free_ char *word = xasprintf(",%s,", controller);
	const struct hierarchy *found = NULL;
	size_t i;

	for (i = 0; i < n; i++)
		if (strstr(h[i].controllers, word) && (!found || h[i].v2))
			found = &h[i];
	return found;
}
