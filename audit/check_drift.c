/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The three-way comparison: what the bundle expects, what the receipt says was applied,
 * what the kernel says now. A VM without a receipt has nothing to drift from.
 */
#include <string.h>

#include "alloc.h"
#include "judge.h"

static const json_t *layer(const json_t *receipt, const char *mech)
{
	const json_t *l;
	size_t i;

	json_array_foreach(json_object_get(receipt, "layers"), i, l)
		if (!strcmp(judge_text(l, "mech"), mech))
			return l;
	return NULL;
}

static bool is_applied(const json_t *receipt, const char *mech)
{
	return !strcmp(judge_text(layer(receipt, mech), "state"), "applied");
}

/* Every id of every thread is the one of the receipt. */
static bool ids_are(const json_t *ids, long long want)
{
	const json_t *id;
	size_t i;

	json_array_foreach(ids, i, id)
		if ((long long)json_integer_value(id) != want)
			return false;
	return true;
}

static enum verdict eval_identity(const struct check *c _unused_, const struct view *v,
				  struct finding *f)
{
	enum verdict out = VERDICT_UNKNOWN;
	const json_t *r = judge_receipt(v, f, &out), *groups, *g;
	long long uid, gid;
	size_t i;

	if (!r)
		return out;
	groups = judge_list(v->vm, "threads/groups", f, &out);
	if (!groups)
		return out;
	uid = judge_number(r, "uid", -1);
	gid = judge_number(r, "gid", -1);
	json_array_foreach(groups, i, g) {
		const json_t *u = json_object_get(g, "uid"),
			     *d = json_object_get(g, "gid");

		if (!u || !d)
			return judge_unreadable(f, NULL, "Uid and Gid lines");
		if (!ids_are(u, uid) || !ids_are(d, gid) || *judge_text(g, "groups"))
			return judge(f, VERDICT_GAP,
				     "receipt: uid %lld, gid %lld; kernel: uid "
				     "%lld, gid %lld, groups \"%s\"",
				     uid, gid,
				     (long long)json_integer_value(json_array_get(u, 1)),
				     (long long)json_integer_value(json_array_get(d, 1)),
				     judge_text(g, "groups"));
	}
	return judge(f, VERDICT_PASS, "uid %lld, gid %lld, no groups", uid, gid);
}

/* "mnt:[4026531841]" against the inode that the kernel gives now. */
static enum verdict eval_namespace(const struct check *c _unused_, const struct view *v,
				   struct finding *f)
{
	static const char *const names[][2] = {
		{ "mount", "mnt" }, { "pid", "pid" }, { "ipc", "ipc" },
		{ "uts", "uts" },   { "net", "net" }, { "cgroup", "cgroup" },
		{ "user", "user" }
	};
	enum verdict out = VERDICT_UNKNOWN;
	const json_t *r = judge_receipt(v, f, &out), *observed, *now;
	unsigned same = 0;
	size_t i;

	if (!r)
		return out;
	observed = json_object_get(layer(r, "namespace"), "observed");
	now = judge_fact(v->vm, "namespace", f, &out);
	if (!now)
		return out;
	for (i = 0; i < ARRAY_SIZE(names); i++) {
		const char *then = judge_text(observed, names[i][0]);
		const json_t *ino = json_object_get(now, names[i][1]);
		_cleanup_free_ char *text = NULL;

		if (!*then)
			continue;
		if (!json_is_integer(ino))
			return judge_unreadable(f, ino, names[i][1]);
		text = xasprintf("%s:[%lld]", names[i][1],
				 (long long)json_integer_value(ino));
		if (strcmp(text, then))
			return judge(f, VERDICT_GAP, "receipt: %s; kernel: %s", then,
				     text);
		same++;
	}
	return same ? judge(f, VERDICT_PASS, "%u namespaces as recorded", same) :
		      judge(f, VERDICT_UNKNOWN, "the receipt records no namespaces");
}

static bool caps_empty(const json_t *caps)
{
	static const char *const sets[] = { "inh", "prm", "eff", "bnd", "amb" };
	size_t i;

	for (i = 0; i < ARRAY_SIZE(sets); i++) {
		const char *hex = judge_text(caps, sets[i]);

		if (strspn(hex, "0") != strlen(hex))
			return false;
	}
	return true;
}

static enum verdict eval_caps(const struct check *c _unused_, const struct view *v,
			      struct finding *f)
{
	enum verdict out = VERDICT_UNKNOWN;
	const json_t *r = judge_receipt(v, f, &out), *groups, *g;
	size_t i;

	if (!r)
		return out;
	groups = judge_list(v->vm, "threads/groups", f, &out);
	if (!groups)
		return out;
	json_array_foreach(groups, i, g) {
		const json_t *caps = json_object_get(g, "caps");

		if (!caps || !json_object_get(g, "nnp"))
			return judge_unreadable(f, NULL, "Cap and NoNewPrivs lines");
		if (is_applied(r, "capability") && !caps_empty(caps))
			return judge(f, VERDICT_GAP,
				     "receipt: all sets empty; kernel: eff %s, "
				     "bnd %s",
				     judge_text(caps, "eff"), judge_text(caps, "bnd"));
		if (is_applied(r, "nnp") && judge_number(g, "nnp", 0) != 1)
			return judge(f, VERDICT_GAP,
				     "receipt: no_new_privs; kernel: not set");
	}
	return judge(f, VERDICT_PASS, "as recorded");
}

/* Is DIR, as the receipt names it, a group that the process is in? */
static bool in_group(const struct view *v, const char *dir)
{
	const json_t *list = json_object_get(v->vm, "cgroup"), *m;
	const json_t *all = json_object_get(v->facts, "cgroups");
	size_t i;

	json_array_foreach(list, i, m) {
		const json_t *g = json_object_get(all, judge_text(m, "group"));

		if (!strcmp(judge_text(g, "dir"), dir))
			return true;
	}
	return false;
}

static enum verdict eval_cgroup(const struct check *c _unused_, const struct view *v,
				struct finding *f)
{
	enum verdict out = VERDICT_UNKNOWN;
	const json_t *r = judge_receipt(v, f, &out), *list, *entry;
	size_t i, n;

	if (!r)
		return out;
	if (!json_is_array(json_object_get(v->vm, "cgroup")))
		return judge_unreadable(f, json_object_get(v->vm, "cgroup"),
					"/proc/PID/cgroup");
	list = json_object_get(r, "cgroups");
	n = json_array_size(list);
	json_array_foreach(list, i, entry)
		if (!in_group(v, judge_text(entry, "path")))
			return judge(f, VERDICT_GAP,
				     "receipt: %s; the process is not in it",
				     judge_text(entry, "path"));
	return n ? judge(f, VERDICT_PASS, "in all %zu recorded groups", n) :
		   judge(f, VERDICT_NA, "the receipt records no cgroup");
}

/* Lines of a file are joined by the escape \x0a. */
static bool has_line(const char *text, const char *line)
{
	size_t n = strlen(line);

	for (; text; text = strstr(text, "\\x0a")) {
		text += strncmp(text, "\\x0a", 4) ? 0 : 4;
		if (!strncmp(text, line, n) && (!text[n] || text[n] == '\\'))
			return true;
		text += *text != '\0';
	}
	return false;
}

/* Files that were verified at launch, read again now. */
static enum verdict eval_cgroup_files(const struct check *c _unused_,
				      const struct view *v, struct finding *f)
{
	enum verdict out = VERDICT_UNKNOWN;
	const json_t *r = judge_receipt(v, f, &out), *list, *m;
	const json_t *all = json_object_get(v->facts, "cgroups");
	json_t *files, *then;
	const char *name;
	unsigned same = 0;
	size_t i;

	if (!r)
		return out;
	files = json_object_get(json_object_get(layer(r, "cgroup"), "observed"), "files");
	list = json_object_get(v->vm, "cgroup");
	json_object_foreach(files, name, then) {
		json_array_foreach(list, i, m) {
			const json_t *g = json_object_get(all, judge_text(m, "group"));
			const json_t *now =
				json_object_get(json_object_get(g, "files"), name);

			if (!json_is_string(now) || !json_is_string(then))
				continue;
			if (!has_line(json_string_value(now), json_string_value(then)))
				return judge(f, VERDICT_GAP, "%s: receipt %s, kernel %s",
					     name, json_string_value(then),
					     json_string_value(now));
			same++;
		}
	}
	return same ? judge(f, VERDICT_PASS, "%u limits as recorded", same) :
		      judge(f, VERDICT_NA, "the receipt records no limit that was read");
}

static enum verdict eval_seccomp(const struct check *c _unused_, const struct view *v,
				 struct finding *f)
{
	enum verdict out = VERDICT_UNKNOWN;
	const json_t *r = judge_receipt(v, f, &out), *groups, *g, *observed;
	long long want;
	size_t i;

	if (!r)
		return out;
	if (!is_applied(r, "seccomp"))
		return judge(f, VERDICT_NA, "the receipt does not say applied");
	groups = judge_list(v->vm, "threads/groups", f, &out);
	if (!groups)
		return out;
	observed = json_object_get(layer(r, "seccomp"), "observed");
	want = judge_number(observed, "filters", 1);
	json_array_foreach(groups, i, g) {
		if (!json_object_get(g, "seccomp"))
			return judge_unreadable(f, NULL, "Seccomp line");
		/* a VMM may add filters of its own; it can't take one away */
		if (judge_number(g, "seccomp", 0) != 2 ||
		    judge_number(g, "filters", want) < want)
			return judge(f, VERDICT_GAP,
				     "receipt: mode 2, %lld filters; kernel: "
				     "mode %lld, %lld filters",
				     want, judge_number(g, "seccomp", -1),
				     judge_number(g, "filters", -1));
	}
	return judge(f, VERDICT_PASS, "mode 2, at least %lld filters", want);
}

static bool fd_matches(const json_t *list, const json_t *object)
{
	const json_t *fd;
	size_t i;

	json_array_foreach(list, i, fd) {
		if (judge_number(fd, "fd", -1) != judge_number(object, "fd", -2))
			continue;
		return judge_number(fd, "ino", -1) == judge_number(object, "ino", -2) ||
		       /* a listening socket's descriptor has another inode than its file
			*/
		       !strcmp(judge_text(fd, "class"), "socket");
	}
	return false;
}

static bool is_object(const json_t *objects, const json_t *fd)
{
	const json_t *o;
	size_t i;

	json_array_foreach(objects, i, o)
		if (judge_number(o, "ino", -1) == judge_number(fd, "ino", -2))
			return true;
	return false;
}

/* A disk, or a file that still has a name and is open for writing. 0 to 2 are those of
 * whoever started the launcher: MGT-007 judges them. */
static bool is_storage(const json_t *fd)
{
	if (judge_number(fd, "fd", 0) <= 2)
		return false;
	if (!strcmp(judge_text(fd, "class"), "block"))
		return true;
	return !strcmp(judge_text(fd, "class"), "file") && judge_number(fd, "nlink", 1) &&
	       strchr(judge_text(fd, "access"), 'w');
}

/* QEMU duplicates and closes descriptors of its own: one that it has closed is no danger,
 * one that it never was given is. */
static enum verdict eval_objects(const struct check *c _unused_, const struct view *v,
				 struct finding *f)
{
	enum verdict out = VERDICT_UNKNOWN;
	const json_t *r = judge_receipt(v, f, &out), *list, *objects, *o, *fd;
	unsigned same = 0, n = 0;
	size_t i;

	if (!r)
		return out;
	list = judge_list(v->vm, "object/list", f, &out);
	if (!list)
		return out;
	objects = json_object_get(r, "objects");
	json_array_foreach(objects, i, o)
		same += fd_matches(list, o);
	json_array_foreach(list, i, fd) {
		if (!is_storage(fd) || is_object(objects, fd))
			continue;
		n++;
		judge(f, VERDICT_GAP, "fd %lld (%s, %s) is not in the receipt",
		      judge_number(fd, "fd", -1), judge_text(fd, "path"),
		      judge_text(fd, "access"));
	}
	return n ? VERDICT_GAP :
		   judge(f, VERDICT_PASS,
			 "%u of %zu objects held, no other disk "
			 "or writable file",
			 same, json_array_size(objects));
}

static enum verdict eval_rlimit(const struct check *c _unused_, const struct view *v,
				struct finding *f)
{
	static const char *const names[] = { "fsize", "core", "nproc", "nofile",
					     "memlock" };
	enum verdict out = VERDICT_UNKNOWN;
	const json_t *r = judge_receipt(v, f, &out), *observed, *now;
	unsigned same = 0;
	size_t i;

	if (!r)
		return out;
	now = judge_fact(v->vm, "rlimit", f, &out);
	if (!now)
		return out;
	observed = json_object_get(layer(r, "rlimit"), "observed");
	for (i = 0; i < ARRAY_SIZE(names); i++) {
		const json_t *then = json_object_get(observed, names[i]);
		long long want =
			json_is_string(then) ? -1 : judge_number(observed, names[i], -2);
		long long hard = judge_number(json_object_get(now, names[i]), "hard", -2);

		if (!then || hard == -2)
			continue;
		if (hard != want)
			return judge(f, VERDICT_GAP, "%s: receipt %lld, kernel %lld",
				     names[i], want, hard);
		same++;
	}
	return same ? judge(f, VERDICT_PASS, "%u limits as recorded", same) :
		      judge(f, VERDICT_UNKNOWN, "the receipt records no limits");
}

static enum verdict eval_bundle(const struct check *c _unused_, const struct view *v,
				struct finding *f)
{
	enum verdict out = VERDICT_UNKNOWN;
	const json_t *r = judge_receipt(v, f, &out), *bundle;
	const char *then, *now;

	if (!r)
		return out;
	bundle = judge_fact(v->vm, "receipt/bundle", f, &out);
	if (!bundle)
		return out;
	then = judge_text(r, "bundle/sha256");
	now = judge_text(bundle, "digest");
	if (!*then || strcmp(then, now))
		return judge(f, VERDICT_GAP, "receipt: %.16s…; on disk: %.16s…", then,
			     now);
	return judge(f, VERDICT_PASS, "%.16s…", now);
}

/* c->arg is the state that this row reports. */
static enum verdict eval_state(const struct check *c, const struct view *v,
			       struct finding *f)
{
	enum verdict out = VERDICT_UNKNOWN;
	const json_t *r = judge_receipt(v, f, &out), *l;
	unsigned n = 0;
	size_t i;

	if (!r)
		return out;
	json_array_foreach(json_object_get(r, "layers"), i, l) {
		if (strcmp(judge_text(l, "state"), c->arg))
			continue;
		n++;
		judge(f, VERDICT_GAP, "%s%s%s", judge_text(l, "mech"),
		      *judge_text(l, "note") ? ": " : "", judge_text(l, "note"));
	}
	if (!json_array_size(json_object_get(r, "layers")))
		return judge(f, VERDICT_UNKNOWN, "the receipt lists no layers");
	return n ? VERDICT_GAP : judge(f, VERDICT_PASS, "no layer is %s", c->arg);
}

#define RECEIPT "receipt of PID; "
#define AGAIN "find out who changed it; stop the VM and launch it again from its bundle"

const struct check checks_drift[] = {
	{ "DRF-001", "Identity has drifted", SEVERITY_CRITICAL, SCOPE_VM,
	  RECEIPT "/proc/PID/task/*/status Uid, Gid, Groups", "as recorded at launch",
	  "The process is not who it was launched as.", AGAIN, eval_identity, NULL, 0 },
	{ "DRF-002", "Namespaces have drifted", SEVERITY_CRITICAL, SCOPE_VM,
	  RECEIPT "/proc/PID/ns/*", "as recorded at launch",
	  "The process sees another part of the host than it was given.", AGAIN,
	  eval_namespace, NULL, 0 },
	{ "DRF-003", "Capabilities or no_new_privs have drifted", SEVERITY_CRITICAL,
	  SCOPE_VM, RECEIPT "/proc/PID/task/*/status Cap*, NoNewPrivs",
	  "as recorded at launch", "Privileges can only come back through a hole.", AGAIN,
	  eval_caps, NULL, 0 },
	{ "DRF-004", "VM has left its cgroups", SEVERITY_HIGH, SCOPE_VM,
	  RECEIPT "/proc/PID/cgroup", "in every group of the receipt",
	  "Its limits and its device control stayed behind.", AGAIN, eval_cgroup, NULL,
	  0 },
	{ "DRF-005", "Limits of its cgroups have changed", SEVERITY_MEDIUM, SCOPE_VM,
	  RECEIPT "files of its cgroups", "as recorded at launch",
	  "Somebody has moved the limits of a running VM.", AGAIN, eval_cgroup_files,
	  NULL, 0 },
	{ "DRF-006", "Fewer seccomp filters than at launch", SEVERITY_CRITICAL, SCOPE_VM,
	  RECEIPT "/proc/PID/task/*/status Seccomp*",
	  "filter mode and at least as many filters",
	  "No process can drop a filter: this is not the process that was launched.",
	  AGAIN, eval_seccomp, NULL, 0 },
	{ "DRF-007", "Disks or writable files that were not granted", SEVERITY_CRITICAL,
	  SCOPE_VM, RECEIPT "/proc/PID/fd/*",
	  "every disk and writable file is an object of the "
	  "receipt",
	  "It came by them after the launch.", AGAIN, eval_objects, NULL, 0 },
	{ "DRF-008", "Resource limits have drifted", SEVERITY_MEDIUM, SCOPE_VM,
	  RECEIPT "/proc/PID/limits", "as recorded at launch",
	  "Only prlimit(2) from outside changes a hard limit upwards.", AGAIN,
	  eval_rlimit, NULL, 0 },
	{ "DRF-009", "Bundle on disk is not the one that runs", SEVERITY_MEDIUM, SCOPE_VM,
	  RECEIPT "manifest.json of its bundle", "the digest of the receipt",
	  "The next start of this VM will be another one than this.",
	  "restart the VM, or build the bundle again from its description", eval_bundle,
	  NULL, 0 },
	{ "LAY-001", "Layers that this kernel does not run", SEVERITY_MEDIUM, SCOPE_VM,
	  "receipt of PID", "no layer is inactive",
	  "Weaker than described: the layer is configured, but not "
	  "active on this kernel.",
	  "boot a kernel with the LSM enabled", eval_state, "inactive", 0 },
	{ "LAY-002", "Layers that this kernel lacks", SEVERITY_MEDIUM, SCOPE_VM,
	  "receipt of PID", "no layer is unavailable",
	  "Weaker than described: the description said auto and the kernel lacks it.",
	  "say required instead of auto where you rely on it", eval_state, "unavailable",
	  0 },
	{ "LAY-003", "Layers that the description turned off", SEVERITY_LOW, SCOPE_VM,
	  "receipt of PID", "no layer is off", "Weaker because the description says so.",
	  "take the off out of the description", eval_state, "off", 0 },
	{ NULL, NULL, 0, 0, NULL, NULL, NULL, NULL, NULL, NULL, 0 },
};
