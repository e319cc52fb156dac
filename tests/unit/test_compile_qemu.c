/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What QEMU is started with: argv, objects, refusals. */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "described.h"
#include "jsonx.h"
#include "vmm_qemu.h"

#define QCOW2 "disks:\n- path: /img/top.qcow2\n  format: qcow2\n"

static bool contains(const char *text, const char *part)
{
	return text && strstr(text, part);
}

static const struct object *object(const struct described *d, const char *id)
{
	static const struct object none = { .path = "none", .format = "none", .fd = -1 };
	size_t i;

	for (i = 0; i < d->compile.needs->n_objects; i++)
		if (!strcmp(d->compile.needs->objects[i].id, id))
			return &d->compile.needs->objects[i];
	return &none;
}

static json_t *blockdev(const struct described *d, size_t nth)
{
	const char *text = described_arg(d, "-blockdev", nth);
	struct err e = ERR_INIT;

	assert_non_null(text);
	return jsonx_parse(text, strlen(text), "-blockdev", &e);
}

static const char *member(const json_t *o, const char *key)
{
	const char *s = json_string_value(json_object_get(o, key));

	return s ? s : "";
}

/* Descriptors count up from 3, and each -add-fd names one of them. */
static void check_descriptors(const struct described *d)
{
	size_t i;
	const char *arg;

	for (i = 0; i < d->compile.needs->n_objects; i++)
		assert_int_equal(d->compile.needs->objects[i].fd, 3 + i);
	for (i = 0; (arg = described_arg(d, "-add-fd", i)); i++) {
		_cleanup_free_ char *want = NULL;
		const struct object *o = object(d, strstr(arg, "opaque=") + 7);

		assert_true(o->fd > 0);
		want = xasprintf("fd=%d,set=%d,opaque=%s", o->fd, o->fd, o->id);
		assert_string_equal(arg, want);
	}
}

static void test_basics(void **state)
{
	struct described d;

	(void)state;
	described_open(&d, HEAD DISK "cpus: 3\n", ACCEL_KVM);
	assert_string_equal(d.compile.needs->argv[0], "/usr/bin/qemu-system-x86_64");
	assert_null(d.compile.needs->argv[d.compile.needs->n_argv]);
	assert_non_null(described_arg(&d, "-nodefaults", 0));
	assert_non_null(described_arg(&d, "-no-user-config", 0));
	assert_string_equal(described_arg(&d, "-name", 0),
			    "guest=web01,debug-threads=off");
	assert_string_equal(described_arg(&d, "-accel", 0), "kvm");
	assert_string_equal(described_arg(&d, "-cpu", 0), "host");
	assert_string_equal(described_arg(&d, "-smp", 0), "cpus=3");
	assert_string_equal(described_arg(&d, "-m", 0), "size=256M");
	assert_string_equal(described_arg(&d, "-display", 0), "none");
	assert_string_equal(described_arg(&d, "-vga", 0), "none");
	assert_true(contains(described_arg(&d, "-machine", 0), "type=q35,"));
	assert_true(contains(described_arg(&d, "-machine", 0), "mem-merge=off"));
	assert_true(contains(described_arg(&d, "-machine", 0), "dump-guest-core=off"));
	assert_null(described_arg(&d, "-sandbox", 0));
	assert_null(described_arg(&d, "-qmp", 0));
	assert_null(described_arg(&d, "-mon", 0));
	check_descriptors(&d);
	described_close(&d);
}

static void test_accel(void **state)
{
	struct described d;

	(void)state;
	described_open(&d, HEAD, ACCEL_TCG);
	assert_true(contains(described_arg(&d, "-accel", 0), "tcg,split-wx=on,"));
	assert_string_equal(described_arg(&d, "-cpu", 0), "max");
	assert_int_equal(d.compile.needs->n_nodes, 2); /* null, urandom */
	described_close(&d);
	described_open(&d, HEAD "cpu: EPYC,-svm\n", ACCEL_TCG);
	assert_string_equal(described_arg(&d, "-cpu", 0), "EPYC,-svm");
	described_close(&d);
}

static void test_arch_capabilities(void **state)
{
	struct described d;
	static const char *const with[] = { HEAD, HEAD "cpu: max\n" };
	size_t i;

	(void)state;
	for (i = 0; i < ARRAY_SIZE(with); i++) {
		described_open(&d, with[i], ACCEL_KVM);
		compile_dispose(&d.compile);
		d.target.lacks_arch_capabilities = true;
		d.r = compile_run(&d.compile, &d.policy, &d.target, &d.e);
		assert_true(
			contains(described_arg(&d, "-cpu", 0), ",arch-capabilities=off"));
		described_close(&d);
	}
}

static void test_raw_disk(void **state)
{
	struct described d;
	_cleanup_json_ json_t *node = NULL;
	const json_t *file;

	(void)state;
	described_open(&d, HEAD DISK, ACCEL_TCG);
	node = blockdev(&d, 0);
	assert_string_equal(member(node, "driver"), "raw");
	assert_true(json_is_false(json_object_get(node, "read-only")));
	assert_true(json_is_false(json_object_get(node, "auto-read-only")));
	assert_string_equal(member(node, "discard"), "ignore");
	assert_null(json_object_get(node, "backing"));
	file = json_object_get(node, "file");
	assert_string_equal(member(file, "driver"), "file");
	assert_string_equal(member(file, "filename"), "/dev/fdset/3");
	assert_true(object(&d, "disk0")->writable);
	assert_false(object(&d, "disk0")->shared);
	assert_string_equal(object(&d, "disk0")->format, "raw");
	assert_true(contains(described_arg(&d, "-device", 0),
			     "virtio-blk-pci,id=disk0-device,drive=disk0,bootindex=1"));
	described_close(&d);
}

static void test_block_device(void **state)
{
	struct described d;
	_cleanup_json_ json_t *node = NULL, *regular = NULL;

	(void)state;
	described_open(&d,
		       HEAD "disks:\n- {path: /dev/vg/root, format: raw}\n"
			    "- {path: /dev/shm/x.img, format: raw}\n",
		       ACCEL_TCG);
	node = blockdev(&d, 0);
	regular = blockdev(&d, 1);
	assert_string_equal(member(json_object_get(node, "file"), "driver"),
			    "host_device");
	assert_string_equal(member(json_object_get(regular, "file"), "driver"), "file");
	described_close(&d);
}

/* Every image of a declared chain is a node of its own, and only the top is writable. */
static void test_declared_chain(void **state)
{
	struct described d;
	_cleanup_json_ json_t *node = NULL;
	const json_t *middle, *base;

	(void)state;
	described_open(&d,
		       HEAD QCOW2
		       "  backing:\n  - {path: /img/middle.qcow2, format: qcow2}\n"
		       "  - {path: /img/base.raw, format: raw}\n",
		       ACCEL_TCG);
	node = blockdev(&d, 0);
	middle = json_object_get(node, "backing");
	base = json_object_get(middle, "backing");
	assert_string_equal(member(middle, "driver"), "qcow2");
	assert_string_equal(member(base, "driver"), "raw");
	assert_null(json_object_get(base, "backing"));
	assert_true(json_is_true(json_object_get(base, "read-only")));
	assert_string_equal(member(json_object_get(base, "file"), "filename"),
			    "/dev/fdset/5");
	assert_true(object(&d, "disk0")->writable);
	assert_false(object(&d, "disk0-backing0")->writable);
	assert_false(object(&d, "disk0-backing1")->writable);
	assert_string_equal(object(&d, "disk0-backing1")->path, "/img/base.raw");
	check_descriptors(&d);
	described_close(&d);
}

/* Without a declared chain the header stays in force, so that QEMU fails on a name that
 * is not in its root: "backing: null" would silently show the guest half an image. */
static void test_undeclared_chain(void **state)
{
	struct described d;
	_cleanup_json_ json_t *node = NULL;

	(void)state;
	described_open(&d, HEAD QCOW2, ACCEL_TCG);
	node = blockdev(&d, 0);
	assert_int_equal(json_object_size(node), 7);
	assert_false(contains(described_arg(&d, "-blockdev", 0), "backing"));
	described_close(&d);
}

static void test_cache_modes(void **state)
{
	static const struct {
		const char *mode;
		bool direct, no_flush;
		const char *write_cache;
	} rows[] = {
		{ "writeback", false, false, "write-cache=on" },
		{ "none", true, false, "write-cache=on" },
		{ "writethrough", false, false, "write-cache=off" },
		{ "directsync", true, false, "write-cache=off" },
		{ "unsafe", false, true, "write-cache=on" },
	};
	struct described d;
	size_t i;

	(void)state;
	for (i = 0; i < ARRAY_SIZE(rows); i++) {
		_cleanup_free_ char *text = xasprintf(HEAD "disks:\n- {path: /img/a, "
							   "format: raw, cache: %s}\n",
						      rows[i].mode);
		json_t *node, *cache;

		described_open(&d, text, ACCEL_TCG);
		node = blockdev(&d, 0);
		cache = json_object_get(json_object_get(node, "file"), "cache");
		assert_int_equal(json_is_true(json_object_get(cache, "direct")),
				 rows[i].direct);
		assert_int_equal(json_is_true(json_object_get(cache, "no-flush")),
				 rows[i].no_flush);
		assert_true(
			contains(described_arg(&d, "-device", 0), rows[i].write_cache));
		json_decref(node);
		described_close(&d);
	}
}

static void test_buses(void **state)
{
	static const struct {
		const char *keys, *device, *first;
	} rows[] = {
		{ "bus: virtio", "virtio-blk-pci,id=disk0-device", NULL },
		{ "bus: scsi", "scsi-hd,bus=scsi0.0,", "virtio-scsi-pci,id=scsi0" },
		{ "bus: nvme", "nvme,id=disk0-device,", NULL },
		{ "bus: sata", "ide-hd,bus=ide.0,", NULL },
		{ "bus: ide, readonly: true", "ide-cd,bus=ide.0,", NULL },
		{ "shared: true", "share-rw=on", NULL },
		{ "serial: abc", "serial=abc", NULL },
	};
	struct described d;
	size_t i;

	(void)state;
	for (i = 0; i < ARRAY_SIZE(rows); i++) {
		_cleanup_free_ char *text = xasprintf(
			HEAD "disks:\n- {path: /img/a, format: raw, %s}\n", rows[i].keys);

		described_open(&d, text, ACCEL_TCG);
		if (rows[i].first)
			assert_string_equal(described_arg(&d, "-device", 0),
					    rows[i].first);
		assert_true(contains(described_arg(&d, "-device", rows[i].first != NULL),
				     rows[i].device));
		described_close(&d);
	}
	described_open(&d,
		       HEAD "machine: pc\ndisks:\n- {path: /a, format: raw, bus: ide}\n"
			    "- {path: /b, format: raw, bus: ide}\n"
			    "- {path: /c, format: raw, bus: sata}\n",
		       ACCEL_TCG);
	assert_true(contains(described_arg(&d, "-device", 0), "ich9-ahci,id=ahci0"));
	assert_true(contains(described_arg(&d, "-device", 2), "bus=ide.0,unit=1,"));
	assert_true(contains(described_arg(&d, "-device", 3), "bus=ahci0.0,"));
	described_close(&d);
}

static void test_network(void **state)
{
	struct described d, other;

	(void)state;
	described_open(&d,
		       HEAD DISK "cpus: 2\nnetwork:\n"
				 "- {type: tap, ifname: t0, vhost: true, queues: 2}\n"
				 "- {type: user, restrict: true, model: e1000e}\n",
		       ACCEL_TCG);
	assert_string_equal(described_arg(&d, "-netdev", 0),
			    "tap,id=net0,fds=4:5,vhost=on,vhostfds=6:7");
	assert_true(
		contains(described_arg(&d, "-device", 1), "mq=on,vectors=6,romfile="));
	assert_string_equal(described_arg(&d, "-netdev", 1), "user,id=net1,restrict=on");
	assert_int_equal(object(&d, "net0-tap1")->kind, OBJECT_TAP);
	assert_string_equal(object(&d, "net0-vhost0")->path, "/dev/vhost-net");
	check_descriptors(&d);
	/* the same VM, the same address; another VM, another */
	described_open(&other,
		       "name: web02\nemulator: /q\nmemory: 1M\n" DISK
		       "network: [{type: user, restrict: true}]\n",
		       ACCEL_TCG);
	assert_true(contains(described_arg(&d, "-device", 1), ",mac=52:54:00:3b:46:9e"));
	assert_false(
		contains(described_arg(&other, "-device", 1), ",mac=52:54:00:3b:46:9e"));
	described_close(&other);
	described_close(&d);
	described_open(&d, HEAD "network: [{type: user, restrict: true}]\n", ACCEL_TCG);
	/* nothing else to boot from: the boot ROM stays */
	assert_false(contains(described_arg(&d, "-device", 0), "romfile"));
	described_close(&d);
}

static void test_consoles(void **state)
{
	struct described d;

	(void)state;
	described_open(&d, HEAD "qmp: true\nserial: stdio\n", ACCEL_TCG);
	assert_string_equal(described_arg(&d, "-chardev", 0),
			    "socket,id=qmp,fd=3,server=on,wait=off");
	assert_string_equal(described_arg(&d, "-mon", 0), "chardev=qmp,mode=control");
	assert_string_equal(described_arg(&d, "-chardev", 1),
			    "stdio,id=serial0,signal=off");
	assert_string_equal(object(&d, "qmp")->path, "/run/brattice/web01/qmp.sock");
	described_close(&d);
	described_open(&d, HEAD "serial: {type: file, path: /var/log/x}\n", ACCEL_TCG);
	assert_string_equal(described_arg(&d, "-chardev", 0),
			    "file,id=serial0,path=/dev/fdset/3,append=on");
	assert_int_equal(object(&d, "serial")->kind, OBJECT_LOG);
	check_descriptors(&d);
	described_close(&d);
	described_open(&d, HEAD "serial: socket\n", ACCEL_TCG);
	assert_string_equal(described_arg(&d, "-chardev", 0),
			    "socket,id=serial0,fd=3,server=on,wait=off");
	described_close(&d);
}

static void test_memory(void **state)
{
	struct described d;

	(void)state;
	described_open(&d, HEAD "memory_shared: true\nmemory_locked: true\n", ACCEL_KVM);
	assert_true(contains(described_arg(&d, "-machine", 0), "memory-backend=mem0"));
	assert_true(contains(described_arg(&d, "-object", 0),
			     "memory-backend-memfd,id=mem0,"
			     "size=256M,share=on"));
	assert_string_equal(described_arg(&d, "-overcommit", 0), "mem-lock=on");
	described_close(&d);
}

static void test_firmware_and_kernel(void **state)
{
	struct described d;

	(void)state;
	described_open(&d,
		       HEAD "firmware: /fw/code.fd\nnvram: /fw/vars.fd\nkernel: /b/k\n"
			    "initrd: /b/i\nappend: a,b=c\n",
		       ACCEL_TCG);
	assert_true(contains(described_arg(&d, "-machine", 0),
			     "pflash0=firmware,pflash1=nvram"));
	assert_false(object(&d, "firmware")->writable);
	assert_true(object(&d, "nvram")->writable);
	assert_string_equal(described_arg(&d, "-kernel", 0), "/b/k");
	assert_string_equal(described_arg(&d, "-initrd", 0), "/b/i");
	assert_string_equal(described_arg(&d, "-append", 0), "a,b=c");
	check_descriptors(&d);
	described_close(&d);
}

static void test_vnc_and_small(void **state)
{
	struct described d;

	(void)state;
	described_open(&d,
		       HEAD
		       "vnc: {listen: '0.0.0.0:1', password_file: '/p,w'}\n"
		       "namespaces: {net: host}\nballoon: true\nrng: true\nvga: std\n",
		       ACCEL_TCG);
	assert_string_equal(described_arg(&d, "-object", 0),
			    "secret,id=vnc-password,file=/p,,w");
	assert_string_equal(described_arg(&d, "-vnc", 0),
			    "0.0.0.0:1,password-secret=vnc-password");
	assert_string_equal(described_arg(&d, "-vga", 0), "std");
	assert_string_equal(described_arg(&d, "-object", 1), "rng-builtin,id=rng0");
	assert_string_equal(described_arg(&d, "-device", 1),
			    "virtio-balloon-pci,id=balloon0");
	described_close(&d);
}

static void test_vfio(void **state)
{
	struct described d;

	(void)state;
	described_open(&d, HEAD "vfio: ['0000:01:00.0']\n", ACCEL_KVM);
	assert_int_equal(d.r, -EINVAL);
	assert_int_equal(d.e.loc.line, 4);
	described_close(&d);
	described_open(&d,
		       HEAD "vfio: ['0000:01:00.0']\ngrants: {devices: [/dev/vfio/7]}\n",
		       ACCEL_KVM);
	assert_string_equal(described_arg(&d, "-device", 0),
			    "vfio-pci,id=vfio0,host=0000:01:00.0");
	described_close(&d);
}

static void test_extra_argv_comes_last(void **state)
{
	struct described d;
	const struct vmm_needs *n;

	(void)state;
	described_open(&d, HEAD "argv: [-global, 'a=b,c']\nenvironment: [A=b]\n",
		       ACCEL_TCG);
	n = d.compile.needs;
	assert_string_equal(n->argv[n->n_argv - 2], "-global");
	assert_string_equal(n->argv[n->n_argv - 1], "a=b,c");
	assert_string_equal(n->env[0], "A=b");
	assert_null(n->env[1]);
	described_close(&d);
}

static void test_refusals(void **state)
{
	struct described d;
	static const char seven[] = HEAD "disks:\n"
					 "- {path: /1, format: raw, bus: sata}\n"
					 "- {path: /2, format: raw, bus: sata}\n"
					 "- {path: /3, format: raw, bus: sata}\n"
					 "- {path: /4, format: raw, bus: sata}\n"
					 "- {path: /5, format: raw, bus: sata}\n"
					 "- {path: /6, format: raw, bus: sata}\n"
					 "- {path: /7, format: raw, bus: sata}\n";

	(void)state;
	described_open(&d, seven, ACCEL_TCG);
	assert_int_equal(d.r, -EINVAL);
	assert_int_equal(d.e.loc.line, 11);
	described_close(&d);
	/* a model that no parser has seen */
	described_open(&d, HEAD, ACCEL_TCG);
	compile_dispose(&d.compile);
	d.policy.append.v = "a\nb";
	assert_int_equal(compile_run(&d.compile, &d.policy, &d.target, &d.e), -EINVAL);
	assert_true(contains(d.e.text, "control character 0x0a"));
	described_close(&d);
}

static void test_quoting(void **state)
{
	_cleanup_strbuf_ struct strbuf b = STRBUF_INIT;

	(void)state;
	qemu_add_value(&b, ",a,,b=c");
	assert_string_equal(strbuf_str(&b), ",,a,,,,b=c");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_basics),
		cmocka_unit_test(test_accel),
		cmocka_unit_test(test_arch_capabilities),
		cmocka_unit_test(test_raw_disk),
		cmocka_unit_test(test_block_device),
		cmocka_unit_test(test_declared_chain),
		cmocka_unit_test(test_undeclared_chain),
		cmocka_unit_test(test_cache_modes),
		cmocka_unit_test(test_buses),
		cmocka_unit_test(test_network),
		cmocka_unit_test(test_consoles),
		cmocka_unit_test(test_memory),
		cmocka_unit_test(test_firmware_and_kernel),
		cmocka_unit_test(test_vnc_and_small),
		cmocka_unit_test(test_vfio),
		cmocka_unit_test(test_extra_argv_comes_last),
		cmocka_unit_test(test_refusals),
		cmocka_unit_test(test_quoting),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
