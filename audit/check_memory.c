/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Mappings, same-page merging, limits, what a crash would leave behind. */
#include <string.h>

#include "alloc.h"
#include "judge.h"
#include "num.h"

static const json_t *maps(const struct view *v, const char *part, struct finding *f,
			  enum verdict *out)
{
	const json_t *m = judge_fact(v->vm, "memory/maps", f, out);

	return m ? json_object_get(m, part) : NULL;
}

/* TCG without split-wx keeps its code buffer writable and executable: named, not excused.
 */
static enum verdict eval_wx(const struct check *c _unused_, const struct view *v,
			    struct finding *f)
{
	enum verdict out = VERDICT_UNKNOWN;
	const json_t *list = maps(v, "wx", f, &out), *m;
	bool tcg = json_is_false(json_object_get(v->vm, "kvm")) &&
		   !strcmp(judge_text(v->vm, "vmm"), "qemu");
	size_t i;

	if (!list)
		return out;
	json_array_foreach(list, i, m) {
		const char *path = judge_text(m, "path");
		bool buffer = tcg && !*path && judge_number(m, "size", 0) >= 1 << 20;

		if (i < 8)
			judge(f, VERDICT_GAP, "%s %s %s%s", judge_text(m, "range"),
			      judge_text(m, "perms"), *path ? path : "anonymous",
			      buffer ? " (TCG code buffer)" : "");
	}
	if (i > 8)
		judge(f, VERDICT_GAP, "and %zu more", i - 8);
	return i ? VERDICT_GAP :
		   judge(f, VERDICT_PASS, "none of %lld mappings",
			 judge_number(v->vm, "memory/maps/count", 0));
}

/* The same memory mapped twice, once writable and once executable (TCG's split-wx). */
static enum verdict eval_alias(const struct check *c _unused_, const struct view *v,
			       struct finding *f)
{
	enum verdict out = VERDICT_UNKNOWN;
	const json_t *code = maps(v, "memory_code", f, &out), *m, *s;
	const json_t *shared = facts_at(v->vm, "memory/maps/shared");
	unsigned n = 0;
	size_t i, k;

	if (!code)
		return out;
	json_array_foreach(code, i, m) {
		json_array_foreach(shared, k, s) {
			if (judge_number(s, "ino", -1) != judge_number(m, "ino", -2) ||
			    judge_text(s, "perms")[1] != 'w')
				continue;
			n++;
			judge(f, VERDICT_GAP, "%s: %s %s and %s %s",
			      judge_text(m, "path"), judge_text(m, "range"),
			      judge_text(m, "perms"), judge_text(s, "range"),
			      judge_text(s, "perms"));
			break;
		}
	}
	return n ? VERDICT_GAP : judge(f, VERDICT_PASS, "no executable memory has one");
}

static enum verdict eval_deleted(const struct check *c _unused_, const struct view *v,
				 struct finding *f)
{
	enum verdict out = VERDICT_UNKNOWN;
	const json_t *list = maps(v, "deleted_exec", f, &out), *m;
	size_t i;

	if (!list)
		return out;
	json_array_foreach(list, i, m)
		judge(f, VERDICT_GAP, "%s", judge_text(m, "path"));
	return i ? VERDICT_GAP :
		   judge(f, VERDICT_PASS, "none of %lld mappings",
			 judge_number(v->vm, "memory/maps/count", 0));
}

static enum verdict eval_ksm(const struct check *c _unused_, const struct view *v,
			     struct finding *f)
{
	enum verdict out = VERDICT_UNKNOWN;
	const char *run = judge_setting(v, "/sys/kernel/mm/ksm/run", f, &out);
	const json_t *ksm;
	long long merging;

	if (!run)
		return out;
	ksm = judge_fact(v->vm, "memory/ksm", f, &out);
	if (!ksm && !strcmp(run, "0"))
		return judge(f, VERDICT_PASS, "KSM is off on this host");
	if (!ksm)
		return out;
	merging = judge_number(ksm, "ksm_merging_pages", 0);
	judge(f, VERDICT_PASS,
	      "/sys/kernel/mm/ksm/run %s, ksm_merging_pages %lld, mergeable %s", run,
	      merging,
	      *judge_text(ksm, "ksm_mergeable") ? judge_text(ksm, "ksm_mergeable") :
						  "not told by this kernel");
	if (merging > 0)
		return VERDICT_GAP;
	if (strcmp(run, "1"))
		return VERDICT_PASS;
	if (!strcmp(judge_text(ksm, "ksm_mergeable"), "no"))
		return VERDICT_PASS;
	if (!strcmp(judge_text(ksm, "ksm_mergeable"), "yes") ||
	    judge_number(ksm, "ksm_rmap_items", 0) > 0)
		return VERDICT_GAP;
	return VERDICT_UNKNOWN;
}

static enum verdict eval_core(const struct check *c _unused_, const struct view *v,
			      struct finding *f)
{
	enum verdict out = VERDICT_UNKNOWN;
	const char *pattern = json_string_value(
		json_object_get(v->files, "/proc/sys/kernel/core_pattern"));
	const json_t *core = judge_fact(v->vm, "rlimit/core", f, &out);
	long long hard;

	if (!core)
		return out;
	hard = judge_number(core, "hard", -2);
	judge(f, VERDICT_PASS,
	      "RLIMIT_CORE hard %lld, soft %lld (-1 = unlimited), "
	      "coredump_filter %s",
	      hard, judge_number(core, "soft", -2),
	      judge_text(v->vm, "process/coredump_filter"));
	if (hard ==
	    0) /* a pipe in core_pattern ignores 0 unless the VMM isn't dumpable */
		return pattern && *pattern == '|' ?
			       judge(f, VERDICT_PASS,
				     "core_pattern is a pipe: RLIMIT_CORE 0 "
				     "does not stop it, dumpable 0 does") :
			       VERDICT_PASS;
	if (hard == -2)
		return VERDICT_UNKNOWN;
	return VERDICT_GAP;
}

static enum verdict eval_limits(const struct check *c _unused_, const struct view *v,
				struct finding *f)
{
	static const char *const names[] = { "nproc", "nofile", "memlock", "fsize" };
	enum verdict out = VERDICT_UNKNOWN;
	const json_t *all = judge_fact(v->vm, "rlimit", f, &out);
	bool gap = false, unknown = false;
	size_t i;

	if (!all)
		return out;
	for (i = 0; i < ARRAY_SIZE(names); i++) {
		long long soft = judge_number(json_object_get(all, names[i]), "soft", -2);

		unknown |= soft == -2;
		gap |= soft == -1;
		if (soft == -1)
			judge(f, VERDICT_GAP, "%s unlimited", names[i]);
		else
			judge(f, VERDICT_PASS, "%s %lld", names[i], soft);
	}
	if (gap)
		return VERDICT_GAP;
	return unknown ? VERDICT_UNKNOWN : VERDICT_PASS;
}

static enum verdict eval_oom(const struct check *c _unused_, const struct view *v,
			     struct finding *f)
{
	enum verdict out = VERDICT_UNKNOWN;
	const json_t *fact = judge_fact(v->vm, "process/oom_score_adj", f, &out);
	const char *s = json_string_value(fact);

	if (!fact)
		return out;
	if (!s || !*s)
		return judge_unreadable(f, NULL, "oom_score_adj");
	return judge(f, *s == '-' ? VERDICT_GAP : VERDICT_PASS, "%s", s);
}

static enum verdict eval_personality(const struct check *c _unused_, const struct view *v,
				     struct finding *f)
{
	enum verdict out = VERDICT_UNKNOWN;
	const json_t *fact = judge_fact(v->vm, "process/personality", f, &out);
	const char *s = json_string_value(fact);
	uint64_t p;

	if (!fact)
		return out;
	if (!s || num_hex64(s, &p) < 0)
		return judge_unreadable(f, NULL, "personality");
	/* ADDR_NO_RANDOMIZE, READ_IMPLIES_EXEC, ADDR_COMPAT_LAYOUT, MMAP_PAGE_ZERO */
	return judge(f,
		     p & (0x0040000 | 0x0400000 | 0x0200000 | 0x0100000) ? VERDICT_GAP :
									   VERDICT_PASS,
		     "%s", s);
}

static bool promises_secret(const char *name)
{
	static const char *const marks[] = { "PASS", "SECRET", "TOKEN", "KEY",
					     "CREDENTIAL" };
	size_t k;

	for (name += strcspn(name, "PpSsTtKkCc"); *name; name++) {
		for (k = 0; k < ARRAY_SIZE(marks); k++)
			if (!strncasecmp(name, marks[k], strlen(marks[k])))
				return true;
		name += strcspn(name + 1, "PpSsTtKkCc");
	}
	return false;
}

static enum verdict eval_environment(const struct check *c _unused_, const struct view *v,
				     struct finding *f)
{
	enum verdict out = VERDICT_UNKNOWN;
	const json_t *names = judge_list(v->vm, "process/environ", f, &out), *name;
	unsigned n = 0;
	size_t i;

	if (!names)
		return out;
	json_array_foreach(names, i, name) {
		const char *s = json_string_value(name);

		if (!s || !promises_secret(s))
			continue;
		n++;
		judge(f, VERDICT_GAP, "%s", s);
	}
	return n ? VERDICT_GAP :
		   judge(f, VERDICT_PASS, "%zu names, none of a secret",
			 json_array_size(names));
}

const struct check checks_memory[] = {
	{ "PRV-018", "Writable and executable memory", SEVERITY_HIGH, SCOPE_VM,
	  "/proc/PID/maps", "no mapping with w and x",
	  "An overflow writes its own code there.",
	  "accel: kvm needs none; under TCG -accel tcg,split-wx=on; mem.mdwe: required",
	  eval_wx, NULL, 0 },
	{ "PRV-038", "Executable memory has a writable alias", SEVERITY_LOW, SCOPE_VM,
	  "/proc/PID/maps", "no memory that is mapped both writable and executable",
	  "Better than one W+X mapping, since its address must be found as well; it is "
	  "what a translator (TCG with split-wx) needs.",
	  "accel: kvm", eval_alias, NULL, 0 },
	{ "PRV-019", "Executable code of deleted files", SEVERITY_HIGH, SCOPE_VM,
	  "/proc/PID/maps", "every executable mapping's file still exists",
	  "The package was upgraded, but the VM still runs the old, unpatched code.",
	  "restart (or migrate) the VM", eval_deleted, NULL, 0 },
	{ "CGR-010", "Guest memory is merged with other VMs'", SEVERITY_HIGH, SCOPE_VM,
	  "/proc/PID/ksm_stat, /sys/kernel/mm/ksm/run",
	  "run 0 or 2, or the VM not mergeable",
	  "Merged pages tell one guest what another holds, and let it flip its bits "
	  "(Flip Feng Shui).",
	  "mem.ksm: false", eval_ksm, NULL, 0 },
	{ "PRV-023", "A crash would write guest memory to disk", SEVERITY_MEDIUM,
	  SCOPE_VM, "/proc/PID/limits, coredump_filter, /proc/sys/kernel/core_pattern",
	  "RLIMIT_CORE hard limit 0", "A core dump holds the guest's keys.",
	  "run it with brattice run: core is 0 and the VMM is not dumpable", eval_core,
	  NULL, 0 },
	{ "PRV-024", "Resource limits are not set", SEVERITY_LOW, SCOPE_VM,
	  "/proc/PID/limits", "nproc, nofile, memlock and fsize are numbers",
	  "A VMM that has gone wild starves the host.", "rlimits: nofile, fsize, memlock",
	  eval_limits, NULL, 0 },
	{ "PRV-025", "VMM is protected from the OOM killer", SEVERITY_MEDIUM, SCOPE_VM,
	  "/proc/PID/oom_score_adj", "0 or more",
	  "When a guest exhausts the host's memory, everything else is killed first.",
	  "process.oom_score_adj: 0 or more", eval_oom, NULL, 0 },
	{ "PRV-032", "Address space protections are switched off", SEVERITY_MEDIUM,
	  SCOPE_VM, "/proc/PID/personality",
	  "no ADDR_NO_RANDOMIZE, READ_IMPLIES_EXEC, MMAP_PAGE_ZERO",
	  "Exploits need to know where code and data are.",
	  "run it with brattice run: the process layer resets the personality",
	  eval_personality, NULL, 0 },
	{ "PRV-029", "Secrets in the environment", SEVERITY_LOW, SCOPE_VM,
	  "/proc/PID/environ (names only)",
	  "no name that promises a password, token or key",
	  "The environment is inherited by every helper and lands in every dump.",
	  "environment: list only what the VMM needs", eval_environment, NULL, 0 },
	{ NULL, NULL, 0, 0, NULL, NULL, NULL, NULL, NULL, NULL, 0 },
};
