/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "receipt.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <time.h>

#include "jsonx.h"
#include "procfs.h"

static json_t *receipt_cgroups(const struct run *run)
{
	json_t *list = json_array();
	size_t i;

	for (i = 0; i < run->n_cgroups; i++)
		json_array_append_new(list, json_pack("{s:s,s:s}", "controller",
						      run->cgroups[i].controller, "path",
						      run->cgroups[i].path));
	return list;
}

static json_t *receipt_supervisor(const struct run *run)
{
	return json_pack("{s:I,s:I}", "pid", (json_int_t)getpid(), "starttime",
			 (json_int_t)run->own_starttime);
}

int receipt_identify(struct run *run, struct err *e)
{
	_cleanup_close_ int fd = procfs_open(getpid(), e);

	if (fd < 0 || procfs_starttime(fd, &run->own_starttime, e) < 0)
		return -e->code;
	state_boot_id(run->boot_id);
	return run->boot_id[0] ? 0 : err_set(e, EIO, "cannot read the kernel's boot id");
}

int receipt_write_journal(const struct run *run, struct err *e)
{
	const json_t *cgroup = bundle_params(&run->bundle, MECH_cgroup);
	_cleanup_json_ json_t *j = json_object();
	json_t *sockets = json_array();
	size_t i;

	for (i = 0; i < run->n_objects; i++)
		if (!strcmp(run->objects[i].kind, "socket"))
			json_array_append_new(sockets, json_string(run->objects[i].path));
	json_object_set_new(j, "format", json_string("brattice-journal"));
	json_object_set_new(j, "version", json_integer(1));
	json_object_set_new(j, "name", json_string(run->bundle.name));
	json_object_set_new(j, "bundle", json_string(run->bundle.digest));
	json_object_set_new(j, "boot_id", json_string(run->boot_id));
	json_object_set_new(j, "adopt", json_boolean(run->adopt));
	json_object_set_new(j, "supervisor", receipt_supervisor(run));
	json_object_set_new(j, "cgroups", receipt_cgroups(run));
	json_object_set(j, "cgroup_parent", json_object_get(cgroup, "parent"));
	json_object_set_new(j, "sockets", sockets);
	return state_write(&run->state, "state", j, true, e);
}

static json_t *receipt_objects(const struct run *run)
{
	json_t *list = json_array();
	size_t i;

	for (i = 0; i < run->n_objects; i++) {
		const struct pinned *o = &run->objects[i];
		dev_t dev = S_ISBLK(o->mode) || S_ISCHR(o->mode) ? o->rdev : o->dev;
		char number[32];

		snprintf(number, sizeof(number), "%u:%u", major(dev), minor(dev));
		json_array_append_new(list,
				      json_pack("{s:s,s:s,s:s,s:s,s:s,s:I,s:i,s:b}", "id",
						o->id, "kind", o->kind, "path", o->path,
						"resolved", o->resolved, "dev", number,
						"ino", (json_int_t)o->ino, "fd",
						o->target, "writable", (int)o->writable));
	}
	return list;
}

static json_t *receipt_layers(const struct run *run)
{
	json_t *list = json_array();
	enum mech m;

	for (m = 0; m < MECH_COUNT; m++) {
		json_t *l = json_object();

		json_object_set_new(l, "mech", json_string(mech_name(m)));
		json_object_set_new(l, "state",
				    json_string(layer_state_name(run->layer_state[m])));
		json_object_set_new(l, "note", json_string(run->layer_note[m]));
		json_object_set(l, "expected",
				(json_t *)(uintptr_t)bundle_params(&run->bundle, m));
		json_object_set(l, "observed", run->observed[m]);
		json_array_append_new(list, l);
	}
	return list;
}

/* With what the command line added to the bundle's. */
static json_t *receipt_argv(const struct run *run)
{
	json_t *list = json_array();
	size_t i;

	for (i = 0; run->argv[i]; i++)
		json_array_append_new(list, json_string(run->argv[i]));
	return list;
}

int receipt_write(const struct run *run, struct err *e)
{
	_cleanup_json_ json_t *j = json_object();
	char when[32];
	time_t now = time(NULL);
	struct tm tm;

	gmtime_r(&now, &tm);
	strftime(when, sizeof(when), "%Y-%m-%dT%H:%M:%SZ", &tm);
	json_object_set_new(j, "format", json_string("brattice-receipt"));
	json_object_set_new(j, "version", json_integer(1));
	json_object_set_new(j, "name", json_string(run->bundle.name));
	json_object_set_new(j, "bundle",
			    json_pack("{s:s,s:s}", "path", run->bundle_path, "sha256",
				      run->bundle.digest));
	json_object_set_new(j, "boot_id", json_string(run->boot_id));
	json_object_set_new(j, "launched", json_string(when));
	json_object_set_new(j, "supervisor", receipt_supervisor(run));
	json_object_set_new(j, "vmm",
			    json_pack("{s:I,s:I}", "pid", (json_int_t)run->pid,
				      "starttime", (json_int_t)run->starttime));
	json_object_set_new(j, "uid", json_integer(run->uid));
	json_object_set_new(j, "gid", json_integer(run->gid));
	json_object_set_new(j, "argv", receipt_argv(run));
	json_object_set_new(j, "cgroups", receipt_cgroups(run));
	json_object_set_new(j, "objects", receipt_objects(run));
	json_object_set_new(j, "layers", receipt_layers(run));
	return state_write(&run->state, "json", j, false, e);
}

void receipt_remove_dir(const struct state *s, const char *name)
{
	int fd = openat(s->dirfd, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	_cleanup_dir_ DIR *d = fd < 0 ? NULL : fdopendir(fd);
	struct dirent *de;

	while (d && (de = readdir(d)))
		if (de->d_name[0] != '.')
			unlinkat(fd, de->d_name, 0);
	if (d)
		unlinkat(s->dirfd, name, AT_REMOVEDIR);
}
