/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>

#include "alloc.h"
#include "jsonx.h"
#include "num.h"
#include "object.h"
#include "procfs.h"
#include "sys.h"

static const struct {
	const char *kind;
	int (*pin)(struct run *run, struct pinned *o, struct err *e);
	const char *plan;
} kinds[] = {
	{ "disk", object_pin_disk, "open, check owner, mode, links and place, lock" },
	{ "file", object_pin_file, "open, check owner and mode" },
	{ "log", object_pin_log, "open for appending" },
	{ "char", object_pin_char, "open the character device" },
	{ "socket", object_pin_socket, "make a listening socket, mode 0600" },
	{ "tap", object_pin_tap, "attach to the tap interface" },
};

static size_t kind_index(const char *kind)
{
	size_t i;

	for (i = 0; i < ARRAY_SIZE(kinds); i++)
		if (!strcmp(kinds[i].kind, kind))
			break;
	return i;
}

static int object_load_one(struct pinned *o, const json_t *j, size_t i, struct err *e)
{
	static const char what[] = "layer object";
	uint64_t fd = 0;

	*o = (struct pinned){ .fd = -1 };
	if (jsonx_need_string(j, "id", &o->id, what, e) < 0 ||
	    jsonx_need_string(j, "kind", &o->kind, what, e) < 0 ||
	    jsonx_need_string(j, "path", &o->path, what, e) < 0 ||
	    jsonx_need_u64(j, "fd", &fd, what, e) < 0 ||
	    jsonx_opt_bool(j, "writable", &o->writable, what, e) < 0 ||
	    jsonx_opt_bool(j, "shared", &o->shared, what, e) < 0 ||
	    jsonx_opt_bool(j, "allow_world_readable", &o->world_readable, what, e) < 0 ||
	    jsonx_opt_string(j, "format", &o->format, what, e) < 0 ||
	    jsonx_opt_u64(j, "size_max", &o->size_max, what, e) < 0)
		return -e->code;
	if (kind_index(o->kind) == ARRAY_SIZE(kinds))
		return err_set(e, EINVAL, "%s: unknown kind \"%s\"", what, o->kind);
	if (strcmp(o->kind, "tap") != 0 && o->path[0] != '/')
		return err_set(e, EINVAL, "%s: path of %s is not absolute", what, o->id);
	if (fd != 3 + i)
		return err_set(e, EINVAL, "%s: descriptors must count up from 3", what);
	if (!strcmp(o->kind, "disk") && !o->format)
		return err_set(e, EINVAL, "%s: disk %s has no format", what, o->id);
	o->target = (int)fd;
	return 0;
}

static int object_load(struct run *run, const json_t *params, struct err *e)
{
	json_t *list;
	size_t i;

	if (jsonx_need_array(params, "objects", &list, "layer object", e) < 0)
		return -e->code;
	if (json_array_size(list) > RUN_MAX_OBJECTS)
		return err_set(e, E2BIG, "layer object: more than %d objects",
			       RUN_MAX_OBJECTS);
	for (i = 0; i < json_array_size(list); i++) {
		if (object_load_one(&run->objects[i], json_array_get(list, i), i, e) < 0)
			return -e->code;
		run->n_objects = i + 1;
	}
	return 0;
}

static int object_twice(const struct run *run, size_t n, struct err *e)
{
	const struct pinned *a = &run->objects[n];
	size_t i;

	for (i = 0; i < n; i++) {
		const struct pinned *b = &run->objects[i];

		if (a->dev == b->dev && a->ino == b->ino &&
		    (a->writable || b->writable) && S_ISREG(a->mode) && S_ISREG(b->mode))
			return err_set(e, EINVAL, "%s and %s are the same file", b->path,
				       a->path);
	}
	return 0;
}

static int object_prepare(struct run *run, struct err *e)
{
	size_t i;

	for (i = 0; i < run->n_objects; i++) {
		struct pinned *o = &run->objects[i];

		if (kinds[kind_index(o->kind)].pin(run, o, e) < 0 ||
		    object_twice(run, i, e) < 0)
			return err_wrap(e, "%s", o->id);
	}
	return 0;
}

/* The targets hold placeholders (run_reserve_descriptors()), so nothing of ours is
 * lost. */
static int object_apply(struct run *run, struct err *e)
{
	size_t i;

	for (i = 0; i < run->n_objects; i++) {
		/* This copy has no FD_CLOEXEC: it stays open over exec. */
		if (dup2(run->objects[i].fd, run->objects[i].target) < 0)
			return err_errno(e, "cannot hand on %s", run->objects[i].id);
	}
	return 0;
}

static int object_verify_one(const struct run *run, const struct pinned *o, struct err *e)
{
	char name[32];
	struct stat st;

	snprintf(name, sizeof(name), "fd/%d", o->target);
	if (fstatat(run->proc_fd, name, &st, 0) < 0)
		return err_errno(e, "descriptor %d (%s) is not in the VMM", o->target,
				 o->id);
	if (st.st_dev != o->dev || st.st_ino != o->ino)
		return err_set(e, EINVAL, "descriptor %d of the VMM is not %s", o->target,
			       o->path);
	/* The link's owner bits tell how it was opened (proc(5), /proc/PID/fd). */
	if (fstatat(run->proc_fd, name, &st, AT_SYMLINK_NOFOLLOW) < 0)
		return err_errno(e, "cannot stat descriptor %d", o->target);
	if (!strcmp(o->kind, "disk") && !o->writable && (st.st_mode & S_IWUSR))
		return err_set(e, EINVAL, "descriptor %d (%s) is writable", o->target,
			       o->id);
	return 0;
}

/* Nothing but 0, 1, 2 and the objects may be open. */
static int object_verify_set(const struct run *run, json_t *list, struct err *e)
{
	int fd = openat(run->proc_fd, "fd", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	_cleanup_dir_ DIR *d = fd < 0 ? NULL : fdopendir(fd);
	struct dirent *de;
	uint32_t n;

	if (!d)
		return err_errno(e, "cannot list the VMM's descriptors");
	while (errno = 0, (de = readdir(d))) {
		if (de->d_name[0] == '.')
			continue;
		if (num_u32(de->d_name, &n) < 0 || n >= 3 + run->n_objects)
			return err_set(
				e, EINVAL,
				"descriptor %s is open in the VMM and was not declared",
				de->d_name);
		json_array_append_new(list, json_integer(n));
	}
	/* The end and an error look alike but for errno (readdir(3)). */
	return errno ? err_errno(e, "cannot list the VMM's descriptors") : 0;
}

static int object_verify(struct run *run, json_t *observed, struct err *e)
{
	json_t *list = json_array();
	size_t i;

	json_object_set_new(observed, "descriptors", list);
	if (object_verify_set(run, list, e) < 0)
		return -e->code;
	for (i = 0; i < run->n_objects; i++)
		if (object_verify_one(run, &run->objects[i], e) < 0)
			return -e->code;
	return 0;
}

static void object_undo(struct run *run)
{
	size_t i;
	int r;

	for (i = 0; i < run->n_objects; i++) {
		struct pinned *o = &run->objects[i];

		if (o->fd >= 0)
			close(o->fd);
		o->fd = -1;
		r = o->made ? object_remove_socket(o->path, run->bundle.name) : 0;
		if (r < 0 && r != -ENOENT)
			run->leftover = true;
		o->made = false;
		free(steal_ptr(&o->resolved));
	}
}

static void object_plan(const struct run *run, FILE *out)
{
	size_t i;

	for (i = 0; i < run->n_objects; i++) {
		const struct pinned *o = &run->objects[i];

		fprintf(out, "  %s: %s %s (%s), descriptor %d: %s\n", o->id, o->kind,
			o->path, o->writable ? "read-write" : "read-only", o->target,
			kinds[kind_index(o->kind)].plan);
	}
	if (!run->n_objects)
		fprintf(out, "  none\n");
}

const struct layer layer_object = {
	.load = object_load,
	.prepare = object_prepare,
	.apply = object_apply,
	.verify = object_verify,
	.undo = object_undo,
	.plan = object_plan,
};
