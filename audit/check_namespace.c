/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Namespaces and the root directory: how much of the host a VMM can name at all. */
#include <string.h>

#include "judge.h"

/* Shared with pid 1: mount, pid, net and ipc weigh; uts, cgroup, user are told as well.
 */
static enum verdict eval_init(const struct check *c, const struct view *v,
			      struct finding *f)
{
	static const char *const names[] = {
		"mnt", "pid", "net", "ipc", "uts", "cgroup"
	};
	const json_t *own = json_object_get(v->vm, "namespace");
	const json_t *init = json_object_get(v->facts, "init_ns");
	bool shared = false, unread = false;
	size_t i;

	for (i = 0; i < ARRAY_SIZE(names); i++) {
		const json_t *a = json_object_get(own, names[i]);
		const json_t *b = json_object_get(init, names[i]);

		if (!judge_word_in(names[i], c->arg))
			continue;
		if (!json_is_integer(a) || !json_is_integer(b)) {
			judge_unreadable(f, json_is_integer(a) ? b : a, names[i]);
			unread = true;
		} else if (json_equal(a, b)) {
			judge(f, VERDICT_GAP, "%s namespace is the host's", names[i]);
			shared = true;
		}
	}
	if (shared || unread)
		return shared ? VERDICT_GAP : VERDICT_UNKNOWN;
	return judge(f, VERDICT_PASS, "own %s", c->arg);
}

static bool mount_matters(const char *point)
{
	return judge_word_in(point, "/|/etc|/usr|/boot|/proc|/sys|/var|/home|/root|/dev");
}

static enum verdict eval_root(const struct check *c _unused_, const struct view *v,
			      struct finding *f)
{
	enum verdict out = VERDICT_UNKNOWN;
	const json_t *key, *mounts, *m, *is_host;
	unsigned writable = 0;
	size_t i;

	is_host = judge_fact(v->vm, "rootfs/is_host_root", f, &out);
	if (!is_host)
		return out;
	key = judge_fact(v->vm, "rootfs/mounts", f, &out);
	if (!key)
		return out;
	mounts = json_object_get(json_object_get(v->facts, "mounts"),
				 json_string_value(key));
	if (!json_is_array(mounts))
		return judge_unreadable(f, mounts, "mountinfo");
	if (json_is_true(is_host))
		judge(f, VERDICT_GAP, "its root is the host's");
	json_array_foreach(mounts, i, m) {
		if (!json_is_true(json_object_get(m, "writable")) ||
		    !mount_matters(judge_text(m, "point")))
			continue;
		if (json_is_true(is_host) || !strcmp(judge_text(m, "type"), "sysfs") ||
		    !strcmp(judge_text(m, "type"), "proc")) {
			writable++;
			judge(f, VERDICT_GAP, "%s (%s) writable", judge_text(m, "point"),
			      judge_text(m, "type"));
		}
	}
	if (json_is_true(is_host) || writable)
		return VERDICT_GAP;
	return judge(f, VERDICT_PASS, "own root with %zu mounts",
		     json_array_size(mounts));
}

/* What a VMM's private /dev may hold: null, zero, full, random, urandom, tty-less, kvm,
 * net/tun, vhost-*, ptmx. */
static bool node_allowed(const json_t *node)
{
	static const char allowed[] =
		"1:3|1:5|1:7|1:8|1:9|5:2|10:232|10:200|10:238|10:241|"
		"10:196";

	return !strcmp(judge_text(node, "type"), "c") &&
	       judge_word_in(judge_text(node, "rdev"), allowed);
}

static enum verdict eval_nodes(const struct check *c _unused_, const struct view *v,
			       struct finding *f)
{
	enum verdict out = VERDICT_UNKNOWN;
	const json_t *nodes, *n,
		*is_host = judge_fact(v->vm, "rootfs/is_host_root", f, &out);
	unsigned bad = 0;
	size_t i;

	if (!is_host)
		return out;
	if (json_is_true(is_host))
		return judge(f, VERDICT_GAP, "the host's /dev");
	nodes = judge_list(v->vm, "rootfs/nodes", f, &out);
	if (!nodes)
		return out;
	json_array_foreach(nodes, i, n) {
		if (node_allowed(n))
			continue;
		bad++;
		judge(f, VERDICT_GAP, "%s (%s %s)", judge_text(n, "name"),
		      judge_text(n, "type"), judge_text(n, "rdev"));
	}
	return bad ? VERDICT_GAP :
		     judge(f, VERDICT_PASS, "%zu nodes, all harmless or declared kinds",
			   json_array_size(nodes));
}

static enum verdict eval_managed(const struct check *c _unused_, const struct view *v,
				 struct finding *f)
{
	enum verdict out = VERDICT_UNKNOWN;

	if (judge_receipt(v, f, &out))
		return judge(f, VERDICT_PASS, "receipt %s",
			     judge_text(v->vm, "receipt/file"));
	if (out == VERDICT_UNKNOWN)
		return out;
	return judge(f, VERDICT_GAP, "parent %lld, found by %s",
		     judge_number(v->vm, "process/ppid", -1),
		     judge_text(v->vm, "found_by"));
}

const struct check checks_namespace[] = {
	{ "PRV-008", "Mount, pid, net or ipc namespace of the host", SEVERITY_MEDIUM,
	  SCOPE_VM, "/proc/PID/ns/*, /proc/1/ns/*",
	  "own mnt, pid, net and ipc namespaces",
	  "What has no name in the VMM's world can't be opened, signalled or connected "
	  "to.",
	  "run it with brattice run; namespaces.net: own", eval_init, "mnt|pid|net|ipc",
	  0 },
	{ "PRV-037", "Host name or cgroup namespace of the host", SEVERITY_LOW, SCOPE_VM,
	  "/proc/PID/ns/{uts,cgroup}, /proc/1/ns/*", "own uts and cgroup namespaces",
	  "They tell a guest's attacker where it is.", "run it with brattice run",
	  eval_init, "uts|cgroup", 0 },
	{ "PRV-011", "The host's file system is the VMM's root", SEVERITY_MEDIUM,
	  SCOPE_VM, "/proc/PID/root, /proc/PID/mountinfo",
	  "a root of its own; /proc and /sys absent or read-only",
	  "Every file whose mode forgot the VMM is open to it.",
	  "run it with brattice run: the rootfs layer shows only the declared files",
	  eval_root, NULL, 0 },
	{ "PRV-012", "Device nodes that a VMM does not need", SEVERITY_HIGH, SCOPE_VM,
	  "/proc/PID/root/dev (lstat)",
	  "null, zero, full, random, urandom, ptmx, kvm, tun, "
	  "vhost, vfio only",
	  "A disk or memory node is the whole host.",
	  "grants.devices: list only what the VM uses; the rootfs layer makes no others",
	  eval_nodes, NULL, 0 },
	{ "PRV-033", "VM outside any launcher's record", SEVERITY_LOW, SCOPE_VM,
	  "receipts in the run directory, /proc/PID/stat",
	  "a receipt names pid and start time",
	  "Nobody knows what this VM was meant to be confined to, so nothing can be "
	  "compared.",
	  "describe it and start it with brattice run", eval_managed, NULL, 0 },
	{ NULL, NULL, 0, 0, NULL, NULL, NULL, NULL, NULL, NULL, 0 },
};
