/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * What two VMs have in common. Each VM gives the keys of what it holds; equal keys are
 * found by hashing, so a thousand VMs cost a thousand look-ups, not half a million.
 */
#include <string.h>

#include "judge.h"
#include "proc.h"

struct index {
	json_t *holders; /* key -> array of VM numbers */
	unsigned unread;
	const json_t *why; /* the first fact that could not be read */
	const char *what;
};

static void index_add(struct index *x, const char *key, size_t vm)
{
	json_t *list = json_object_get(x->holders, key);
	size_t n = json_array_size(list);

	if (!list) {
		list = json_array();
		proc_set(x->holders, key, list);
	}
	if (!n || json_integer_value(json_array_get(list, n - 1)) != (json_int_t)vm)
		proc_append(list, json_integer((json_int_t)vm));
}

static void index_unread(struct index *x, const json_t *fact, const char *what)
{
	if (!x->unread++) {
		x->why = fact;
		x->what = what;
	}
}

static const char *vm_name(const struct view *v, const json_t *number)
{
	return judge_text(json_array_get(v->vms, (size_t)json_integer_value(number)),
			  "name");
}

static void show_group(const struct view *v, struct finding *f, const char *key,
		       const json_t *list)
{
	_cleanup_strbuf_ struct strbuf names = STRBUF_INIT;
	size_t i, n = json_array_size(list);

	for (i = 0; i < n && i < 8; i++)
		strbuf_printf(&names, "%s%s", i ? ", " : "",
			      vm_name(v, json_array_get(list, i)));
	if (n > 8)
		strbuf_printf(&names, " and %zu more", n - 8);
	judge(f, VERDICT_GAP, "%s: %s", key, names.s);
}

/* Ends a pair check: groups of two and more are gaps; what wasn't read is unknown. */
static enum verdict index_judge(struct index *x, const struct view *v, struct finding *f,
				const char *nothing)
{
	unsigned n = 0;
	const char *key;
	json_t *list;

	f->groups = json_array();
	f->incomplete = x->unread > 0;
	json_object_foreach(x->holders, key, list) {
		if (json_array_size(list) < 2)
			continue;
		proc_append(f->groups, json_incref(list));
		if (n++ < 20)
			show_group(v, f, key, list);
	}
	json_decref(x->holders);
	if (n)
		return VERDICT_GAP;
	if (json_array_size(v->vms) < 2)
		return judge(f, VERDICT_NA, "fewer than two VMs");
	if (x->unread) {
		judge(f, VERDICT_UNKNOWN, "%u VMs could not be compared", x->unread);
		return judge_unreadable(f, x->why, x->what);
	}
	return judge(f, VERDICT_PASS, "%s", nothing);
}

static enum verdict eval_uid(const struct check *c, const struct view *v,
			     struct finding *f)
{
	struct index x = { .holders = json_object() };
	const json_t *vm, *groups, *g;
	size_t i, k;

	json_array_foreach(v->vms, i, vm) {
		groups = facts_at(vm, "threads/groups");
		if (!groups)
			index_unread(&x, json_object_get(vm, "threads"), "threads");
		json_array_foreach(groups, k, g) {
			const json_t *ids = json_object_get(g, c->arg);
			char key[48];

			if (!ids) {
				index_unread(&x, NULL, c->arg);
				continue;
			}
			snprintf(key, sizeof(key), "%s %lld", c->arg,
				 (long long)json_integer_value(json_array_get(ids, 1)));
			index_add(&x, key, i);
		}
	}
	return index_judge(&x, v, f, "all different");
}

/* Namespaces that are shared, but not with the host: that is another check's. */
static enum verdict eval_namespace(const struct check *c _unused_, const struct view *v,
				   struct finding *f)
{
	static const char *const names[] = { "mnt", "pid", "net", "ipc", "user" };
	const json_t *init = json_object_get(v->facts, "init_ns"), *vm;
	struct index x = { .holders = json_object() };
	size_t i, k;

	json_array_foreach(v->vms, i, vm) {
		for (k = 0; k < ARRAY_SIZE(names); k++) {
			const json_t *ino = json_object_get(vm, "namespace");
			char key[48];

			ino = json_object_get(ino, names[k]);
			if (!json_is_integer(ino)) {
				index_unread(&x, ino, "namespaces");
				break;
			}
			if (json_equal(ino, json_object_get(init, names[k])))
				continue;
			snprintf(key, sizeof(key), "%s:[%lld]", names[k],
				 (long long)json_integer_value(ino));
			index_add(&x, key, i);
		}
	}
	return index_judge(&x, v, f, "none shared besides the host's");
}

/* Groups that can limit anything. With one of its own somewhere, the root groups of other
 * hierarchies that a VM shares with everybody say nothing; without, that is CGR-014. */
static bool group_counts(const json_t *membership, bool root_counts)
{
	const char *key = judge_text(membership, "group"), *path = strchr(key, ':');

	return path && (root_counts || strcmp(path, ":/")) &&
	       judge_word_in(judge_text(membership, "controllers"),
			     "v2|memory|pids|devices|cpu|cpu,cpuacct");
}

static enum verdict eval_cgroup(const struct check *c _unused_, const struct view *v,
				struct finding *f)
{
	struct index x = { .holders = json_object() };
	const json_t *vm, *list, *m;
	size_t i, k;

	json_array_foreach(v->vms, i, vm) {
		bool own = false;

		list = json_object_get(vm, "cgroup");
		if (!json_is_array(list))
			index_unread(&x, list, "cgroups");
		json_array_foreach(list, k, m)
			own |= group_counts(m, false);
		json_array_foreach(list, k, m)
			if (group_counts(m, !own))
				index_add(&x, judge_text(m, "group"), i);
	}
	return index_judge(&x, v, f, "each VM has its own groups");
}

/* Calls fn for every descriptor of every VM; unread tables are counted. */
static void each_fd(const struct view *v, struct index *x,
		    void (*fn)(struct index *x, const json_t *fd, size_t vm,
			       const char *arg),
		    const char *arg)
{
	const json_t *vm, *list, *fd;
	size_t i, k;

	json_array_foreach(v->vms, i, vm) {
		list = facts_at(vm, "object/list");
		if (!list)
			index_unread(x, json_object_get(vm, "object"), "descriptors");
		else if (facts_at(vm, "object/incomplete"))
			index_unread(x, facts_at(vm, "object/incomplete"), "descriptors");
		json_array_foreach(list, k, fd)
			fn(x, fd, i, arg);
	}
}

/* A device by its number, anything else by its inode. */
static void fd_key(const json_t *fd, char *key, size_t size)
{
	if (*judge_text(fd, "rdev"))
		snprintf(key, size, "%s %s", judge_text(fd, "class"),
			 judge_text(fd, "rdev"));
	else
		snprintf(key, size, "%s %s inode %lld", judge_text(fd, "class"),
			 judge_text(fd, "dev"), judge_number(fd, "ino", 0));
}

/* Storage that is open for writing: two writers. Keys carry the path for the report. */
static void add_writable(struct index *x, const json_t *fd, size_t vm,
			 const char *arg _unused_)
{
	char key[160];

	if (!judge_word_in(judge_text(fd, "class"), "file|block") ||
	    !strchr(judge_text(fd, "access"), 'w') || !judge_number(fd, "nlink", 1))
		return;
	fd_key(fd, key, sizeof(key));
	index_add(x, key, vm);
}

static enum verdict eval_writers(const struct check *c _unused_, const struct view *v,
				 struct finding *f)
{
	struct index x = { .holders = json_object() };

	each_fd(v, &x, add_writable, NULL);
	return index_judge(&x, v, f, "no file or disk has two writers");
}

/* One writes what another only reads: a base image below somebody's overlay. */
static enum verdict eval_poison(const struct check *c _unused_, const struct view *v,
				struct finding *f)
{
	struct index writers = { .holders = json_object() },
		     x = { .holders = json_object() };
	const json_t *vm, *list, *fd;
	size_t i, k;

	each_fd(v, &writers, add_writable, NULL);
	json_array_foreach(v->vms, i, vm) {
		list = facts_at(vm, "object/list");
		json_array_foreach(list, k, fd) {
			const json_t *w;
			char key[160];

			if (!judge_word_in(judge_text(fd, "class"), "file|block") ||
			    strcmp(judge_text(fd, "access"), "r"))
				continue;
			fd_key(fd, key, sizeof(key));
			w = json_object_get(writers.holders, key);
			if (!w)
				continue;
			index_add(&x, key,
				  (size_t)json_integer_value(json_array_get(w, 0)));
			index_add(&x, key, i);
		}
	}
	x.unread = writers.unread;
	x.why = writers.why;
	x.what = writers.what;
	json_decref(writers.holders);
	return index_judge(&x, v, f, "nobody writes what another one reads");
}

static void add_class(struct index *x, const json_t *fd, size_t vm, const char *arg)
{
	char key[160];

	if (!judge_word_in(judge_text(fd, "class"), arg) ||
	    !strcmp(judge_text(fd, "path"), "/dev/vfio/vfio"))
		return;
	fd_key(fd, key, sizeof(key));
	index_add(x, key, vm);
}

static enum verdict eval_class(const struct check *c, const struct view *v,
			       struct finding *f)
{
	struct index x = { .holders = json_object() };

	each_fd(v, &x, add_class, c->arg);
	return index_judge(&x, v, f, "none shared");
}

static void add_tap(struct index *x, const json_t *fd, size_t vm,
		    const char *arg _unused_)
{
	const json_t *tap = json_object_get(fd, "tap");

	if (facts_unreadable(tap, NULL))
		index_unread(x, tap, "fdinfo of a tap");
	else if (json_is_string(tap))
		index_add(x, json_string_value(tap), vm);
}

static enum verdict eval_tap(const struct check *c _unused_, const struct view *v,
			     struct finding *f)
{
	struct index x = { .holders = json_object() };

	each_fd(v, &x, add_tap, NULL);
	return index_judge(&x, v, f, "no interface is shared");
}

/* Shared memory by mapping: the descriptor may be closed, the memory still there. */
static enum verdict eval_memory(const struct check *c _unused_, const struct view *v,
				struct finding *f)
{
	struct index x = { .holders = json_object() };
	const json_t *vm, *list, *m;
	size_t i, k;

	each_fd(v, &x, add_class, "memfd");
	json_array_foreach(v->vms, i, vm) {
		list = facts_at(vm, "memory/maps/shared");
		if (!list)
			index_unread(&x, facts_at(vm, "memory/maps"), "maps");
		json_array_foreach(list, k, m) {
			char key[160];

			if (judge_text(m, "perms")[1] != 'w')
				continue;
			snprintf(key, sizeof(key), "memfd %s inode %lld",
				 judge_text(m, "dev"), judge_number(m, "ino", 0));
			index_add(&x, key, i);
		}
	}
	return index_judge(&x, v, f, "no memory is shared");
}

static enum verdict eval_label(const struct check *c _unused_, const struct view *v,
			       struct finding *f)
{
	struct index x = { .holders = json_object() };
	const json_t *vm;
	bool absent = false;
	size_t i;

	json_array_foreach(v->vms, i, vm) {
		const json_t *label = facts_at(vm, "selinux/current");

		if (facts_absent(label))
			absent = true;
		else if (!json_is_string(label))
			index_unread(&x, label, "attr/current");
		else
			index_add(&x, json_string_value(label), i);
	}
	if (absent) {
		json_decref(x.holders);
		return judge(f, VERDICT_NA, "no LSM labels processes on this kernel");
	}
	return index_judge(&x, v, f, "all different");
}

static enum verdict eval_cookie(const struct check *c _unused_, const struct view *v,
				struct finding *f)
{
	struct index x = { .holders = json_object() };
	const json_t *vm;
	size_t i;

	json_array_foreach(v->vms, i, vm) {
		const char *cookie = judge_text(vm, "speculation/core_cookie");

		if (*cookie && strcmp(cookie, "0"))
			index_add(&x, cookie, i);
	}
	return index_judge(&x, v, f, "no cookie is shared");
}

#define FDS "/proc/PID/fd/* of every VM"

const struct check checks_pair[] = {
	{ "PRV-002", "VMs share a uid", SEVERITY_HIGH, SCOPE_PAIR,
	  "/proc/PID/task/*/status Uid of every VM", "each VM has its own",
	  "One taken VMM signals, traces and reads the files of all of that uid.",
	  "identity.first, identity.last: the launcher leases one uid to each VM",
	  eval_uid, "uid", 0 },
	{ "PRV-034", "VMs share a gid", SEVERITY_MEDIUM, SCOPE_PAIR,
	  "/proc/PID/task/*/status Gid of every VM", "each VM has its own",
	  "Group permissions on an image open it to the others.",
	  "identity.first, identity.last", eval_uid, "gid", 0 },
	{ "PRV-009", "VMs share a namespace with each other", SEVERITY_HIGH, SCOPE_PAIR,
	  "/proc/PID/ns/* of every VM", "no namespace in common besides the host's",
	  "It looks isolated and is not: they see each other.",
	  "run each with brattice run", eval_namespace, NULL, 0 },
	{ "CGR-001", "VMs share a cgroup", SEVERITY_MEDIUM, SCOPE_PAIR,
	  "/proc/PID/cgroup of every VM", "a group for each VM",
	  "They share one limit: either can starve the other.",
	  "run each with brattice run", eval_cgroup, NULL, 0 },
	{ "IMG-004", "Two VMs write the same image", SEVERITY_CRITICAL, SCOPE_PAIR, FDS,
	  "one writer for each file or disk",
	  "Corruption, and a channel between the guests.",
	  "give each VM its own image; disks[].shared says it is wanted", eval_writers,
	  NULL, 0 },
	{ "IMG-005", "One VM writes an image that another one reads", SEVERITY_CRITICAL,
	  SCOPE_PAIR, FDS, "a base image is read-only for everybody",
	  "The writer plants what the reader runs.",
	  "disks[].readonly: true for the base", eval_poison, NULL, 0 },
	{ "PRV-016", "VMs share memory", SEVERITY_CRITICAL, SCOPE_PAIR,
	  "/proc/PID/maps, " FDS, "no memfd or shared mapping in common",
	  "One VMM reads and writes the other guest's memory.",
	  "remove ivshmem or the common memory backend", eval_memory, NULL, 0 },
	{ "DEV-001", "VMs hold the same VFIO group", SEVERITY_CRITICAL, SCOPE_PAIR, FDS,
	  "one VM for each group",
	  "A device that two guests drive reads both their memories.",
	  "vfio: each address under one VM", eval_class, "vfio", 0 },
	{ "NET-003", "VMs share a network interface", SEVERITY_CRITICAL, SCOPE_PAIR,
	  "/proc/PID/fdinfo/* (iff) of every VM", "one VM for each tap",
	  "Each receives what is meant for the other.",
	  "network[].ifname: one for each VM", eval_tap, NULL, 0 },
	{ "MAC-004", "VMs have the same security label", SEVERITY_CRITICAL, SCOPE_PAIR,
	  "/proc/PID/attr/current of every VM", "all different",
	  "Mandatory access control does not tell them apart.", "selinux.mode: required",
	  eval_label, NULL, 0 },
	{ "CGR-015", "VMs share a core-scheduling cookie", SEVERITY_MEDIUM, SCOPE_PAIR,
	  "prctl(PR_SCHED_CORE_GET, PID) of every VM", "all different",
	  "They may run on siblings of one core.",
	  "speculation.core_scheduling: required", eval_cookie, NULL, 0 },
	{ NULL, NULL, 0, 0, NULL, NULL, NULL, NULL, NULL, NULL, 0 },
};
