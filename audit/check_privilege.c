/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Ids, capabilities, tracing, speculation: what each thread may do by itself. */
#include <errno.h>
#include <string.h>

#include "alloc.h"
#include "judge.h"

static bool ids_have_root(const json_t *ids, struct strbuf *why)
{
	const json_t *id;
	bool root = false;
	size_t i;

	strbuf_puts(why, "uid");
	json_array_foreach(ids, i, id) {
		strbuf_printf(why, "%c%lld", i ? '/' : ' ',
			      (long long)json_integer_value(id));
		root |= json_integer_value(id) == 0;
	}
	return root;
}

static enum verdict eval_root(const struct check *c _unused_, const struct view *v,
			      struct finding *f)
{
	return judge_threads(v, f, "uid", ids_have_root);
}

static bool cap_set_full(const json_t *caps, struct strbuf *why, const char *set)
{
	const char *hex = judge_text(caps, set);

	strbuf_printf(why, "%sCap%s %s", why->len ? ", " : "", set, hex);
	return strspn(hex, "0") != strlen(hex);
}

static bool caps_active(const json_t *caps, struct strbuf *why)
{
	bool eff = cap_set_full(caps, why, "eff");

	return cap_set_full(caps, why, "prm") || eff;
}

static bool caps_ambient(const json_t *caps, struct strbuf *why)
{
	bool amb = cap_set_full(caps, why, "amb");

	return cap_set_full(caps, why, "inh") || amb;
}

static bool caps_bounding(const json_t *caps, struct strbuf *why)
{
	return cap_set_full(caps, why, "bnd");
}

static enum verdict eval_caps(const struct check *c _unused_, const struct view *v,
			      struct finding *f)
{
	return judge_threads(v, f, "caps", caps_active);
}

static enum verdict eval_ambient(const struct check *c _unused_, const struct view *v,
				 struct finding *f)
{
	return judge_threads(v, f, "caps", caps_ambient);
}

static bool any_without_nnp(const struct view *v)
{
	const json_t *groups = facts_at(v->vm, "threads/groups"), *g;
	size_t i;

	json_array_foreach(groups, i, g)
		if (judge_number(g, "nnp", 0) != 1)
			return true;
	return false;
}

static enum verdict eval_bounding(const struct check *c _unused_, const struct view *v,
				  struct finding *f)
{
	enum verdict r = judge_threads(v, f, "caps", caps_bounding);

	if (r == VERDICT_GAP && !any_without_nnp(v))
		return judge(f, VERDICT_PASS, "no_new_privs keeps it from being used");
	return r;
}

static bool is_traced(const json_t *tracer, struct strbuf *why)
{
	strbuf_printf(why, "TracerPid %lld", (long long)json_integer_value(tracer));
	return json_integer_value(tracer) != 0;
}

static enum verdict eval_traced(const struct check *c _unused_, const struct view *v,
				struct finding *f)
{
	return judge_threads(v, f, "tracer", is_traced);
}

static bool ssb_is_open(const json_t *value, struct strbuf *why)
{
	const char *s = json_string_value(value);

	strbuf_printf(why, "Speculation_Store_Bypass: %s", s ? s : "?");
	return !s || !strcmp(s, "vulnerable") || !strcmp(s, "thread vulnerable");
}

static bool indirect_is_open(const json_t *value, struct strbuf *why)
{
	const char *s = json_string_value(value);

	strbuf_printf(why, "SpeculationIndirectBranch: %s", s ? s : "?");
	return !s || !strcmp(s, "always enabled") || !strcmp(s, "conditional enabled");
}

/* "Not affected" by the kernel's own word makes the question moot. */
static bool host_not_affected(const struct view *v, const char *name)
{
	const json_t *all = json_object_get(v->host, "vulnerabilities");
	const char *s = json_string_value(json_object_get(all, name));

	return s && !strncmp(s, "Not affected", 12);
}

static enum verdict eval_speculation(const struct check *c, const struct view *v,
				     struct finding *f)
{
	bool ssb = !strcmp(c->arg, "ssb");

	if (host_not_affected(v, ssb ? "spec_store_bypass" : "spectre_v2"))
		return judge(f, VERDICT_NA, "this CPU is not affected");
	return judge_threads(v, f, c->arg, ssb ? ssb_is_open : indirect_is_open);
}

/* EINVAL: no CONFIG_SCHED_CORE; ENODEV: no SMT. */
static enum verdict eval_cookie(const struct check *c _unused_, const struct view *v,
				struct finding *f)
{
	const char *smt = json_string_value(
		json_object_get(v->files, "/sys/devices/system/cpu/smt/active"));
	const json_t *cookie = facts_at(v->vm, "speculation/core_cookie");
	int error = 0;

	if (smt && !strcmp(smt, "0"))
		return judge(f, VERDICT_NA, "SMT is not active");
	if (facts_unreadable(cookie, &error) && error == ENODEV)
		return judge(f, VERDICT_NA, "no SMT on this host");
	if (facts_unreadable(cookie, &error) && error == EINVAL)
		return smt ? judge(f, VERDICT_GAP,
				   "SMT is active and this kernel has no core "
				   "scheduling") :
			     judge(f, VERDICT_NA,
				   "no SMT and no core scheduling on this host");
	if (!json_is_string(cookie))
		return judge_unreadable(f, cookie, "core-scheduling cookie");
	return judge(f,
		     strcmp(json_string_value(cookie), "0") ? VERDICT_PASS : VERDICT_GAP,
		     "cookie %s", json_string_value(cookie));
}

/* Lines "INSIDE OUTSIDE COUNT", joined by the escape \\x0a. Is one OUTSIDE the host's 0?
 */
static bool map_has_root(const char *map)
{
	_cleanup_free_ char *text = xstrdup(map ? map : "");
	char *line = text, *end, *word, *save = NULL;

	for (; line && *line; line = end) {
		end = strstr(line, "\\x0a");
		if (end) {
			*end = '\0';
			end += 4;
		}
		strtok_r(line, " ", &save);
		word = strtok_r(NULL, " ", &save);
		if (word && !strcmp(word, "0"))
			return true;
	}
	return false;
}

/* "0 0 4294967295" maps the host's root into the VM's user namespace. */
static enum verdict eval_uid_map(const struct check *c _unused_, const struct view *v,
				 struct finding *f)
{
	enum verdict out = VERDICT_UNKNOWN;
	const json_t *own = judge_fact(v->vm, "namespace/user", f, &out);
	const json_t *init = own ? judge_fact(v->facts, "init_ns/user", f, &out) : NULL;
	const json_t *map;

	if (!init)
		return out;
	if (json_equal(own, init))
		return judge(f, VERDICT_NA, "no user namespace of its own");
	map = judge_fact(v->vm, "identity/uid_map", f, &out);
	if (!map)
		return out;
	if (map_has_root(json_string_value(map)))
		return judge(f, VERDICT_GAP, "%s", json_string_value(map));
	return judge(f, VERDICT_PASS, "%s", json_string_value(map));
}

#define STATUS(line) "/proc/PID/task/*/status " line
#define IDENTITY                                                                         \
	"run it with brattice run: identity.first and identity.last give each VM a uid"

const struct check checks_privilege[] = {
	{ "PRV-001", "VMM runs as root", SEVERITY_CRITICAL, SCOPE_VM, STATUS("Uid"),
	  "real, effective, saved and file system uid are not 0 in any thread",
	  "An escape from the guest is root on the host.", IDENTITY, eval_root, NULL, 0 },
	{ "PRV-004", "VMM has capabilities", SEVERITY_HIGH, SCOPE_VM,
	  STATUS("CapEff, CapPrm"), "both sets empty in every thread",
	  "Most capabilities are as good as root to somebody who wants it.",
	  "run it with brattice run: the capability layer empties every set", eval_caps,
	  NULL, 0 },
	{ "PRV-005", "Capability bounding set is open", SEVERITY_MEDIUM, SCOPE_VM,
	  STATUS("CapBnd, NoNewPrivs"), "empty, or no_new_privs in every thread",
	  "A set-user-ID program or file capabilities could bring them back.",
	  "run it with brattice run: the capability layer empties the bounding set",
	  eval_bounding, NULL, 0 },
	{ "PRV-006", "Ambient or inheritable capabilities", SEVERITY_HIGH, SCOPE_VM,
	  STATUS("CapAmb, CapInh"), "both sets empty in every thread",
	  "Ambient capabilities survive an exec of any program.",
	  "run it with brattice run: the capability layer empties every set",
	  eval_ambient, NULL, 0 },
	{ "PRV-010", "User namespace maps the host's root", SEVERITY_HIGH, SCOPE_VM,
	  "/proc/PID/uid_map", "no line whose second column is 0",
	  "Root inside is root outside for every file.",
	  "namespaces.user: true, with "
	  "identity.first above 65535",
	  eval_uid_map, NULL, 0 },
	{ "PRV-026", "VMM is being traced", SEVERITY_HIGH, SCOPE_VM, STATUS("TracerPid"),
	  "0 in every thread",
	  "A tracer reads and writes all of the guest's memory and "
	  "decides over every system call.",
	  "detach the debugger", eval_traced, NULL, 0 },
	{ "PRV-027", "Speculative store bypass is not disabled", SEVERITY_MEDIUM,
	  SCOPE_VM, STATUS("Speculation_Store_Bypass"),
	  "force mitigated (or not affected)",
	  "CVE-2018-3639: code in the VMM reads memory that it should not.",
	  "speculation.store_bypass: required", eval_speculation, "ssb", 0 },
	{ "PRV-036", "Indirect branch speculation is not disabled", SEVERITY_MEDIUM,
	  SCOPE_VM, STATUS("SpeculationIndirectBranch"),
	  "force disabled (or not affected)",
	  "CVE-2017-5715: another process trains the branch predictor for this one.",
	  "speculation.indirect_branch: required", eval_speculation, "indirect", 0 },
	{ "CGR-009", "No core-scheduling cookie while SMT is on", SEVERITY_MEDIUM,
	  SCOPE_VM, "prctl(PR_SCHED_CORE_GET, PID), /sys/devices/system/cpu/smt/active",
	  "a cookie of its own",
	  "Siblings of one core share caches and buffers: L1TF, MDS.",
	  "speculation.core_scheduling: required, or turn SMT off", eval_cookie, NULL,
	  0 },
	{ NULL, NULL, 0, 0, NULL, NULL, NULL, NULL, NULL, NULL, 0 },
};
