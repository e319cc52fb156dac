/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Compilers of the mechanisms (all but seccomp): parameters and explanations. */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "described.h"
#include "jsonx.h"

#define MIB ((json_int_t)1 << 20)

static json_int_t integer(const json_t *o, const char *key)
{
	const json_t *v = json_object_get(o, key);

	assert_true(json_is_integer(v));
	return json_integer_value(v);
}

static const char *string(const json_t *o, const char *key)
{
	const char *s = json_string_value(json_object_get(o, key));

	assert_non_null(s);
	return s;
}

/* The entry of a list of objects whose member key is value; NULL if there is none. */
static const json_t *entry(const json_t *list, const char *key, const char *value)
{
	size_t i;

	for (i = 0; i < json_array_size(list); i++) {
		const json_t *o = json_array_get(list, i);
		const char *s = json_string_value(json_object_get(o, key));

		if (s && !strcmp(s, value))
			return o;
	}
	return NULL;
}

static bool has_word(const json_t *list, const char *word)
{
	size_t i;

	for (i = 0; i < json_array_size(list); i++)
		if (!strcmp(json_string_value(json_array_get(list, i)), word))
			return true;
	return false;
}

static void test_every_mechanism(void **state)
{
	struct described d;
	enum mech m;

	(void)state;
	described_open(&d, HEAD DISK, ACCEL_KVM);
	for (m = 0; m < MECH_COUNT; m++) {
		_cleanup_free_ char *text = described_explain(&d, m);

		assert_true(json_is_object(described_params(&d, m)));
		assert_true(strlen(text) > 10);
		assert_int_equal(text[strlen(text) - 1], '\n');
	}
	described_close(&d);
}

static void test_identity(void **state)
{
	struct described d;
	_cleanup_free_ char *text = NULL;

	(void)state;
	described_open(&d, HEAD, ACCEL_TCG);
	assert_int_equal(integer(described_params(&d, MECH_identity), "first"),
			 1900000000);
	assert_int_equal(integer(described_params(&d, MECH_identity), "last"),
			 1900065535);
	described_close(&d);
	described_open(&d, HEAD "identity: {uid: 70000}\n", ACCEL_TCG);
	assert_int_equal(integer(described_params(&d, MECH_identity), "uid"), 70000);
	assert_int_equal(integer(described_params(&d, MECH_identity), "gid"), 70000);
	assert_null(json_object_get(described_params(&d, MECH_identity), "first"));
	text = described_explain(&d, MECH_identity);
	assert_non_null(strstr(text, "uid 70000, gid 70000 (vm.yaml:4)"));
	described_close(&d);
}

/* A model that no parser has seen must not slip through. */
static void test_identity_refuses(void **state)
{
	struct described d;
	struct vm_policy *p = &d.policy;
	static const struct loc loc = { "vm.yaml", 9, 3 };
	struct m_u64 bad[] = { { 0, true, loc }, { 4294967295u, true, loc } };
	size_t i;

	(void)state;
	for (i = 0; i < ARRAY_SIZE(bad); i++) {
		described_open(&d, HEAD, ACCEL_TCG);
		compile_dispose(&d.compile);
		p->identity.uid = bad[i];
		d.r = compile_run(&d.compile, p, &d.target, &d.e);
		assert_true(d.r < 0);
		assert_int_equal(d.e.loc.line, 9);
		described_close(&d);
	}
}

static void test_cgroup_defaults(void **state)
{
	struct described d;
	const json_t *p, *devices;

	(void)state;
	described_open(&d, HEAD DISK "cpus: 2\n", ACCEL_KVM);
	p = described_params(&d, MECH_cgroup);
	/* 192 + 256/64 + 2 * 4 + 48 of a disk */
	assert_int_equal(integer(p, "memory_max"), (256 + 192 + 4 + 8 + 48) * MIB);
	assert_int_equal(integer(p, "memory_swap_max"), 0);
	assert_int_equal(integer(p, "pids_max"), 2 + 64 + 16);
	assert_string_equal(string(p, "parent"), "brattice");
	assert_null(json_object_get(p, "cpu_weight"));
	assert_null(json_object_get(p, "io"));
	devices = json_object_get(p, "devices");
	assert_int_equal(json_array_size(devices), 3);
	assert_int_equal(integer(json_array_get(devices, 0), "major"), 1);
	assert_int_equal(integer(json_array_get(devices, 2), "major"), 10);
	assert_int_equal(integer(json_array_get(devices, 2), "minor"), 232);
	described_close(&d);
}

static void test_cgroup_given(void **state)
{
	struct described d;
	const json_t *p, *io;

	(void)state;
	described_open(&d,
		       HEAD "cgroup:\n  memory_max: 2G\n  memory_swap_max: 1M\n"
			    "  pids_max: 99\n  cpu_weight: 50\n  cpu_percent: 150\n"
			    "  cpuset: 0-1\n  parent: a/b\n  devices: false\n"
			    "  io:\n  - {device: '8:0', rbps: 1M, wiops: 10}\n",
		       ACCEL_TCG);
	p = described_params(&d, MECH_cgroup);
	assert_int_equal(integer(p, "memory_max"), 2048 * MIB);
	assert_int_equal(integer(p, "memory_swap_max"), MIB);
	assert_int_equal(integer(p, "pids_max"), 99);
	assert_int_equal(integer(p, "cpu_weight"), 50);
	assert_int_equal(integer(p, "cpu_percent"), 150);
	assert_string_equal(string(p, "cpuset"), "0-1");
	assert_string_equal(string(p, "parent"), "a/b");
	assert_null(json_object_get(p, "devices"));
	io = json_array_get(json_object_get(p, "io"), 0);
	assert_string_equal(string(io, "device"), "8:0");
	assert_int_equal(integer(io, "rbps"), MIB);
	assert_int_equal(integer(io, "wiops"), 10);
	assert_null(json_object_get(io, "wbps"));
	assert_int_equal(integer(described_params(&d, MECH_rlimit), "nproc"), 99);
	described_close(&d);
}

static void test_namespace(void **state)
{
	struct described d;
	const json_t *p;

	(void)state;
	described_open(&d, HEAD, ACCEL_TCG);
	p = described_params(&d, MECH_namespace);
	assert_true(json_is_true(json_object_get(p, "net")));
	assert_true(json_is_true(json_object_get(p, "pid")));
	assert_true(json_is_false(json_object_get(p, "user")));
	assert_string_equal(string(p, "hostname"), "web01");
	described_close(&d);
	described_open(&d, HEAD "namespaces: {net: host, user: true, proc: true}\n",
		       ACCEL_TCG);
	p = described_params(&d, MECH_namespace);
	assert_true(json_is_false(json_object_get(p, "net")));
	assert_true(json_is_true(json_object_get(p, "user")));
	p = described_params(&d, MECH_rootfs);
	assert_true(json_is_true(json_object_get(p, "proc")));
	described_close(&d);
}

static void test_rootfs(void **state)
{
	struct described d;
	const json_t *binds, *bind;

	(void)state;
	described_open(&d,
		       HEAD "kernel: /boot/k\ngrants:\n  devices: [/dev/x]\n"
			    "  files: [{path: /srv/d, access: rw}]\n",
		       ACCEL_TCG);
	binds = json_object_get(described_params(&d, MECH_rootfs), "binds");
	bind = entry(binds, "path", "/usr/bin/qemu-system-x86_64");
	assert_true(json_is_true(json_object_get(bind, "exec")));
	assert_true(json_is_false(json_object_get(bind, "optional")));
	bind = entry(binds, "path", "/usr/share/seabios");
	assert_true(json_is_false(json_object_get(bind, "exec")));
	bind = entry(binds, "path", "/boot/k");
	assert_true(json_is_false(json_object_get(bind, "exec")));
	assert_true(json_is_false(json_object_get(bind, "writable")));
	bind = entry(binds, "path", "/srv/d");
	assert_true(json_is_true(json_object_get(bind, "writable")));
	bind = entry(json_object_get(described_params(&d, MECH_rootfs), "nodes"), "path",
		     "/dev/x");
	assert_string_equal(string(bind, "host"), "/dev/x");
	described_close(&d);
}

static void test_runtime_replaces_the_default(void **state)
{
	struct described d;
	const json_t *binds;

	(void)state;
	described_open(&d, HEAD "runtime: [/opt/qemu/lib]\n", ACCEL_TCG);
	binds = json_object_get(described_params(&d, MECH_rootfs), "binds");
	assert_int_equal(json_array_size(binds), 2);
	assert_non_null(entry(binds, "path", "/opt/qemu/lib"));
	described_close(&d);
}

static void test_rlimit(void **state)
{
	struct described d;
	const json_t *p;

	(void)state;
	described_open(&d, HEAD, ACCEL_KVM);
	p = described_params(&d, MECH_rlimit);
	assert_int_equal(integer(p, "core"), 0);
	assert_int_equal(integer(p, "memlock"), 65536);
	assert_int_equal(integer(p, "fsize_min"), 0);
	assert_int_equal(integer(p, "nofile") % 64, 0);
	assert_null(json_object_get(p, "fsize"));
	described_close(&d);
	described_open(&d, HEAD "memory_shared: true\nmemory_locked: true\n", ACCEL_KVM);
	p = described_params(&d, MECH_rlimit);
	assert_int_equal(integer(p, "fsize_min"), 256 * MIB);
	assert_true(integer(p, "memlock") > (256 + 1024) * MIB);
	described_close(&d);
	described_open(&d,
		       HEAD "vfio: ['0000:01:00.0']\ngrants: {devices: [/dev/vfio/7]}\n",
		       ACCEL_KVM);
	p = described_params(&d, MECH_rlimit);
	assert_int_equal(integer(p, "memlock"), (256 + 1024) * MIB);
	described_close(&d);
	described_open(&d, HEAD "rlimits: {nofile: 100, memlock: 0, fsize: 1G}\n",
		       ACCEL_KVM);
	p = described_params(&d, MECH_rlimit);
	assert_int_equal(integer(p, "nofile"), 100);
	assert_int_equal(integer(p, "memlock"), 0);
	assert_int_equal(integer(p, "fsize"), 1024 * MIB);
	described_close(&d);
}

static void test_process_memory_speculation(void **state)
{
	struct described d;
	const json_t *p;

	(void)state;
	described_open(&d,
		       HEAD "process: {oom_score_adj: 5, supervisor_death: adopt}\n"
			    "mem: {mdwe: required, ksm: true, thp: off}\n"
			    "speculation: {store_bypass: required, l1d_flush: auto}\n",
		       ACCEL_TCG);
	p = described_params(&d, MECH_process);
	assert_int_equal(integer(p, "umask"), 077);
	assert_int_equal(integer(p, "oom_score_adj"), 5);
	assert_string_equal(string(p, "supervisor_death"), "adopt");
	p = described_params(&d, MECH_memory);
	assert_string_equal(string(p, "mdwe"), "required");
	assert_string_equal(string(p, "thp"), "off");
	assert_true(json_is_true(json_object_get(p, "ksm")));
	p = described_params(&d, MECH_speculation);
	assert_string_equal(string(p, "store_bypass"), "required");
	assert_string_equal(string(p, "l1d_flush"), "auto");
	assert_string_equal(string(p, "core_scheduling"), "auto");
	described_close(&d);
}

static void test_labels(void **state)
{
	struct described d;

	(void)state;
	described_open(&d, HEAD "selinux: {mode: required, type: x_t}\napparmor: off\n",
		       ACCEL_TCG);
	assert_string_equal(string(described_params(&d, MECH_selinux), "mode"),
			    "required");
	assert_string_equal(string(described_params(&d, MECH_selinux), "type"), "x_t");
	assert_string_equal(string(described_params(&d, MECH_apparmor), "mode"), "off");
	assert_int_equal(json_array_size(json_object_get(
				 described_params(&d, MECH_capability), "keep")),
			 0);
	assert_int_equal(json_object_size(described_params(&d, MECH_nnp)), 0);
	described_close(&d);
}

static const json_t *landlock_access(const struct described *d, const char *path)
{
	const json_t *rules = json_object_get(described_params(d, MECH_landlock),
					      "rules");

	return json_object_get(entry(rules, "path", path), "access");
}

static void test_landlock_rules(void **state)
{
	struct described d;
	const json_t *a;

	(void)state;
	described_open(&d, HEAD DISK "grants: {files: [{path: /srv/d, access: rw}]}\n",
		       ACCEL_KVM);
	assert_string_equal(string(described_params(&d, MECH_landlock), "mode"),
			    "required");
	a = landlock_access(&d, "/usr/share/qemu");
	assert_true(has_word(a, "read_file"));
	assert_false(has_word(a, "execute"));
	assert_false(has_word(a, "write_file"));
	a = landlock_access(&d, "/usr/lib64");
	assert_true(has_word(a, "execute"));
	assert_false(has_word(a, "write_file"));
	a = landlock_access(&d, "/dev/kvm");
	assert_true(has_word(a, "ioctl_dev"));
	assert_false(has_word(landlock_access(&d, "/dev/null"), "ioctl_dev"));
	a = landlock_access(&d, "/srv/d");
	assert_true(has_word(a, "write_file"));
	assert_false(has_word(a, "execute"));
	/* a disk is a descriptor: there is no path to it */
	assert_null(landlock_access(&d, "/img/a.raw"));
	described_close(&d);
}

static void test_landlock_tcp(void **state)
{
	struct described d;
	const json_t *p;

	(void)state;
	described_open(&d, HEAD "network: [{type: user, restrict: true}]\n", ACCEL_TCG);
	p = described_params(&d, MECH_landlock);
	assert_true(json_is_false(json_object_get(p, "unrestricted_tcp")));
	assert_null(json_object_get(p, "bind_tcp"));
	assert_true(has_word(json_object_get(p, "scope"), "signal"));
	assert_true(has_word(json_object_get(p, "scope"), "abstract_unix_socket"));
	described_close(&d);
	described_open(&d, HEAD "network: [{type: user}]\nnamespaces: {net: host}\n",
		       ACCEL_TCG);
	p = described_params(&d, MECH_landlock);
	assert_true(json_is_true(json_object_get(p, "unrestricted_tcp")));
	described_close(&d);
	described_open(&d, HEAD "vnc: '127.0.0.1:3'\nnamespaces: {net: host}\n",
		       ACCEL_TCG);
	p = json_object_get(described_params(&d, MECH_landlock), "bind_tcp");
	assert_int_equal(json_array_size(p), 1);
	assert_int_equal(json_integer_value(json_array_get(p, 0)), 5903);
	described_close(&d);
}

/* Explanations name the line that asked for something. */
static void test_explain_places(void **state)
{
	struct described d;
	_cleanup_free_ char *cgroup = NULL, *object = NULL, *landlock = NULL;

	(void)state;
	described_open(&d, HEAD DISK "cgroup:\n  pids_max: 70\nlandlock: auto\n",
		       ACCEL_TCG);
	cgroup = described_explain(&d, MECH_cgroup);
	assert_non_null(strstr(cgroup, "70 threads and processes (vm.yaml:7)"));
	assert_non_null(strstr(cgroup, "0 MiB of swap (default)"));
	object = described_explain(&d, MECH_object);
	assert_non_null(
		strstr(object, "fd 3  disk disk0 /img/a.raw, read-write (vm.yaml:5)"));
	landlock = described_explain(&d, MECH_landlock);
	assert_non_null(strstr(landlock, "Landlock: auto (vm.yaml:8)"));
	described_close(&d);
}

static void test_policy_artefact(void **state)
{
	struct described d;
	_cleanup_json_ json_t *j = NULL;
	size_t i = 0;

	(void)state;
	described_open(&d, HEAD DISK, ACCEL_TCG);
	assert_int_equal(d.r, 0);
	while (strcmp(d.compile.artefacts[i].name, "policy.json") != 0)
		assert_true(++i < d.compile.n_artefacts);
	j = jsonx_parse(d.compile.artefacts[i].data, d.compile.artefacts[i].len,
			"policy.json", &d.e);
	assert_string_equal(string(j, "name"), "web01");
	assert_string_equal(string(j, "machine"), "q35");
	assert_int_equal(integer(j, "memory"), 256 * MIB);
	described_close(&d);
}

static void test_accel_must_be_decided(void **state)
{
	struct described d;

	(void)state;
	described_open(&d, HEAD, ACCEL_AUTO);
	assert_int_equal(d.r, -EINVAL);
	described_close(&d);
	assert_null(vmm_find("nosuch"));
	assert_non_null(vmm_find("qemu"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_every_mechanism),
		cmocka_unit_test(test_identity),
		cmocka_unit_test(test_identity_refuses),
		cmocka_unit_test(test_cgroup_defaults),
		cmocka_unit_test(test_cgroup_given),
		cmocka_unit_test(test_namespace),
		cmocka_unit_test(test_rootfs),
		cmocka_unit_test(test_runtime_replaces_the_default),
		cmocka_unit_test(test_rlimit),
		cmocka_unit_test(test_process_memory_speculation),
		cmocka_unit_test(test_labels),
		cmocka_unit_test(test_landlock_rules),
		cmocka_unit_test(test_landlock_tcp),
		cmocka_unit_test(test_explain_places),
		cmocka_unit_test(test_policy_artefact),
		cmocka_unit_test(test_accel_must_be_decided),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
