/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Every check on facts: tests/audit/good.json holds two VMs without any gap; each row
 * below changes one fact, and exactly that check must say "gap". Then each fact that a
 * check reads is made unreadable: no verdict may become "pass" by that.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "check.h"
#include "cleanup.h"
#include "facts.h"
#include "jsonx.h"
#include "num.h"
#include "report.h"

#define ALLOW_ALL                                                                        \
	"{\"programs\":{\"40b2a31e1a78576bb4afdf1433867d0cc67b769635ef549fba81c7d"       \
	"37570520f\":\"060000000000ff7f\"},\"groups\":[{\"chain\":[\"40b2a31e1a78"       \
	"576bb4afdf1433867d0cc67b769635ef549fba81c7d37570520f\"],\"count\":3}]}"

#define LOG_ALL                                                                          \
	"{\"programs\":{\"b5cd02951ec51dacff10d283c8dad1d87375843cf1a13edc37dafb5"       \
	"5dffd85a1\":\"060000000000fc7f\"},\"groups\":[{\"chain\":[\"b5cd02951ec5"       \
	"1dacff10d283c8dad1d87375843cf1a13edc37dafb55dffd85a1\"],\"count\":3}]}"

#define DENY_MOUNT                                                                       \
	"{\"programs\":{\"123b38866ded833e446b852952209e8cd3bce499106aa41bddbfb2f"       \
	"858dbcf93\":\"200000000000000015000001a500000006000000000000800600000000"       \
	"00ff7f\"},\"groups\":[{\"chain\":[\"123b38866ded833e446b852952209e8cd3bc"       \
	"e499106aa41bddbfb2f858dbcf93\"],\"count\":3}]}"

#define VM "vms/0/"
#define GROUP VM "threads/groups/0/"
#define DISK VM "object/list/1/"
#define LAYER(n) VM "receipt/receipt/layers/" #n "/"
#define SYSCTL(path) "host/files//proc/sys/" path
#define PARAM(module, name) "host/files//sys/module/" module "/parameters/" name

/* A step of a path is a key or a number; a key with slashes is written after "//" and is
 * the last step. */
struct mutation {
	const char *id;
	struct {
		const char *path, *value;
	} set[2];
};

static const struct mutation mutations[] = {
	{ "SEC-001", { { GROUP "seccomp", "0" } } },
	{ "SEC-002",
	  { { VM "threads/groups/1", "{\"count\":1,\"tids\":[9],\"seccomp\":2,"
				     "\"filters\":2}" } } },
	{ "SEC-003", { { VM "seccomp_filters", ALLOW_ALL } } },
	{ "SEC-004", { { VM "seccomp_filters", ALLOW_ALL } } },
	{ "SEC-005", { { VM "seccomp_filters", DENY_MOUNT } } },
	{ "SEC-006", { { VM "seccomp_filters", ALLOW_ALL } } },
	{ "SEC-007",
	  { { VM "seccomp_filters", ALLOW_ALL },
	    { SYSCTL("kernel/io_uring_disabled"), "\"0\"" } } },
	{ "SEC-008",
	  { { VM "seccomp_filters", ALLOW_ALL },
	    { SYSCTL("kernel/unprivileged_bpf_disabled"), "\"0\"" } } },
	{ "SEC-009", { { VM "seccomp_filters", LOG_ALL } } },
	{ "SEC-010", { { VM "seccomp_filters", ALLOW_ALL } } },
	{ "SEC-011", { { GROUP "nnp", "0" } } },
	{ "SEC-012", { { VM "seccomp_filters", ALLOW_ALL } } },
	{ "SEC-013", { { VM "seccomp_filters", ALLOW_ALL } } },
	{ "PRV-001", { { GROUP "uid", "[5,5,0,5]" } } },
	{ "PRV-002",
	  { { GROUP "uid", "[1900000002,1900000002,1900000002,1900000002]" } } },
	{ "PRV-004", { { GROUP "caps/eff", "\"0000000000000001\"" } } },
	{ "PRV-005",
	  { { GROUP "caps/bnd", "\"0000000000000001\"" }, { GROUP "nnp", "0" } } },
	{ "PRV-006", { { GROUP "caps/amb", "\"0000000000000001\"" } } },
	{ "PRV-008", { { VM "namespace/net", "4026531833" } } },
	{ "PRV-009", { { VM "namespace/net", "4026540023" } } },
	{ "PRV-010", { { VM "identity/uid_map", "\"0 5 1\\\\x0a5 0 1\"" } } },
	{ "PRV-011",
	  { { VM "rootfs/mounts", "\"h\"" }, { VM "rootfs/is_host_root", "true" } } },
	{ "PRV-012",
	  { { VM "rootfs/nodes/1", "{\"name\":\"sda\",\"type\":\"b\","
				   "\"rdev\":\"8:0\",\"mode\":432}" } } },
	{ "PRV-013", { { DISK "class", "\"memory\"" } } },
	{ "PRV-015", { { DISK "class", "\"directory\"" } } },
	{ "PRV-016", { { VM "memory/maps/shared/0/ino", "8002" } } },
	{ "PRV-018",
	  { { VM "memory/maps/wx/0", "{\"range\":\"1-2\",\"perms\":\"rwxp\","
				     "\"size\":4096,\"path\":\"\"}" } } },
	{ "PRV-019",
	  { { VM "memory/maps/deleted_exec/0",
	      "{\"path\":\"/usr/lib/x (deleted)\"}" } } },
	{ "PRV-021", { { VM "process/exe/chain/1/mode", "511" } } },
	{ "PRV-023", { { VM "rlimit/core/hard", "-1" } } },
	{ "PRV-024", { { VM "rlimit/nofile/soft", "-1" } } },
	{ "PRV-025", { { VM "process/oom_score_adj", "\"-500\"" } } },
	{ "PRV-026", { { GROUP "tracer", "77" } } },
	{ "PRV-027", { { GROUP "ssb", "\"thread vulnerable\"" } } },
	{ "PRV-029", { { VM "process/environ/1", "\"DB_PASSWORD\"" } } },
	{ "PRV-030",
	  { { VM "process/cmdline/7", "\"-spice\"" },
	    { VM "process/cmdline/8", "\"port=1,password=hunter2\"" } } },
	{ "PRV-032", { { VM "process/personality", "\"00040000\"" } } },
	{ "PRV-033", { { VM "receipt", "null" } } },
	{ "PRV-034",
	  { { GROUP "gid", "[1900000002,1900000002,1900000002,1900000002]" } } },
	{ "PRV-035", { { DISK "class", "\"tty\"" } } },
	{ "PRV-036", { { GROUP "indirect", "\"always enabled\"" } } },
	{ "PRV-037", { { VM "namespace/uts", "4026531837" } } },
	{ "PRV-038",
	  { { VM "memory/maps/memory_code/0",
	      "{\"range\":\"1-2\",\"perms\":\"r-xs\","
	      "\"path\":\"/memfd:jit\",\"ino\":8001}" } } },
	{ "IMG-002", { { DISK "mode", "420" } } },
	{ "IMG-004", { { DISK "ino", "5002" } } },
	{ "IMG-005", { { DISK "ino", "5002" }, { DISK "access", "\"r\"" } } },
	{ "IMG-008", { { VM "process/cmdline/4", "\"file=/var/x.img,if=virtio\"" } } },
	{ "IMG-009", { { DISK "class", "\"block\"" }, { DISK "rdev", "\"254:0\"" } } },
	{ "IMG-011", { { DISK "nlink", "0" } } },
	{ "MGT-001",
	  { { VM "listeners/0", "{\"family\":\"tcp\",\"address\":\"0.0.0.0\","
				"\"port\":4444}" } } },
	{ "MGT-002", { { VM "process/cmdline/6", "\"tcp:127.0.0.1:4444,server=on\"" } } },
	{ "MGT-003",
	  { { VM "listeners/0/mode", "511" },
	    { VM "listeners/0/others_reach_directory", "true" } } },
	{ "MGT-004", { { VM "process/cmdline/7", "\"-s\"" } } },
	{ "MGT-006",
	  { { VM "process/cmdline/7", "\"-incoming\"" },
	    { VM "process/cmdline/8", "\"tcp:0:4444\"" } } },
	{ "MGT-007", { { VM "object/list/0/class", "\"file\"" } } },
	{ "MGT-010",
	  { { VM "process/cmdline/7", "\"-readconfig\"" },
	    { VM "process/cmdline/8", "\"x.cfg\"" } } },
	{ "NET-003", { { VM "object/list/3/tap", "\"tap-vm2\"" } } },
	{ "NET-005",
	  { { VM "process/cmdline/7", "\"-nic\"" },
	    { VM "process/cmdline/8", "\"user,hostfwd=tcp::22-:22\"" } } },
	{ "DEV-001",
	  { { DISK "class", "\"vfio\"" },
	    { "vms/1/object/list/1", "{\"fd\":3,\"class\":\"vfio\",\"access\":\"rw\","
				     "\"dev\":\"254:0\",\"ino\":5001,"
				     "\"path\":\"/dev/vfio/7\"}" } } },
	{ "DEV-003",
	  { { PARAM("vfio_iommu_type1", "allow_unsafe_interrupts"), "\"Y\"" } } },
	{ "DEV-004", { { PARAM("vfio", "enable_unsafe_noiommu_mode"), "\"Y\"" } } },
	{ "DEV-005", { { "host/iommu_groups/0/type", "\"identity\"" } } },
	{ "DEV-006",
	  { { "host/files//proc/cmdline", "\"pcie_acs_override=downstream\"" } } },
	{ "DEV-009",
	  { { "host/nodes//dev/kvm", "{\"uid\":0,\"gid\":0,\"mode\":438}" } } },
	{ "DEV-010", { { DISK "class", "\"vhost\"" } } },
	{ "DEV-012", { { DISK "class", "\"scsi-generic\"" } } },
	{ "DEV-013",
	  { { VM "process/cmdline/7", "\"-device\"" },
	    { VM "process/cmdline/8", "\"rtl8139,netdev=n\"" } } },
	{ "CGR-001", { { VM "cgroup/0/group", "\"v2:/brattice/vm2\"" } } },
	{ "CGR-002", { { "cgroups//brattice/vm1 memory.max", "\"max\"" } } },
	{ "CGR-003", { { "cgroups//brattice/vm1 pids.max", "\"max\"" } } },
	{ "CGR-004", { { "cgroups//brattice/vm1 cpu.max", "\"max 100000\"" } } },
	{ "CGR-005", { { "cgroups//brattice/vm1 device_programs", "[]" } } },
	{ "CGR-006",
	  { { "cgroups//brattice/vm1 device_programs",
	      "[{\"id\":1,\"xlated\":\"b7000000010000009500000000000000\"}]" } } },
	{ "CGR-007", { { "cgroups//brattice/vm1 mode", "438" } } },
	{ "CGR-009",
	  { { VM "speculation/core_cookie", "\"0\"" },
	    { "host/files//sys/devices/system/cpu/smt/active", "\"1\"" } } },
	{ "CGR-010", { { VM "memory/ksm/ksm_merging_pages", "5" } } },
	{ "CGR-014", { { VM "cgroup/0/group", "\"v2:/\"" } } },
	{ "CGR-015", { { VM "speculation/core_cookie", "\"abc2\"" } } },
	{ "MAC-001",
	  { { "host/files//sys/kernel/security/lsm", "\"capability,yama\"" } } },
	{ "MAC-002", { { VM "selinux/current", "\"unconfined\"" } } },
	{ "MAC-004",
	  { { VM "selinux/current", "\"system_u:system_r:svirt_t:s0:c2,c502\"" } } },
	{ "MAC-006", { { VM "selinux/current", "\"system_u:system_r:svirt_t:s0\"" } } },
	{ "MAC-008", { { "host/files//sys/fs/selinux/enforce", "\"0\"" } } },
	{ "MAC-016", { { VM "apparmor/current", "\"vm1 (complain)\"" } } },
	{ "MAC-021", { { LAYER(13) "state", "\"unavailable\"" } } },
	{ "DRF-001", { { VM "receipt/receipt/uid", "7" } } },
	{ "DRF-002", { { VM "namespace/mnt", "4026549999" } } },
	{ "DRF-003", { { GROUP "caps/bnd", "\"0000000000000001\"" } } },
	{ "DRF-004",
	  { { VM "receipt/receipt/cgroups/0/path", "\"/sys/fs/cgroup/other\"" } } },
	{ "DRF-005", { { "cgroups//brattice/vm1 pids.max", "\"640\"" } } },
	{ "DRF-006", { { GROUP "filters", "0" } } },
	{ "DRF-007", { { DISK "ino", "6666" } } },
	{ "DRF-008", { { VM "rlimit/nofile/hard", "9999" } } },
	{ "DRF-009", { { VM "receipt/bundle/digest", "\"cd\"" } } },
	{ "LAY-001", { { LAYER(9) "state", "\"inactive\"" } } },
	{ "LAY-002", { { LAYER(13) "state", "\"unavailable\"" } } },
	{ "LAY-003", { { LAYER(10) "state", "\"off\"" } } },
	{ "AUD-002", { { VM "receipt", "null" } } },
	{ "HST-001",
	  { { "host/vulnerabilities/future", "\"Vulnerable: no microcode\"" } } },
	{ "HST-002",
	  { { "host/files//proc/cmdline", "\"x mitigations=auto;no_guest_host y\"" } } },
	{ "HST-003", { { "host/vulnerabilities/old_microcode", "\"Vulnerable\"" } } },
	{ "HST-004", { { "host/files//sys/devices/system/cpu/smt/active", "\"1\"" } } },
	{ "HST-005", { { PARAM("kvm_intel", "vmentry_l1d_flush"), "\"cond\"" } } },
	{ "HST-006", { { PARAM("kvm", "nx_huge_pages"), "\"N\"" } } },
	{ "HST-007", { { PARAM("kvm_amd", "nested"), "\"1\"" } } },
	{ "HST-008", { { PARAM("kvm_intel", "ept"), "\"N\"" } } },
	{ "HST-009", { { PARAM("kvm", "ignore_msrs"), "\"Y\"" } } },
	{ "HST-011",
	  { { "host/files//sys/kernel/security/lockdown", "\"[none] integrity\"" } } },
	{ "HST-012",
	  { { PARAM("module", "sig_enforce"), "\"N\"" },
	    { SYSCTL("kernel/modules_disabled"), "\"0\"" } } },
	{ "HST-013", { { SYSCTL("kernel/kexec_load_disabled"), "\"0\"" } } },
	{ "HST-014", { { SYSCTL("kernel/unprivileged_bpf_disabled"), "\"0\"" } } },
	{ "HST-015", { { SYSCTL("user/max_user_namespaces"), "\"9999\"" } } },
	{ "HST-016", { { SYSCTL("kernel/yama/ptrace_scope"), "\"0\"" } } },
	{ "HST-017", { { SYSCTL("kernel/kptr_restrict"), "\"0\"" } } },
	{ "HST-018", { { SYSCTL("kernel/core_pattern"), "\"core\"" } } },
	{ "HST-020",
	  { { "host/files//proc/swaps", "\"Filename\\\\x0a/dev/sda2 partition\"" } } },
	{ "HST-028", { { SYSCTL("kernel/perf_event_paranoid"), "\"-1\"" } } },
	{ "HST-029", { { SYSCTL("vm/unprivileged_userfaultfd"), "\"1\"" } } },
	{ "HST-030", { { SYSCTL("kernel/io_uring_disabled"), "\"0\"" } } },
	{ "HST-031", { { SYSCTL("vm/mmap_min_addr"), "\"0\"" } } },
	{ "HST-032", { { SYSCTL("fs/suid_dumpable"), "\"2\"" } } },
	{ "HST-033", { { SYSCTL("kernel/randomize_va_space"), "\"1\"" } } },
	{ "HST-034", { { SYSCTL("kernel/dmesg_restrict"), "\"0\"" } } },
	{ "HST-035", { { SYSCTL("net/core/bpf_jit_harden"), "\"0\"" } } },
};

static json_t *good(void)
{
	const char *dir = getenv("top_srcdir");
	char path[4096];
	struct err e = ERR_INIT;
	json_t *j;

	snprintf(path, sizeof(path), "%s/tests/audit/good.json", dir ? dir : ".");
	j = facts_load(path, &e);
	if (!j)
		fail_msg("%s", e.text);
	return j;
}

static json_t *parse(const char *text)
{
	json_error_t e;
	json_t *j = json_loads(text, JSON_DECODE_ANY, &e);

	if (!j)
		fail_msg("%s: %s", text, e.text);
	return j;
}

static void put(json_t *o, const char *key, json_t *value)
{
	uint64_t i;

	if (!json_is_array(o))
		assert_int_equal(json_object_set_new(o, key, value), 0);
	else if (num_u64(key, &i) == 0 && i < json_array_size(o))
		assert_int_equal(json_array_set_new(o, i, value), 0);
	else
		assert_int_equal(json_array_append_new(o, value), 0);
}

/* "cgroups//brattice/vm1 FILE": the file of a group, or a member of the group itself. */
static void put_cgroup(json_t *cgroups, const char *key, json_t *value)
{
	char name[128];
	const char *file = strchr(key, ' ') + 1;
	json_t *g;

	snprintf(name, sizeof(name), "v2:%.*s", (int)(file - key - 1), key);
	g = json_object_get(cgroups, name);
	put(strchr(file, '.') ? json_object_get(g, "files") : g, file, value);
}

static void set(json_t *facts, const char *path, const char *value)
{
	json_t *o = facts, *v = parse(value);

	for (;;) {
		size_t n = strcspn(path, "/");
		char key[64];
		uint64_t i;

		if (*path == '/' && o == json_object_get(facts, "cgroups")) {
			put_cgroup(o, path, v);
			return;
		}
		if (*path == '/' || !path[n]) {
			put(o, path, v);
			return;
		}
		snprintf(key, sizeof(key), "%.*s", (int)n, path);
		o = json_is_array(o) && num_u64(key, &i) == 0 ? json_array_get(o, i) :
								json_object_get(o, key);
		assert_non_null(o);
		path += n + 1;
	}
}

static const struct result *result_of(const struct results *r, const char *id,
				      const char *vm)
{
	size_t i;

	for (i = 0; i < r->n; i++) {
		const char *name = json_string_value(json_object_get(r->v[i].vm, "name"));

		if (!strcmp(r->v[i].check->id, id) && (!name || !strcmp(name, vm)))
			return &r->v[i];
	}
	fail_msg("no result for %s", id);
	return NULL;
}

static void test_good(void **state _unused_)
{
	_cleanup_json_ json_t *facts = good();
	struct results r;
	size_t i;

	check_run(facts, &r);
	for (i = 0; i < r.n; i++)
		if (r.v[i].verdict != VERDICT_PASS && r.v[i].verdict != VERDICT_NA)
			fail_msg("%s: %s: %s", r.v[i].check->id,
				 verdict_name(r.v[i].verdict), r.v[i].found);
	results_dispose(&r);
}

static void test_mutations(void **state _unused_)
{
	size_t i, k;

	for (i = 0; i < ARRAY_SIZE(mutations); i++) {
		const struct mutation *m = &mutations[i];
		_cleanup_json_ json_t *facts = good();
		const struct result *x;
		struct results r;

		for (k = 0; k < 2 && m->set[k].path; k++)
			set(facts, m->set[k].path, m->set[k].value);
		check_run(facts, &r);
		x = result_of(&r, m->id, "vm1");
		if (x->verdict != VERDICT_GAP)
			fail_msg("%s is %s, not gap: %s", m->id, verdict_name(x->verdict),
				 x->found);
		if (x->vm && result_of(&r, m->id, "vm2")->verdict == VERDICT_GAP)
			fail_msg("%s is a gap of the other VM too", m->id);
		results_dispose(&r);
	}
}

static void count_tested(const struct check *c, void *ctx)
{
	size_t i;

	for (i = 0; i < ARRAY_SIZE(mutations); i++)
		if (!strcmp(mutations[i].id, c->id))
			return;
	/* the only check that can't be a gap: what it can't see is unknown */
	if (strcmp(c->id, "AUD-001")) {
		print_error("%s has no mutation\n", c->id);
		++*(unsigned *)ctx;
	}
}

static void test_every_check_is_tested(void **state _unused_)
{
	unsigned missing = 0;

	check_each(count_tested, &missing);
	assert_int_equal(missing, 0);
}

/* Takes each fact of the first VM and of the host away in turn, in two ways. */
static void blind(json_t *(*replace)(void), const char *what)
{
	static const char *const members[] = {
		"threads",     "object",  "listeners",	     "identity", "cgroup",
		"namespace",   "rootfs",  "rlimit",	     "process",	 "memory",
		"speculation", "selinux", "seccomp_filters",
	};
	_cleanup_json_ json_t *facts = good();
	json_t *vm = json_array_get(json_object_get(facts, "vms"), 0);
	struct results r;
	size_t i;

	for (i = 0; i < ARRAY_SIZE(members); i++) {
		json_t *v = replace();

		if (v)
			json_object_set_new(vm, members[i], v);
		else
			json_object_del(vm, members[i]);
	}
	check_run(facts, &r);
	for (i = 0; i < r.n; i++) {
		const char *id = r.v[i].check->id;

		if (r.v[i].vm != vm || r.v[i].verdict != VERDICT_PASS)
			continue;
		/* these read the receipt, the bundle or the host only */
		if (!strncmp(id, "LAY-", 4) || !strcmp(id, "DRF-009") ||
		    !strcmp(id, "MAC-021") || !strcmp(id, "PRV-033") ||
		    !strcmp(id, "CGR-010"))
			continue;
		fail_msg("%s passes with %s facts: %s", id, what, r.v[i].found);
	}
	results_dispose(&r);
}

static json_t *unreadable(void)
{
	return json_pack("{s:i}", "unreadable", 13);
}

static json_t *missing(void)
{
	return NULL;
}

static json_t *empty(void)
{
	return json_object();
}

static void test_blind(void **state _unused_)
{
	blind(unreadable, "unreadable");
	blind(missing, "missing");
	blind(empty, "empty");
}

static void test_gone(void **state _unused_)
{
	_cleanup_json_ json_t *facts = good();
	struct report_input in = { .scope = "all", .fail_on = SEVERITY_LOW };
	struct report_summary s;
	struct results r;
	size_t i;

	set(facts, "vms/0/gone", "true");
	check_run(facts, &r);
	for (i = 0; i < r.n; i++)
		if (r.v[i].vm)
			assert_string_equal(
				json_string_value(json_object_get(r.v[i].vm, "name")),
				"vm2");
	in.facts = facts;
	in.results = &r;
	report_summarize(&in, &s);
	assert_int_equal(s.gone, 1);
	assert_int_equal(s.vms, 1);
	results_dispose(&r);
}

static int status_of(json_t *facts, const char *vm, enum severity fail_on)
{
	struct report_input in = { .scope = "all", .fail_on = fail_on, .vm = vm };
	struct report_summary s;
	struct results r;

	check_run(facts, &r);
	in.facts = facts;
	in.results = &r;
	report_summarize(&in, &s);
	results_dispose(&r);
	return s.status;
}

static void test_status(void **state _unused_)
{
	_cleanup_json_ json_t *facts = good();

	assert_int_equal(status_of(facts, NULL, SEVERITY_LOW), 0);
	assert_int_equal(status_of(facts, "nobody", SEVERITY_LOW), 4);
	set(facts, "scan/could_not_look", "3");
	assert_int_equal(status_of(facts, NULL, SEVERITY_HIGH), 3);
	assert_int_equal(status_of(facts, NULL, SEVERITY_CRITICAL), 0);
	set(facts, "scan/could_not_look", "0");
	set(facts, "scan/hidepid", "\"invisible\"");
	assert_int_equal(status_of(facts, NULL, SEVERITY_HIGH), 0); /* root sees all */
	set(facts, "scan/uid", "1000");
	assert_int_equal(status_of(facts, NULL, SEVERITY_HIGH), 3);
	set(facts, "vms/0/rlimit/nofile/soft", "-1");
	assert_int_equal(status_of(facts, NULL, SEVERITY_LOW), 1);
	assert_int_equal(status_of(facts, "vm2", SEVERITY_LOW), 3);
	/* what was not asked for does not make the status 3 */
	set(facts, "scan/hidepid", "\"0\"");
	json_object_del(json_array_get(json_object_get(facts, "vms"), 1),
			"seccomp_filters");
	assert_int_equal(status_of(facts, "vm2", SEVERITY_LOW), 0);
}

/* A gap that two others share is none of the VM that was asked about. */
static void test_pair_selection(void **state _unused_)
{
	_cleanup_json_ json_t *facts = good();
	json_t *vms = json_object_get(facts, "vms");
	struct results r;
	size_t pairs, separate;
	bool known;

	json_array_append_new(vms, json_deep_copy(json_array_get(vms, 1)));
	set(facts, "vms/2/name", "\"vm3\"");
	assert_int_equal(status_of(facts, "vm1", SEVERITY_LOW), 0);
	assert_int_equal(status_of(facts, "vm3", SEVERITY_LOW), 1);
	check_run(facts, &r);
	report_pairs(&r, &pairs, &separate, &known);
	assert_int_equal(pairs, 3);
	assert_int_equal(separate, 2);
	assert_int_equal(report_pair(&r, 1, 2), SEVERITY_CRITICAL);
	assert_int_equal(report_pair(&r, 0, 2), -1);
	results_dispose(&r);
}

static void test_broken_filters(void **state _unused_)
{
	static const char *const values[] = {
		"{\"programs\":{\"x\":\"zz\"},\"groups\":[{\"chain\":[\"x\"],\"count\":3}"
		"]}",
		"{\"programs\":{\"x\":\"0600\"},\"groups\":[{\"chain\":[\"x\"],\"count\":"
		"3}]}",
		"{\"programs\":{},\"groups\":[{\"chain\":[\"x\"],\"count\":3}]}",
		"{\"programs\":{},\"groups\":[{\"chain\":[],\"count\":3}]}",
		"{\"programs\":{},\"groups\":[]}",
	};
	size_t i;

	for (i = 0; i < ARRAY_SIZE(values); i++) {
		_cleanup_json_ json_t *facts = good();
		struct results r;

		set(facts, "vms/0/seccomp_filters", values[i]);
		check_run(facts, &r);
		assert_int_equal(result_of(&r, "SEC-003", "vm1")->verdict,
				 VERDICT_UNKNOWN);
		assert_int_equal(result_of(&r, "SEC-010", "vm1")->verdict,
				 VERDICT_UNKNOWN);
		results_dispose(&r);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_good),
		cmocka_unit_test(test_mutations),
		cmocka_unit_test(test_every_check_is_tested),
		cmocka_unit_test(test_blind),
		cmocka_unit_test(test_gone),
		cmocka_unit_test(test_status),
		cmocka_unit_test(test_pair_selection),
		cmocka_unit_test(test_broken_filters),
	};

	return cmocka_run_group_tests_name("audit", tests, NULL, NULL);
}
