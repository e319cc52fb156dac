/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The VMM starts inside its v2 group (CLONE_INTO_CGROUP, Linux 5.7), which is also
 * where the device program is attached: always to a group that this launch made, never
 * above. v1 groups need a write of the pid while the process waits.
 */
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>

#include "alloc.h"
#include "cgroup.h"
#include "jsonx.h"
#include "procfs.h"

static bool parent_valid(const char *p)
{
	const char *part = p;

	for (; *part; part += strcspn(part, "/"), part += *part == '/') {
		size_t n = strcspn(part, "/");

		if (n == 0 || part[0] == '.' || n > 200)
			return false;
	}
	return *p && strlen(p) < 1024 && p[strlen(p) - 1] != '/';
}

static int cgroup_load(struct run *run, const json_t *params, struct err *e)
{
	struct cgroup_plan *p = xcalloc(1, sizeof(*p));
	const struct hierarchy *v2;

	p->prog_fd = -1;
	p->params = params;
	run->cgroup = p;
	if (jsonx_need_string(params, "parent", &p->parent, "layer cgroup", e) < 0)
		return -e->code;
	if (!parent_valid(p->parent))
		return err_set(e, EINVAL,
			       "layer cgroup: parent \"%s\" is not a relative path",
			       p->parent);
	if (hierarchy_read(&p->hierarchies, &p->n_hierarchies, e) < 0)
		return -e->code;
	v2 = hierarchy_v2(p->hierarchies, p->n_hierarchies);
	if (v2 && cgroup_dir_in(run, v2, "v2", e) < 0)
		return -e->code;
	return cgroup_limits(run, e);
}

/* v1's cpuset starts empty in every new directory; a task can't enter it like that. */
static int cgroup_init_cpuset(const struct hierarchy *h, const char *path, struct err *e)
{
	static const char *const files[] = { "cpuset.cpus", "cpuset.mems" };
	const char *p = path + strlen(h->mount);
	_cleanup_free_ char *above = xstrdup(h->mount);

	while (p) {
		const char *next = strchr(p + 1, '/');
		_cleanup_free_ char *dir = next ? xstrndup(path, (size_t)(next - path))
						: xstrdup(path);
		size_t i;

		for (i = 0; i < ARRAY_SIZE(files); i++) {
			_cleanup_free_ char *text = NULL, *own = NULL;

			if (cgroup_read(above, files[i], &text, e) < 0 ||
			    cgroup_read(dir, files[i], &own, e) < 0)
				return -e->code;
			text[strcspn(text, "\n")] = '\0';
			if (own[0] == '\n' && cgroup_write(dir, files[i], text, e) < 0)
				return -e->code;
		}
		free(above);
		above = xstrdup(dir);
		p = next;
	}
	return 0;
}

/* Turns a controller on for the children of each group from the root down to the
 * parent. */
static int cgroup_enable(const struct hierarchy *h, const char *path,
			 const char *controller, struct err *e)
{
	_cleanup_free_ char *word = xasprintf("+%s", controller);
	const char *p = path + strlen(h->mount);

	for (; p; p = strchr(p + 1, '/')) {
		_cleanup_free_ char *dir = xstrndup(path, (size_t)(p - path));
		_cleanup_free_ char *text = NULL;
		char *at;

		if (cgroup_read(dir, "cgroup.subtree_control", &text, e) < 0)
			return -e->code;
		at = strstr(text, controller);
		if (at && (at == text || at[-1] == ' ') &&
		    strchr(" \n", at[strlen(controller)]))
			continue;
		if (cgroup_write(dir, "cgroup.subtree_control", word, e) < 0)
			return -e->code;
	}
	return 0;
}

/* "memory.max" belongs to the controller "memory". */
static int cgroup_enable_for(const struct run *run, const struct cgroup_setting *s,
			     struct err *e)
{
	const struct hierarchy *h =
		&run->cgroup->hierarchies[run->cgroup->dir_of[s->dir]];
	_cleanup_free_ char *controller = xstrndup(s->file, strcspn(s->file, "."));

	return h->v2 ? cgroup_enable(h, run->cgroups[s->dir].path, controller, e) : 0;
}

static int cgroup_make(struct run *run, size_t i, struct err *e)
{
	const struct hierarchy *h = &run->cgroup->hierarchies[run->cgroup->dir_of[i]];
	struct cgroup_dir *d = &run->cgroups[i];
	int tries;

	/* A VM that ends at this moment may remove the empty parent: try again then. */
	for (tries = 0; tries < 50; tries++) {
		if (cgroup_mkdirs(h->mount, d->path, e) < 0)
			return -e->code;
		if (mkdir(d->path, 0755) == 0) {
			d->made = true;
			break;
		}
		/* We hold the VM's lock: an empty group of its name is nobody's. */
		if (errno == EEXIST && rmdir(d->path) == 0)
			continue;
		if (errno != ENOENT)
			return err_errno(e, "cannot create %s", d->path);
	}
	if (!d->made)
		return err_set(e, ENOENT, "cannot create %s", d->path);
	if (!h->v2 && strstr(h->controllers, ",cpuset,"))
		return cgroup_init_cpuset(h, d->path, e);
	return 0;
}

static int cgroup_apply_setting(const struct run *run, const struct cgroup_setting *s,
				struct err *e)
{
	if (cgroup_enable_for(run, s, e) < 0)
		return -e->code;
	if (cgroup_write(run->cgroups[s->dir].path, s->file, s->value, e) == 0)
		return 0;
	return e->code == ENOENT
		       ? err_wrap(e, "this kernel can't limit what was asked for")
		       : -e->code;
}

static int cgroup_prepare(struct run *run, struct err *e)
{
	size_t i;

	if (cgroup_device_prepare(run, e) < 0)
		return -e->code;
	for (i = 0; i < run->n_cgroups; i++)
		if (!run->cgroups[i].made && cgroup_make(run, i, e) < 0)
			return -e->code;
	for (i = 0; i < run->cgroup->n_settings; i++)
		if (cgroup_apply_setting(run, &run->cgroup->settings[i], e) < 0)
			return -e->code;
	for (i = 0; i < run->n_cgroups; i++) {
		if (!run->cgroup->hierarchies[run->cgroup->dir_of[i]].v2)
			continue;
		run->cgroup_fd = open(run->cgroups[i].path,
				      O_RDONLY | O_DIRECTORY | O_CLOEXEC);
		if (run->cgroup_fd < 0)
			return err_errno(e, "cannot open %s", run->cgroups[i].path);
	}
	return cgroup_device_attach(run, e);
}

static int cgroup_attach(struct run *run, struct err *e)
{
	char pid[16];
	size_t i;

	snprintf(pid, sizeof(pid), "%ld", (long)run->pid);
	for (i = 0; i < run->n_cgroups; i++)
		if (!run->cgroup->hierarchies[run->cgroup->dir_of[i]].v2 &&
		    cgroup_write(run->cgroups[i].path, "cgroup.procs", pid, e) < 0)
			return -e->code;
	return 0;
}

/* One line "ID:CONTROLLERS:PATH" of /proc/PID/cgroup per hierarchy. */
static int cgroup_verify_place(const struct run *run, const char *text, size_t i,
			       struct err *e)
{
	const struct hierarchy *h = &run->cgroup->hierarchies[run->cgroup->dir_of[i]];
	_cleanup_free_ char *want = xasprintf(":%s%s\n", h->root,
					      run->cgroups[i].path + strlen(h->mount));
	_cleanup_free_ char *word = xasprintf(",%s,", run->cgroups[i].controller);
	const char *line, *end;

	for (line = text; *line; line = end + 1) {
		_cleanup_free_ char *names = NULL;
		const char *first = strchr(line, ':');
		const char *second = first ? strchr(first + 1, ':') : NULL;

		end = strchr(line, '\n');
		if (!second || !end)
			break;
		names = xasprintf(",%.*s,", (int)(second - first - 1), first + 1);
		if (h->v2 ? strcmp(names, ",,") != 0 : !strstr(names, word))
			continue;
		if (strncmp(second, want, strlen(want)) == 0)
			return 0;
		break;
	}
	return err_set(e, EINVAL, "the VMM is not in %s", run->cgroups[i].path);
}

/* The expected text must be one whole line of the file. */
static int cgroup_verify_setting(const struct run *run, const struct cgroup_setting *s,
				 json_t *observed, struct err *e)
{
	_cleanup_free_ char *text = NULL;
	const char *file = s->file;
	char *line, *save = NULL;

	/* What was allowed is listed elsewhere; the rest is denied. */
	if (!strcmp(s->file, "devices.deny"))
		return 0;
	if (!strcmp(s->file, "devices.allow"))
		file = "devices.list";
	if (cgroup_read(run->cgroups[s->dir].path, file, &text, e) < 0)
		return -e->code;
	for (line = strtok_r(text, "\n", &save); line; line = strtok_r(NULL, "\n", &save))
		if (!strcmp(line, s->expect)) {
			json_object_set_new(observed, s->file, json_string(line));
			return 0;
		}
	return err_set(e, EINVAL, "%s/%s is not \"%s\"", run->cgroups[s->dir].path,
		       s->file, s->expect);
}

static int cgroup_verify(struct run *run, json_t *observed, struct err *e)
{
	_cleanup_free_ char *text = NULL;
	json_t *settings = json_object();
	size_t i;

	json_object_set_new(observed, "files", settings);
	if (procfs_read(run->proc_fd, "cgroup", &text, NULL, e) < 0)
		return -e->code;
	for (i = 0; i < run->n_cgroups; i++)
		if (cgroup_verify_place(run, text, i, e) < 0)
			return -e->code;
	for (i = 0; i < run->cgroup->n_settings; i++)
		if (cgroup_verify_setting(run, &run->cgroup->settings[i], settings, e) <
		    0)
			return -e->code;
	return cgroup_device_verify(run, observed, e);
}

static void cgroup_undo(struct run *run)
{
	struct err e;
	size_t i;

	if (!run->cgroup)
		return;
	if (run->cgroup_fd >= 0)
		close(run->cgroup_fd);
	run->cgroup_fd = -1;
	for (i = 0; i < run->n_cgroups; i++) {
		if (run->cgroups[i].made && cgroup_destroy(run->cgroups[i].path, &e) < 0)
			run->leftover = true;
		else if (run->cgroups[i].made)
			cgroup_remove_parents(run->cgroups[i].path, run->cgroup->parent);
		free(run->cgroups[i].path);
	}
	run->n_cgroups = 0;
	if (run->cgroup->prog_fd >= 0)
		close(run->cgroup->prog_fd);
	hierarchy_free(run->cgroup->hierarchies, run->cgroup->n_hierarchies);
	free(run->cgroup);
	run->cgroup = NULL;
}

static void cgroup_plan_print(const struct run *run, FILE *out)
{
	const json_t *devices = json_object_get(run->cgroup->params, "devices");
	size_t i;

	for (i = 0; i < run->n_cgroups; i++)
		fprintf(out, "  create %s\n", run->cgroups[i].path);
	for (i = 0; i < run->cgroup->n_settings; i++)
		fprintf(out, "  %s/%s: %s\n",
			run->cgroups[run->cgroup->settings[i].dir].path,
			run->cgroup->settings[i].file, run->cgroup->settings[i].value);
	if (devices)
		fprintf(out, "  device program: %zu rules, everything else denied\n",
			json_array_size(devices));
}

const struct layer layer_cgroup = {
	.load = cgroup_load,
	.prepare = cgroup_prepare,
	.attach = cgroup_attach,
	.verify = cgroup_verify,
	.undo = cgroup_undo,
	.plan = cgroup_plan_print,
};
