/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <string.h>
#include <sys/stat.h>

#include "alloc.h"
#include "front.h"

static const struct {
	const char *program, *dir;
} places[] = {
	{ "brattice-audit", FRONT_SBINDIR },
	{ "brattice-compile", FRONT_BINDIR },
	{ "brattice-confine", FRONT_SBINDIR },
	{ "brattice-xsm", FRONT_BINDIR },
};

/* The build tree that this program lies in, beside its config.status, or NULL: it is
 * installed. */
static char *build_tree(void)
{
	char self[PATH_MAX];
	ssize_t n = readlink("/proc/self/exe", self, sizeof(self) - 1);
	_cleanup_free_ char *status = NULL;
	char *slash;

	if (n < 0)
		return NULL;
	self[n] = '\0';
	slash = strrchr(self, '/');
	if (!slash)
		return NULL;
	*slash = '\0';
	status = xasprintf("%s/config.status", self);
	return access(status, F_OK) == 0 ? xstrdup(self) : NULL;
}

static int check_program(const char *path, struct err *e)
{
	struct stat st;

	if (stat(path, &st) < 0)
		return err_errno(e, "%s", path);
	if (!S_ISREG(st.st_mode))
		return err_set(e, EACCES, "%s is not a regular file", path);
	if (st.st_mode & S_IWOTH)
		return err_set(e, EPERM, "%s can be written by everybody", path);
	return 0;
}

int front_find(const char *program, char **path, struct err *e)
{
	_cleanup_free_ char *top = build_tree(), *found = NULL;
	size_t i;
	int r;

	for (i = 0; i < ARRAY_SIZE(places); i++)
		if (!strcmp(places[i].program, program))
			break;
	if (i == ARRAY_SIZE(places))
		return err_set(e, ENOENT, "%s is not a program of brattice", program);
	found = xasprintf("%s/%s", top ? top : places[i].dir, program);
	r = check_program(found, e);
	if (r == -ENOENT)
		return err_set(e, ENOENT, "%s is not installed (looked for %s)", program,
			       found);
	if (r < 0)
		return r;
	*path = steal_ptr(&found);
	return 0;
}
