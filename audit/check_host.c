/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The CPU, KVM, devices and the reach of the audit itself. */
#include <string.h>

#include "alloc.h"
#include "judge.h"

/* Every file, those too that this program has never heard of. */
static enum verdict eval_vulnerabilities(const struct check *c _unused_,
					 const struct view *v, struct finding *f)
{
	json_t *all = json_object_get(v->host, "vulnerabilities"), *text;
	unsigned bad = 0, unread = 0;
	const char *name;

	if (!json_is_object(all) || facts_unreadable(all, NULL))
		return judge_unreadable(f, all, "cpu/vulnerabilities");
	json_object_foreach(all, name, text) {
		const char *s = json_string_value(text);

		if (!strcmp(name, "old_microcode"))
			continue;
		if (!s) {
			unread++;
			judge_unreadable(f, text, name);
		} else if (!strncmp(s, "Vulnerable", 10) || strstr(s, "SMT vulnerable")) {
			bad++;
			judge(f, VERDICT_GAP, "%s: %s", name, s);
		}
	}
	if (bad || unread)
		return bad ? VERDICT_GAP : VERDICT_UNKNOWN;
	return judge(f, VERDICT_PASS, "none of %zu", json_object_size(all));
}

static enum verdict eval_microcode(const struct check *c _unused_, const struct view *v,
				   struct finding *f)
{
	const json_t *fact = json_object_get(json_object_get(v->host, "vulnerabilities"),
					     "old_microcode");
	const char *s = json_string_value(fact);

	if (!s)
		return judge(f, VERDICT_NA,
			     "this kernel has no old_microcode (Linux 6.16)");
	return judge(f, strcmp(s, "Not affected") ? VERDICT_GAP : VERDICT_PASS, "%s", s);
}

/* One word of mitigations=: the first kernels with attack vectors took ';', later ','. */
static bool weakens(const char *word, size_t n)
{
	static const char *const bad[] = {
		"off",		"no_guest_host",  "no_guest_guest", "no_user_kernel",
		"no_user_user", "no_cross_thread"
	};
	size_t i;

	for (i = 0; i < ARRAY_SIZE(bad); i++)
		if (n == strlen(bad[i]) && !memcmp(word, bad[i], n))
			return true;
	return false;
}

static unsigned weak_mitigations(const char *value, size_t len, struct finding *f)
{
	const char *end = value + len;
	unsigned bad = 0;

	while (value < end) {
		size_t n = strcspn(value, ",; ");

		n = n > (size_t)(end - value) ? (size_t)(end - value) : n;
		if (weakens(value, n)) {
			bad++;
			judge(f, VERDICT_GAP, "mitigations=…%.*s", (int)n, value);
		}
		value += n + 1;
	}
	return bad;
}

static enum verdict eval_mitigations(const struct check *c _unused_, const struct view *v,
				     struct finding *f)
{
	static const char *const off[] = {
		"nospectre_v1", "nospectre_v2",	  "nopti",
		"pti=off",	"spectre_v2=off", "l1tf=off",
		"mds=off",	"tsx=on",	  "spec_store_bypass_disable=off",
		"retbleed=off", "srbds=off",	  "mmio_stale_data=off",
		"vmscape=off"
	};
	enum verdict out = VERDICT_UNKNOWN;
	const char *cmdline = judge_setting(v, "/proc/cmdline", f, &out), *p;
	unsigned bad = 0;
	size_t i;

	if (!cmdline)
		return out;
	for (p = cmdline; *p; p += strspn(p, " ")) {
		size_t n = strcspn(p, " ");

		if (!strncmp(p, "mitigations=", 12))
			bad += weak_mitigations(p + 12, n - 12, f);
		for (i = 0; i < ARRAY_SIZE(off); i++)
			if (n == strlen(off[i]) && !memcmp(p, off[i], n)) {
				bad++;
				judge(f, VERDICT_GAP, "%s", off[i]);
			}
		p += n;
	}
	return bad ? VERDICT_GAP : judge(f, VERDICT_PASS, "nothing is switched off");
}

static enum verdict eval_smt(const struct check *c _unused_, const struct view *v,
			     struct finding *f)
{
	enum verdict out = VERDICT_UNKNOWN;
	const char *active =
		judge_setting(v, "/sys/devices/system/cpu/smt/active", f, &out);

	if (!active)
		return out;
	return judge(f, strcmp(active, "1") ? VERDICT_PASS : VERDICT_GAP, "smt/active %s",
		     active);
}

/* The first of several settings that this kernel has: "PATH|PATH". */
static enum verdict eval_either(const struct check *c, const struct view *v,
				struct finding *f)
{
	_cleanup_free_ char *list = xstrdup(c->reads);
	enum verdict worst = VERDICT_NA;
	char *path, *save = NULL;

	for (path = strtok_r(list, ", ", &save); path;
	     path = strtok_r(NULL, ", ", &save)) {
		const json_t *fact = json_object_get(v->files, path);
		const char *s = json_string_value(fact);

		if (!s && facts_absent(fact))
			continue;
		if (!s) {
			judge_unreadable(f, fact, path);
			worst = worst == VERDICT_GAP ? worst : VERDICT_UNKNOWN;
			continue;
		}
		judge(f, VERDICT_PASS, "%s %s", strrchr(path, '/') + 1, s);
		if (judge_word_in(s, c->arg))
			worst = VERDICT_GAP;
		else if (worst == VERDICT_NA)
			worst = VERDICT_PASS;
	}
	return worst == VERDICT_NA ? judge(f, worst, "this kernel has none of them") :
				     worst;
}

static enum verdict eval_nodes(const struct check *c _unused_, const struct view *v,
			       struct finding *f)
{
	json_t *nodes = json_object_get(v->host, "nodes"), *node;
	unsigned bad = 0, seen = 0, unread = 0;
	const char *path;

	json_object_foreach(nodes, path, node) {
		long long mode = judge_number(node, "mode", -1);

		if (facts_absent(node) ||
		    !strcmp(path, "/dev/net/tun")) /* 0666 by design */
			continue;
		if (mode < 0) {
			unread++;
			judge_unreadable(f, node, path);
			continue;
		}
		seen++;
		if (mode & 06) {
			bad++;
			judge(f, VERDICT_GAP, "%s has mode %04llo", path, mode);
		}
	}
	if (bad || unread)
		return bad ? VERDICT_GAP : VERDICT_UNKNOWN;
	return seen ? judge(f, VERDICT_PASS, "%u nodes, none open to others", seen) :
		      judge(f, VERDICT_NA, "no such node");
}

static bool host_uses_vfio(const struct view *v)
{
	const json_t *vm, *fd;
	size_t i, k;

	json_array_foreach(v->vms, i, vm)
		json_array_foreach(facts_at(vm, "object/list"), k, fd)
			if (!strcmp(judge_text(fd, "class"), "vfio"))
				return true;
	return false;
}

static enum verdict eval_iommu(const struct check *c _unused_, const struct view *v,
			       struct finding *f)
{
	const json_t *units = json_object_get(v->host, "iommus");
	json_t *groups = json_object_get(v->host, "iommu_groups"), *g;
	unsigned identity = 0;
	const char *name;

	if (!json_is_array(units) || !json_array_size(units))
		return judge(f, host_uses_vfio(v) ? VERDICT_GAP : VERDICT_NA,
			     "no IOMMU; %s",
			     host_uses_vfio(v) ? "VFIO is in use" :
						 "no VM has a passed-through device");
	if (facts_unreadable(groups, NULL))
		return judge_unreadable(f, groups, "iommu_groups");
	json_object_foreach(groups, name, g)
		identity += !strcmp(judge_text(g, "type"), "identity");
	judge(f, VERDICT_PASS, "%zu units, %zu groups, %u in identity mode",
	      json_array_size(units), json_object_size(groups), identity);
	return identity ? VERDICT_GAP : VERDICT_PASS;
}

static enum verdict eval_cmdline_word(const struct check *c, const struct view *v,
				      struct finding *f)
{
	enum verdict out = VERDICT_UNKNOWN;
	const char *s = judge_setting(v, "/proc/cmdline", f, &out);

	if (!s)
		return out;
	return strstr(s, c->arg) ?
		       judge(f, VERDICT_GAP, "%s is on the command line", c->arg) :
		       judge(f, VERDICT_PASS, "%s is not there", c->arg);
}

static enum verdict eval_reach(const struct check *c _unused_, const struct view *v,
			       struct finding *f)
{
	const json_t *scan = json_object_get(v->facts, "scan");
	long long blind = judge_number(scan, "could_not_look", -1);
	const json_t *initial = json_object_get(scan, "initial_pid_namespace");

	judge(f, VERDICT_PASS,
	      "%lld processes, %lld could not be looked at, %lld ended "
	      "meanwhile; uid %lld",
	      judge_number(scan, "processes", 0), blind,
	      judge_number(scan, "vanished", 0), judge_number(scan, "uid", -1));
	if (!judge_word_in(judge_text(scan, "hidepid"), "0|off") &&
	    judge_number(scan, "uid", -1) != 0)
		return judge(f, VERDICT_UNKNOWN,
			     "/proc is mounted with hidepid: others' processes are not "
			     "listed at all");
	if (!json_is_true(initial))
		return judge(f, VERDICT_UNKNOWN,
			     "this is not the initial pid namespace: VMs "
			     "outside it are invisible");
	return blind ? VERDICT_UNKNOWN : VERDICT_PASS;
}

static bool has_vm(const struct view *v, const char *file)
{
	const json_t *vm;
	size_t i;

	json_array_foreach(json_object_get(v->facts, "vms"), i, vm)
		if (!strcmp(judge_text(vm, "receipt/file"), file))
			return true;
	return false;
}

static enum verdict eval_receipts(const struct check *c _unused_, const struct view *v,
				  struct finding *f)
{
	const json_t *list = json_object_get(v->facts, "receipts"), *r;
	unsigned bad = 0, unread = 0;
	size_t i;

	json_array_foreach(list, i, r) {
		const json_t *receipt = json_object_get(r, "receipt");
		const char *file = judge_text(r, "file");

		if (facts_unreadable(receipt, NULL)) {
			unread++;
			judge_unreadable(f, receipt, file);
		} else if (!has_vm(v, file)) {
			bad++;
			judge(f, VERDICT_GAP, "%s: pid %lld with that start time is gone",
			      file, judge_number(receipt, "vmm/pid", -1));
		}
	}
	if (bad || unread)
		return bad ? VERDICT_GAP : VERDICT_UNKNOWN;
	return judge(f, VERDICT_PASS, "%zu receipts, all of running VMs",
		     json_array_size(list));
}

#define CPU "/sys/devices/system/cpu/"
#define PARAM(module, name) "/sys/module/" module "/parameters/" name

const struct check checks_host[] = {
	{ "AUD-001", "Not every process could be looked at", SEVERITY_HIGH, SCOPE_HOST,
	  "/proc/*/exe, /proc/*/fd, /proc/self/ns/pid",
	  "all, from the initial pid namespace", "A VM that nobody sees is not audited.",
	  "run as root in the initial namespaces", eval_reach, NULL, 0 },
	{ "AUD-002", "Receipts without a running VM", SEVERITY_LOW, SCOPE_HOST,
	  "*.json in the run directory", "each names a VM that runs",
	  "Left-overs of a VM that was not stopped cleanly: leases, cgroups, sockets.",
	  "brattice-confine recover", eval_receipts, NULL, 0 },
	{ "HST-001", "CPU vulnerabilities without mitigation", SEVERITY_HIGH, SCOPE_HOST,
	  CPU "vulnerabilities/*", "Not affected or Mitigation, in every file",
	  "Guests read the memory of the host and of each other.",
	  "update kernel and microcode; do not switch mitigations off",
	  eval_vulnerabilities, NULL, 0 },
	{ "HST-002", "Mitigations are switched off on the command line",
	  SEVERITY_CRITICAL, SCOPE_HOST, "/proc/cmdline",
	  "no mitigations=off, no_guest_host, no_guest_guest …",
	  "Attack-vector controls turn off exactly what protects the host from guests.",
	  "boot with mitigations=auto", eval_mitigations, NULL, 0 },
	{ "HST-003", "Old microcode", SEVERITY_HIGH, SCOPE_HOST,
	  CPU "vulnerabilities/old_microcode", "Not affected",
	  "Mitigations that need new microcode are not there.",
	  "install microcode updates", eval_microcode, NULL, 0 },
	{ "HST-004", "SMT is active", SEVERITY_HIGH, SCOPE_HOST, CPU "smt/active", "0",
	  "Two guests on one core share its caches and buffers.",
	  "boot with nosmt, or speculation.core_scheduling: required for each VM",
	  eval_smt, NULL, 0 },
	{ "HST-005", "L1D is not flushed at VM entry", SEVERITY_HIGH, SCOPE_HOST,
	  PARAM("kvm_intel", "vmentry_l1d_flush"), "always (or not required)",
	  "CVE-2018-3646: a guest reads what is left in the L1 data cache.",
	  "boot with l1tf=full,force or kvm-intel.vmentry_l1d_flush=always",
	  judge_setting_not, "never|cond", 0 },
	{ "HST-006", "Huge pages are executable for guests", SEVERITY_MEDIUM, SCOPE_HOST,
	  PARAM("kvm", "nx_huge_pages"), "Y or auto",
	  "CVE-2018-12207: a guest stops the host (iTLB multihit).",
	  "boot with kvm.nx_huge_pages=auto", judge_setting_not, "N|off|never", 0 },
	{ "HST-007", "Nested virtualisation is on", SEVERITY_MEDIUM, SCOPE_HOST,
	  PARAM("kvm_intel", "nested") ", " PARAM("kvm_amd", "nested"), "N",
	  "CVE-2021-3656 and others: the most intricate part of KVM is open to guests.",
	  "options kvm_intel nested=0", eval_either, "Y|1", 0 },
	{ "HST-008", "Second-level address translation is off", SEVERITY_HIGH, SCOPE_HOST,
	  PARAM("kvm_intel", "ept") ", " PARAM("kvm_amd", "npt") ", " PARAM(
		  "kvm_intel", "unrestricted_guest"),
	  "Y", "Shadow paging is large, old and rarely tested code.",
	  "options kvm_intel ept=1", eval_either, "N|0", 0 },
	{ "HST-009", "KVM emulates more than it must", SEVERITY_MEDIUM, SCOPE_HOST,
	  PARAM("kvm", "ignore_msrs") ", " PARAM(
		  "kvm", "enable_vmware_backdoor") ", " PARAM("kvm",
							      "force_emulation_prefix"),
	  "N, N, 0", "They widen what a guest reaches in the host kernel.",
	  "take them out of the kvm module's options", eval_either, "Y|1|2", 0 },
	{ "DEV-003", "Interrupts of passed-through devices are not remapped",
	  SEVERITY_HIGH, SCOPE_HOST,
	  PARAM("vfio_iommu_type1",
		"allow_unsafe_interrupts") ", " PARAM("kvm", "allow_unsafe_mappings"),
	  "N", "A guest with a device injects interrupts into the host.",
	  "options vfio_iommu_type1 allow_unsafe_interrupts=0", eval_either, "Y|1", 0 },
	{ "DEV-004", "VFIO without IOMMU is allowed", SEVERITY_CRITICAL, SCOPE_HOST,
	  PARAM("vfio", "enable_unsafe_noiommu_mode"), "N",
	  "A passed-through device reads and writes all of the host's memory.",
	  "options vfio enable_unsafe_noiommu_mode=0", judge_setting_not, "Y|1", 0 },
	{ "DEV-005", "Devices bypass the IOMMU", SEVERITY_HIGH, SCOPE_HOST,
	  "/sys/class/iommu, /sys/kernel/iommu_groups/*/type",
	  "no group in identity mode",
	  "A device whose firmware was taken reaches all memory.",
	  "boot with iommu.passthrough=0 iommu.strict=1", eval_iommu, NULL, 0 },
	{ "DEV-006", "IOMMU groups are split by force", SEVERITY_CRITICAL, SCOPE_HOST,
	  "/proc/cmdline", "no pcie_acs_override",
	  "Devices that can talk to each other are said to be separate.",
	  "take pcie_acs_override off the command line", eval_cmdline_word,
	  "pcie_acs_override", 0 },
	{ "DEV-009", "KVM and vhost devices are open to every user", SEVERITY_MEDIUM,
	  SCOPE_HOST, "/dev/kvm, /dev/vhost-net, /dev/vhost-vsock, /dev/vfio/vfio (stat)",
	  "no access for others", "Every local user reaches the KVM code of the kernel.",
	  "chmod o-rw; members of the group kvm are enough", eval_nodes, NULL, 0 },
	{ NULL, NULL, 0, 0, NULL, NULL, NULL, NULL, NULL, NULL, 0 },
};
