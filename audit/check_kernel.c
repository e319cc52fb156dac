/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Settings of the kernel that decide how hard the next step of an attack is. */
#include <string.h>

#include "judge.h"

/* "[none] integrity confidentiality": the word in brackets holds. */
static enum verdict eval_lockdown(const struct check *c _unused_, const struct view *v,
				  struct finding *f)
{
	const json_t *fact = json_object_get(v->files, "/sys/kernel/security/lockdown");
	const char *s = json_string_value(fact);

	if (!s && facts_absent(fact))
		return judge(f, VERDICT_UNKNOWN,
			     "no /sys/kernel/security/lockdown: no lockdown "
			     "LSM, or securityfs is not mounted");
	if (!s)
		return judge_unreadable(f, fact, "lockdown");
	return judge(f, strstr(s, "[none]") ? VERDICT_GAP : VERDICT_PASS, "%s", s);
}

static enum verdict eval_modules(const struct check *c _unused_, const struct view *v,
				 struct finding *f)
{
	const json_t *disabled =
		json_object_get(v->files, "/proc/sys/kernel/modules_disabled");
	const json_t *enforce =
		json_object_get(v->files, "/sys/module/module/parameters/sig_enforce");
	const char *d = json_string_value(disabled), *e = json_string_value(enforce);

	if (facts_absent(disabled))
		return judge(f, VERDICT_NA, "a kernel without modules");
	if (!d)
		return judge_unreadable(f, disabled, "modules_disabled");
	judge(f, VERDICT_PASS, "modules_disabled %s, sig_enforce %s", d,
	      e ? e : "not there");
	return !strcmp(d, "1") || (e && !strcmp(e, "Y")) ? VERDICT_PASS : VERDICT_GAP;
}

static enum verdict eval_userns(const struct check *c _unused_, const struct view *v,
				struct finding *f)
{
	const char *aa = json_string_value(json_object_get(
		v->files, "/proc/sys/kernel/apparmor_restrict_unprivileged_userns"));
	const char *clone = json_string_value(
		json_object_get(v->files, "/proc/sys/kernel/unprivileged_userns_clone"));
	enum verdict out = VERDICT_UNKNOWN;
	const char *max = judge_setting(v, "/proc/sys/user/max_user_namespaces", f, &out);

	if (!max)
		return out;
	judge(f, VERDICT_PASS, "max_user_namespaces %s", max);
	if (!strcmp(max, "0") || (aa && !strcmp(aa, "1")) ||
	    (clone && !strcmp(clone, "0")))
		return VERDICT_PASS;
	return VERDICT_GAP;
}

static enum verdict eval_core_pattern(const struct check *c _unused_,
				      const struct view *v, struct finding *f)
{
	enum verdict out = VERDICT_UNKNOWN;
	const char *s = judge_setting(v, "/proc/sys/kernel/core_pattern", f, &out);
	bool off;

	if (!s)
		return out;
	off = !*s || !strcmp(s, "|/bin/false") || !strcmp(s, "/dev/null");
	return judge(f, off ? VERDICT_PASS : VERDICT_GAP, "%s", *s ? s : "(empty)");
}

/* The first line of /proc/swaps is the heading. */
static enum verdict eval_swap(const struct check *c _unused_, const struct view *v,
			      struct finding *f)
{
	enum verdict out = VERDICT_UNKNOWN;
	const char *s = judge_setting(v, "/proc/swaps", f, &out), *line;
	unsigned plain = 0;

	if (!s)
		return out;
	for (line = strstr(s, "\\x0a"); line; line = strstr(line, "\\x0a")) {
		line += 4;
		if (!*line)
			break;
		/* zram is memory; device-mapper is where encryption would be */
		if (!strncmp(line, "/dev/zram", 9) || !strncmp(line, "/dev/dm-", 8))
			continue;
		plain++;
		judge(f, VERDICT_GAP, "%.*s", (int)strcspn(line, " \\"), line);
	}
	return plain ? VERDICT_GAP : judge(f, VERDICT_PASS, "no plain swap");
}

#define SYSCTL(name) "/proc/sys/" name
#define MIN judge_setting_min
#define MAX judge_setting_max

const struct check checks_kernel[] = {
	{ "HST-031", "Page 0 can be mapped", SEVERITY_HIGH, SCOPE_HOST,
	  SYSCTL("vm/mmap_min_addr"), "4096 or more",
	  "A null pointer in the kernel becomes the attacker's memory, and the one-shot "
	  "exec "
	  "of brattice would not be one-shot.",
	  "sysctl vm.mmap_min_addr=65536", MIN, NULL, 4096 },
	{ "HST-011", "Kernel lockdown is off", SEVERITY_MEDIUM, SCOPE_HOST,
	  "/sys/kernel/security/lockdown", "integrity or confidentiality",
	  "Root rewrites the running kernel.", "boot with lockdown=integrity",
	  eval_lockdown, NULL, 0 },
	{ "HST-012", "Unsigned modules can be loaded", SEVERITY_MEDIUM, SCOPE_HOST,
	  SYSCTL("kernel/modules_disabled") ", /sys/module/module/parameters/sig_enforce",
	  "sig_enforce Y, or modules_disabled 1", "Root rewrites the running kernel.",
	  "boot with module.sig_enforce=1", eval_modules, NULL, 0 },
	{ "HST-013", "Another kernel can be started (kexec)", SEVERITY_LOW, SCOPE_HOST,
	  SYSCTL("kernel/kexec_load_disabled"), "1", "It goes around secure boot.",
	  "sysctl kernel.kexec_load_disabled=1", MIN, NULL, 1 },
	{ "HST-014", "Every user may load BPF programs", SEVERITY_MEDIUM, SCOPE_HOST,
	  SYSCTL("kernel/unprivileged_bpf_disabled"), "1 or 2",
	  "The verifier has been the way into the kernel many times.",
	  "sysctl kernel.unprivileged_bpf_disabled=1", MIN, NULL, 1 },
	{ "HST-015", "Every user may make user namespaces", SEVERITY_MEDIUM, SCOPE_HOST,
	  SYSCTL("user/max_user_namespaces"), "0, or restricted by the LSM",
	  "They open kernel code that was written for root only.",
	  "sysctl user.max_user_namespaces=0", eval_userns, NULL, 0 },
	{ "HST-016", "Every process may trace its user's processes", SEVERITY_MEDIUM,
	  SCOPE_HOST, SYSCTL("kernel/yama/ptrace_scope"), "1 or more",
	  "One VMM of a shared uid reads the memory of the others.",
	  "sysctl kernel.yama.ptrace_scope=2", MIN, NULL, 1 },
	{ "HST-017", "Kernel addresses are shown to every user", SEVERITY_LOW, SCOPE_HOST,
	  SYSCTL("kernel/kptr_restrict"), "1 or 2", "They undo address randomisation.",
	  "sysctl kernel.kptr_restrict=2", MIN, NULL, 1 },
	{ "HST-034", "The kernel log is open to every user", SEVERITY_LOW, SCOPE_HOST,
	  SYSCTL("kernel/dmesg_restrict"), "1", "Oopses and addresses are in it.",
	  "sysctl kernel.dmesg_restrict=1", MIN, NULL, 1 },
	{ "HST-033", "Address space randomisation is off", SEVERITY_MEDIUM, SCOPE_HOST,
	  SYSCTL("kernel/randomize_va_space"), "2",
	  "Exploits need to know where code and data are.",
	  "sysctl kernel.randomize_va_space=2", MIN, NULL, 2 },
	{ "HST-018", "Core dumps are written or piped", SEVERITY_MEDIUM, SCOPE_HOST,
	  SYSCTL("kernel/core_pattern"), "empty or |/bin/false",
	  "A dump of a VMM is a dump of the guest's memory.",
	  "sysctl kernel.core_pattern='|/bin/false'", eval_core_pattern, NULL, 0 },
	{ "HST-032", "Privileged programs dump core", SEVERITY_MEDIUM, SCOPE_HOST,
	  SYSCTL("fs/suid_dumpable"), "0", "So does a VMM that has changed its uid.",
	  "sysctl fs.suid_dumpable=0", MAX, NULL, 0 },
	{ "HST-020", "Swap is not encrypted", SEVERITY_LOW, SCOPE_HOST, "/proc/swaps",
	  "none, zram or device-mapper", "Guest memory stays on the disk.",
	  "encrypt it with a random key, or swapoff", eval_swap, NULL, 0 },
	{ "HST-028", "Every user may use performance events", SEVERITY_MEDIUM, SCOPE_HOST,
	  SYSCTL("kernel/perf_event_paranoid"), "2 or more",
	  "They measure what other processes do, and have had many holes.",
	  "sysctl kernel.perf_event_paranoid=3", MIN, NULL, 2 },
	{ "HST-029", "Every user may stop page faults (userfaultfd)", SEVERITY_MEDIUM,
	  SCOPE_HOST, SYSCTL("vm/unprivileged_userfaultfd"), "0",
	  "It makes races in the kernel winnable.",
	  "sysctl vm.unprivileged_userfaultfd=0", MAX, NULL, 0 },
	{ "HST-030", "io_uring is open to every user", SEVERITY_LOW, SCOPE_HOST,
	  SYSCTL("kernel/io_uring_disabled"), "1 or 2",
	  "A large interface that seccomp does not see into.",
	  "sysctl kernel.io_uring_disabled=2", MIN, NULL, 1 },
	{ "HST-035", "The BPF JIT is not hardened", SEVERITY_LOW, SCOPE_HOST,
	  SYSCTL("net/core/bpf_jit_harden"), "1 or 2",
	  "Constants in programs become code at a known place.",
	  "sysctl net.core.bpf_jit_harden=2", MIN, NULL, 1 },
	{ NULL, NULL, 0, 0, NULL, NULL, NULL, NULL, NULL, NULL, 0 },
};
