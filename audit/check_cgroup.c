/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* cgroups: limits count wherever on the way to the root they are set; so does control. */
#include <errno.h>
#include <string.h>

#include "alloc.h"
#include "device_grid.h"
#include "judge.h"
#include "num.h"

#define UNLIMITED UINT64_MAX

/* v1 prints "no limit" as the largest multiple of the page size. */
static bool parse_limit(const char *s, uint64_t *out)
{
	_cleanup_free_ char *word = xstrndup(s, strcspn(s, " "));

	*out = UNLIMITED;
	if (!strcmp(word, "max") || !strcmp(word, "-1"))
		return true;
	if (num_u64(word, out) < 0)
		return false;
	if (*out >= (uint64_t)1 << 62)
		*out = UNLIMITED;
	return true;
}

/* The group of the VM in the hierarchy that has the controller; v2 stands in for all. */
static const json_t *group_key(const struct view *v, const char *controller)
{
	const json_t *list = json_object_get(v->vm, "cgroup"), *m;
	size_t i;

	json_array_foreach(list, i, m) {
		const char *words = judge_text(m, "controllers"),
			   *p = strstr(words, controller);
		size_t n = strlen(controller);

		if (p && (p == words || p[-1] == ',') && (!p[n] || p[n] == ','))
			return json_object_get(m, "group");
	}
	return NULL;
}

struct limit_search {
	const char *controller, *file_v1, *file_v2;
};

/* The tightest value of a file from the group up to the root of its hierarchy. */
static bool tightest(const struct view *v, const json_t *key, const char *file,
		     struct finding *f, enum verdict *out, uint64_t *limit)
{
	const json_t *all = json_object_get(v->facts, "cgroups"), *g, *fact;
	const char *where = json_string_value(key), *from = "";
	bool any = false;

	*limit = UNLIMITED;
	for (; where; where = json_string_value(json_object_get(g, "parent"))) {
		uint64_t n;

		g = json_object_get(all, where);
		fact = json_object_get(json_object_get(g, "files"), file);
		if (facts_unreadable(json_object_get(g, "files"), NULL) ||
		    facts_unreadable(fact, NULL)) {
			*out = judge_unreadable(
				f, fact ? fact : json_object_get(g, "files"), where);
			return false;
		}
		if (!json_is_string(fact) || !parse_limit(json_string_value(fact), &n))
			continue;
		any = true;
		if (n < *limit) {
			*limit = n;
			from = judge_text(g, "dir");
		}
	}
	if (any && *limit != UNLIMITED)
		judge(f, VERDICT_PASS, "%s %llu at %s", file, (unsigned long long)*limit,
		      from);
	return any;
}

static enum verdict limit_of(const struct view *v, struct finding *f,
			     const struct limit_search *s, uint64_t *limit)
{
	const json_t *cgroup = json_object_get(v->vm, "cgroup"), *key;
	enum verdict out = VERDICT_UNKNOWN;

	if (!json_is_array(cgroup))
		return judge_unreadable(f, cgroup, "/proc/PID/cgroup");
	*limit = UNLIMITED;
	key = group_key(v, s->controller);
	if (json_is_string(key)) {
		if (tightest(v, key, s->file_v1, f, &out, limit))
			return VERDICT_PASS;
		if (f->found.len)
			return out;
	} else if (key) {
		return judge_unreadable(f, key, s->controller);
	}
	key = group_key(v, "v2");
	if (json_is_string(key) && tightest(v, key, s->file_v2, f, &out, limit))
		return VERDICT_PASS;
	if (f->found.len)
		return out;
	if (key && !json_is_string(key))
		return judge_unreadable(f, key, "the cgroup");
	judge(f, VERDICT_GAP, "no cgroup with a %s limit", s->controller);
	return VERDICT_GAP;
}

static const struct limit_search searches[] = {
	{ "memory", "memory.limit_in_bytes", "memory.max" },
	{ "pids", "pids.max", "pids.max" },
	{ "cpu", "cpu.cfs_quota_us", "cpu.max" },
};

static enum verdict eval_limit(const struct check *c, const struct view *v,
			       struct finding *f)
{
	const struct limit_search *s = &searches[c->limit];
	uint64_t limit;
	enum verdict r = limit_of(v, f, s, &limit);

	if (r != VERDICT_PASS || limit != UNLIMITED)
		return r;
	return judge(f, VERDICT_GAP, "no limit for %s at any level", s->controller);
}

static bool is_root_group(const char *key)
{
	const char *path = key ? strchr(key, ':') : NULL;

	return path && !strcmp(path, ":/");
}

/* In the root group no limit can be set at all; in a user's session the user moves it. */
static enum verdict eval_own(const struct check *c _unused_, const struct view *v,
			     struct finding *f)
{
	const json_t *list = json_object_get(v->vm, "cgroup"), *m;
	unsigned n = 0;
	size_t i;

	if (!json_is_array(list))
		return judge_unreadable(f, list, "/proc/PID/cgroup");
	json_array_foreach(list, i, m) {
		const json_t *group = json_object_get(m, "group");

		if (!judge_word_in(judge_text(m, "controllers"),
				   "memory|pids|devices|cpu|cpu,cpuacct|v2"))
			continue;
		if (!json_is_string(group))
			return judge_unreadable(f, group, judge_text(m, "controllers"));
		judge(f, VERDICT_PASS, "%s", json_string_value(group));
		n += !is_root_group(json_string_value(group));
	}
	return n ? VERDICT_PASS : VERDICT_GAP;
}

/* The effective uid of the first group of threads, -1 if it isn't known. */
static long long vmm_uid(const struct view *v)
{
	const json_t *first = json_array_get(facts_at(v->vm, "threads/groups"), 0);
	const json_t *uid = json_array_get(json_object_get(first, "uid"), 1);

	return json_is_integer(uid) ? (long long)json_integer_value(uid) : -1;
}

static enum verdict eval_writable(const struct check *c _unused_, const struct view *v,
				  struct finding *f)
{
	const json_t *list = json_object_get(v->vm, "cgroup"), *m;
	const json_t *all = json_object_get(v->facts, "cgroups");
	long long uid = vmm_uid(v);
	unsigned bad = 0, looked = 0;
	size_t i;

	if (!json_is_array(list))
		return judge_unreadable(f, list, "/proc/PID/cgroup");
	if (uid < 0)
		return judge_unreadable(f, NULL, "uid of the VMM");
	json_array_foreach(list, i, m) {
		const json_t *g = json_object_get(all, judge_text(m, "group"));
		long long mode = judge_number(g, "mode", 0),
			  owner = judge_number(g, "uid", -1);

		if (owner < 0)
			continue;
		looked++;
		if (!(mode & 02) && owner != uid)
			continue;
		bad++;
		judge(f, VERDICT_GAP,
		      "%s/cgroup.procs: owner %lld, mode %04llo, VMM's uid %lld",
		      judge_text(g, "dir"), owner, mode, uid);
	}
	if (bad)
		return VERDICT_GAP;
	return looked ? judge(f, VERDICT_PASS, "uid %lld owns none of %u groups", uid,
			      looked) :
			judge(f, VERDICT_UNKNOWN,
			      "no cgroup directory could be looked at");
}

/* v1: the list of the group itself is what holds; children never have more. */
static enum verdict control_v1(const struct view *v, struct finding *f, const json_t *key)
{
	const json_t *g = json_object_get(json_object_get(v->facts, "cgroups"),
					  json_string_value(key));
	enum verdict out = VERDICT_UNKNOWN;
	const json_t *list = judge_fact(g, "files/devices.list", f, &out);

	if (!list)
		return out;
	if (!strncmp(json_string_value(list), "a *:* rwm", 9))
		return judge(f, VERDICT_GAP, "devices.list of %s: a *:* rwm",
			     judge_text(g, "dir"));
	return judge(f, VERDICT_PASS, "devices.list of %s: %.200s", judge_text(g, "dir"),
		     json_string_value(list));
}

/* v2: every program on the way to the root is asked; all must say yes. */
static enum verdict control_v2(const struct view *v, struct finding *f, const json_t *key)
{
	const json_t *all = json_object_get(v->facts, "cgroups"), *g;
	const char *where = json_string_value(key);
	size_t n = 0;

	for (; where; where = json_string_value(json_object_get(g, "parent"))) {
		const json_t *programs;

		g = json_object_get(all, where);
		programs = json_object_get(g, "device_programs");
		if (!json_is_array(programs))
			return judge_unreadable(f, programs, "device programs");
		if (json_array_size(programs))
			judge(f, VERDICT_PASS, "%zu device programs at %s",
			      json_array_size(programs), judge_text(g, "dir"));
		n += json_array_size(programs);
	}
	return n ? VERDICT_PASS : judge(f, VERDICT_GAP, "no device program at any level");
}

static enum verdict eval_devices(const struct check *c _unused_, const struct view *v,
				 struct finding *f)
{
	const json_t *cgroup = json_object_get(v->vm, "cgroup");
	const json_t *v1 = group_key(v, "devices"), *v2 = group_key(v, "v2");
	enum verdict r = VERDICT_UNKNOWN;

	if (!json_is_array(cgroup))
		return judge_unreadable(f, cgroup, "/proc/PID/cgroup");
	if (!v1 && !v2)
		return judge(f, VERDICT_GAP,
			     "in no cgroup hierarchy with device control");
	if (json_is_string(v2)) {
		r = control_v2(v, f, v2);
		if (r == VERDICT_PASS)
			return r;
	} else if (v2 && !v1) {
		return judge_unreadable(f, v2, "the cgroup");
	}
	if (json_is_string(v1))
		return control_v1(v, f, v1);
	return v1 ? judge_unreadable(f, v1, "the devices controller") : r;
}

static enum verdict eval_grid(const struct check *c _unused_, const struct view *v,
			      struct finding *f)
{
	const json_t *v1 = group_key(v, "devices"), *v2 = group_key(v, "v2");
	const json_t *all = json_object_get(v->facts, "cgroups");

	if (!json_is_array(json_object_get(v->vm, "cgroup")))
		return judge_unreadable(f, json_object_get(v->vm, "cgroup"),
					"/proc/PID/cgroup");
	if (!json_is_string(v1) && !json_is_string(v2))
		return judge(f, VERDICT_UNKNOWN, "no hierarchy with device control");
	return device_grid_judge(all, json_string_value(v1), json_string_value(v2), f);
}

#define WHERE(files) "/proc/PID/cgroup; " files " there and in every ancestor"

const struct check checks_cgroup[] = {
	{ "CGR-014", "VM is in no cgroup of its own", SEVERITY_MEDIUM, SCOPE_VM,
	  "/proc/PID/cgroup", "not the root group of every hierarchy",
	  "In the root group nothing is limited and nothing is accounted.",
	  "run it with brattice run; cgroup.parent", eval_own, NULL, 0 },
	{ "CGR-002", "No memory limit", SEVERITY_MEDIUM, SCOPE_VM,
	  WHERE("memory.max, memory.limit_in_bytes"), "a number",
	  "One VMM can take all of the host's memory.", "cgroup.memory_max", eval_limit,
	  NULL, 0 },
	{ "CGR-003", "No limit on the number of tasks", SEVERITY_MEDIUM, SCOPE_VM,
	  WHERE("pids.max"), "a number", "A fork bomb from one VMM stops the host.",
	  "cgroup.pids_max", eval_limit, NULL, 1 },
	{ "CGR-004", "No limit on CPU time", SEVERITY_LOW, SCOPE_VM,
	  WHERE("cpu.max, cpu.cfs_quota_us"), "a number",
	  "One VM slows all others, and measures them.", "cgroup.cpu_percent", eval_limit,
	  NULL, 2 },
	{ "CGR-005", "No device control", SEVERITY_HIGH, SCOPE_VM,
	  WHERE("BPF_PROG_QUERY, devices.list"),
	  "a device program, or a list that is not "
	  "\"a *:* rwm\"",
	  "A device node that slips into the VM's world can be opened.",
	  "cgroup.devices: true", eval_devices, NULL, 0 },
	{ "CGR-006", "Device control lets the host's devices through", SEVERITY_HIGH,
	  SCOPE_VM, WHERE("device programs executed (--deep), devices.list"),
	  "memory, kmsg, disks, consoles and vfio are refused",
	  "A program that is attached proves nothing: what it answers does.",
	  "grants.devices: list only what the VM uses", eval_grid, NULL, 0 },
	{ "CGR-007", "The VMM can move itself to another cgroup", SEVERITY_HIGH, SCOPE_VM,
	  WHERE("owner and mode of cgroup.procs"),
	  "owned by another uid, not world-writable",
	  "Limits that their subject can leave are none.",
	  "chown the group back to root; brattice run makes groups that root owns",
	  eval_writable, NULL, 0 },
	{ NULL, NULL, 0, 0, NULL, NULL, NULL, NULL, NULL, NULL, 0 },
};
