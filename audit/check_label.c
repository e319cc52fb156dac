/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Mandatory access control: the label of the VMM, and whether an LSM stands behind it. */
#include <string.h>

#include "judge.h"

/* An LSM that labels processes answers for our own attr/current; securityfs may be
 * absent. */
static enum verdict eval_active(const struct check *c _unused_, const struct view *v,
				struct finding *f)
{
	const json_t *lsm = json_object_get(v->files, "/sys/kernel/security/lsm");
	const char *list = json_string_value(lsm);

	if (list) {
		bool mac = strstr(list, "selinux") || strstr(list, "apparmor");

		return judge(f, mac ? VERDICT_PASS : VERDICT_GAP, "lsm=%s", list);
	}
	if (json_is_true(json_object_get(v->host, "lsm_answers")))
		return judge(f, VERDICT_PASS, "attr/current answers");
	if (facts_absent(lsm) && json_is_false(json_object_get(v->host, "lsm_answers")))
		return judge(f, VERDICT_GAP,
			     "no LSM answers for /proc/self/attr/current");
	return judge_unreadable(f, lsm, "/sys/kernel/security/lsm");
}

static enum verdict eval_unconfined(const struct check *c _unused_, const struct view *v,
				    struct finding *f)
{
	const json_t *label = facts_at(v->vm, "selinux/current");
	const char *s = json_string_value(label);

	if (facts_absent(label))
		return judge(f, VERDICT_GAP, "no LSM labels processes on this kernel");
	if (!s)
		return judge_unreadable(f, label, "attr/current");
	if (!*s || !strncmp(s, "unconfined", 10) || strstr(s, ":unconfined_t:") ||
	    strstr(s, ":initrc_t:") || strstr(s, ":init_t:") || strstr(s, ":virtd_t:") ||
	    strstr(s, ":spc_t:") || strstr(s, ":kernel_t:"))
		return judge(f, VERDICT_GAP, "%s", *s ? s : "empty label");
	return judge(f, VERDICT_PASS, "%s", s);
}

static enum verdict eval_complain(const struct check *c _unused_, const struct view *v,
				  struct finding *f)
{
	const json_t *own = facts_at(v->vm, "apparmor/current");
	const json_t *label =
		json_is_string(own) ? own : facts_at(v->vm, "selinux/current");
	const char *s = json_string_value(label);

	if (facts_absent(label))
		return judge(f, VERDICT_NA, "no AppArmor on this kernel");
	if (!s)
		return judge_unreadable(f, label, "attr/current");
	if (!json_is_string(own) && !strstr(s, "(enforce)") && !strstr(s, "(complain)"))
		return judge(f, VERDICT_NA, "not an AppArmor label: %s", s);
	return judge(f, strstr(s, "(enforce)") ? VERDICT_PASS : VERDICT_GAP, "%s", s);
}

static enum verdict eval_enforce(const struct check *c _unused_, const struct view *v,
				 struct finding *f)
{
	enum verdict out = VERDICT_UNKNOWN;
	const char *s = judge_setting(v, "/sys/fs/selinux/enforce", f, &out);

	if (!s)
		return out;
	return judge(f, strcmp(s, "1") ? VERDICT_GAP : VERDICT_PASS, "%s", s);
}

/* The level of "user:role:type:s0:c1,c2": no category at all, or the whole range. */
static enum verdict eval_categories(const struct check *c _unused_, const struct view *v,
				    struct finding *f)
{
	const json_t *label = facts_at(v->vm, "selinux/current");
	const char *s = json_string_value(label), *level = s;
	int i;

	if (facts_absent(label) ||
	    facts_absent(json_object_get(v->files, "/sys/fs/selinux/enforce")))
		return judge(f, VERDICT_NA, "no SELinux on this kernel");
	if (!s)
		return judge_unreadable(f, label, "attr/current");
	for (i = 0; i < 3 && level; i++) {
		level = strchr(level, ':');
		level = level ? level + 1 : NULL;
	}
	if (!level || !strchr(level, 'c') || strchr(level, '.') || !strchr(level, ','))
		return judge(f, VERDICT_GAP, "%s", s);
	return judge(f, VERDICT_PASS, "%s", s);
}

static enum verdict eval_landlock(const struct check *c _unused_, const struct view *v,
				  struct finding *f)
{
	const json_t *layers = facts_at(v->vm, "receipt/receipt/layers"), *l;
	size_t i;

	json_array_foreach(layers, i, l)
		if (!strcmp(judge_text(l, "mech"), "landlock"))
			return judge(f,
				     strcmp(judge_text(l, "state"), "applied") ?
					     VERDICT_GAP :
					     VERDICT_PASS,
				     "the kernel does not tell; the receipt says %s",
				     judge_text(l, "state"));
	return judge(f, VERDICT_UNKNOWN,
		     "the kernel has no interface that tells, and there is "
		     "no receipt");
}

const struct check checks_label[] = {
	{ "MAC-002", "VMM is not confined by SELinux or AppArmor", SEVERITY_HIGH,
	  SCOPE_VM, "/proc/PID/attr/current", "a label of its own, not an unconfined one",
	  "Mandatory access control is the last wall after a taken VMM.",
	  "selinux.mode or apparmor.mode: required (on a kernel that has it)",
	  eval_unconfined, NULL, 0 },
	{ "MAC-006", "Label without a pair of categories", SEVERITY_CRITICAL, SCOPE_VM,
	  "/proc/PID/attr/current", "two categories (sVirt)",
	  "Without categories all VMs may read each other's images.",
	  "selinux.mode: required", eval_categories, NULL, 0 },
	{ "MAC-016", "AppArmor profile does not enforce", SEVERITY_CRITICAL, SCOPE_VM,
	  "/proc/PID/attr/apparmor/current", "(enforce)",
	  "A profile in complain mode only "
	  "writes what it would have denied.",
	  "aa-enforce the profile", eval_complain, NULL, 0 },
	{ "MAC-021", "No Landlock domain is known", SEVERITY_LOW, SCOPE_VM,
	  "the receipt; no kernel interface tells", "applied, by the receipt",
	  "Landlock narrows what the mount namespace still shows.", "landlock: required",
	  eval_landlock, NULL, 0 },
	{ "MAC-001", "No mandatory access control on this host", SEVERITY_CRITICAL,
	  SCOPE_HOST, "/sys/kernel/security/lsm, /proc/self/attr/current",
	  "selinux or apparmor", "Guests are separated by file modes and uids alone.",
	  "boot with lsm=…,selinux or lsm=…,apparmor", eval_active, NULL, 0 },
	{ "MAC-008", "SELinux is permissive", SEVERITY_CRITICAL, SCOPE_HOST,
	  "/sys/fs/selinux/enforce", "1",
	  "Everything is allowed and merely written down.",
	  "setenforce 1, and SELINUX=enforcing", eval_enforce, NULL, 0 },
	{ NULL, NULL, 0, 0, NULL, NULL, NULL, NULL, NULL, NULL, 0 },
};
