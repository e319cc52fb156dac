/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Description parser: what is accepted, and what it becomes. tests/bad has the rest. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include <cmocka.h>

#include "compile.h"
#include "explain.h"
#include "jsonx.h"
#include "parse.h"
#include "resolve.h"
#include "suggest.h"
#include "utf8.h"
#include "value.h"

#define HEAD "name: web01\nemulator: /usr/bin/q\nmemory: 512M\n"

struct reading {
	struct vm_policy p;
	struct host h;
	struct problems out;
	int r;
};

static void reading_open(struct reading *x, const char *text)
{
	memset(x, 0, sizeof(*x));
	assert_int_equal(host_parse(&x->h, HOST_FILE, NULL, 0, &x->out), 0);
	x->r = description_parse(&x->p, "vm.yaml", text, strlen(text), NULL, &x->h,
				 &x->out);
}

static void reading_close(struct reading *x)
{
	problems_dispose(&x->out);
	policy_dispose(&x->p);
	host_dispose(&x->h);
}

#define _cleanup_reading_ __attribute__((cleanup(reading_close)))

static void accept_text(struct reading *x, const char *text)
{
	reading_open(x, text);
	if (x->r < 0)
		problems_print(stderr, &x->out);
	assert_int_equal(x->r, 0);
	assert_int_equal(x->out.n, 0);
}

static void test_twelve_lines(void **state _unused_)
{
	_cleanup_reading_ struct reading x;

	accept_text(&x, "name: web01\n"
			"emulator: /usr/bin/qemu-system-x86_64\n"
			"memory: 512M\n"
			"cpus: 2\n"
			"disks:\n"
			"  - path: /var/lib/vms/web01.qcow2\n"
			"    format: qcow2\n"
			"network:\n"
			"  - type: tap\n"
			"    ifname: tap-web01\n"
			"serial: stdio\n"
			"qmp: true\n");
	assert_string_equal(x.p.name.v, "web01");
	assert_int_equal(x.p.memory.v, 512u << 20);
	assert_true(x.p.memory.set);
	assert_int_equal(x.p.cpus.v, 2);
	assert_int_equal(x.p.n_disks, 1);
	assert_string_equal(x.p.disks[0].path.v, "/var/lib/vms/web01.qcow2");
	assert_int_equal(x.p.disks[0].format.v, FORMAT_QCOW2);
	assert_int_equal(x.p.n_network, 1);
	assert_int_equal(x.p.network[0].type.v, NIC_TAP);
	assert_int_equal(x.p.serial.type.v, SERIAL_STDIO);
	assert_true(x.p.qmp.enabled.v);
	assert_string_equal(x.p.qmp.path.v, "/run/brattice/web01/qmp.sock");
}

static void test_places(void **state _unused_)
{
	_cleanup_reading_ struct reading x;

	accept_text(&x, HEAD "disks:\n  - path: /srv/a\n    format: raw\n");
	assert_string_equal(x.p.memory.loc.file, "vm.yaml");
	assert_int_equal(x.p.memory.loc.line, 3);
	assert_int_equal(x.p.memory.loc.col, 9);
	assert_int_equal(x.p.disks[0].loc.line, 5);
	assert_int_equal(x.p.disks[0].format.loc.line, 6);
	assert_int_equal(x.p.disks[0].format.loc.col, 13);
	assert_int_equal(x.p.cpus.loc.line, 0);
}

static void test_defaults(void **state _unused_)
{
	_cleanup_reading_ struct reading x;

	accept_text(&x, HEAD "disks: [{path: /srv/a, format: raw}]\n");
	assert_int_equal(x.p.cpus.v, 1);
	assert_false(x.p.cpus.set);
	assert_string_equal(x.p.vmm.v, "qemu");
	assert_string_equal(x.p.machine.v, "q35");
	assert_null(x.p.cpu.v);
	assert_int_equal(x.p.landlock.v, NEED_REQUIRED);
	assert_false(x.p.landlock.set);
	assert_int_equal(x.p.disks[0].cache.v, CACHE_WRITEBACK);
	assert_true(x.p.rng.v);
	assert_false(x.p.mem.ksm.v);
	assert_true(x.p.cgroup.devices.v);
	assert_string_equal(x.p.cgroup.parent.v, "brattice");
	assert_int_equal(x.p.identity.first.v, 1900000000);
	assert_int_equal(x.p.identity.last.v, 1900065535);
	assert_false(x.p.cgroup.memory_max.set);
}

/* Every default in key.def is a value that its own key accepts. */
static void test_every_default(void **state _unused_)
{
	const struct key *k;
	size_t i;

	for (i = 0; (k = key_at(i)); i++) {
		_cleanup_problems_ struct problems out = PROBLEMS_INIT;
		_cleanup_arena_ struct arena a = ARENA_INIT;
		struct doc_node n = { .kind = DOC_SCALAR, .plain = true, .text = k->def };
		union {
			struct m_str s;
			struct m_list l;
			struct m_u64 u;
		} field = { .s = { NULL, { NULL, 0, 0 } } };

		if (!k->def)
			continue;
		assert_false(k->required);
		n.len = strlen(k->def);
		value_set(&out, &a, k, &n, &field);
		assert_int_equal(out.n, 0);
	}
}

static void test_key_table(void **state _unused_)
{
	const struct key *k, *o;
	size_t i, j;

	for (i = 0; (k = key_at(i)); i++) {
		char path[KEY_PATH_MAX];

		assert_true(strlen(key_path(k, path)) < KEY_PATH_MAX - 1);
		assert_true(*k->doc && !strchr(k->doc, '\t') && !strchr(k->doc, '\n'));
		assert_true(k->kind != KEY_NUMBER || k->min < k->max);
		assert_true(k->kind != KEY_SIZE || k->min < k->max);
		assert_true((k->kind == KEY_WORD || k->kind == KEY_CHOICE) == !!k->words);
		assert_true((k->kind == KEY_STRING || k->kind == KEY_STRINGS) ==
			    !!k->format);
		for (j = 0; j < i && (o = key_at(j)); j++)
			assert_true(o->section != k->section || strcmp(o->name, k->name));
	}
	for (i = 0; i < SECTION_COUNT; i++) {
		const struct section *s = section_get((enum section_id)i);

		assert_true(!s->scalar || key_find((enum section_id)i, s->scalar));
		assert_int_equal(section_by_path(s->path), i);
	}
}

/* vmm.def and the words of the key "vmm" agree. */
static void test_vmm_words(void **state _unused_)
{
	const struct key *k = key_find(SECTION_root, "vmm");
	size_t i, known = 0;

	for (i = 0; k->words[i]; i++)
		assert_non_null(vmm_find(k->words[i]));
#define VMM(id) known++;
#include "vmm.def"
#undef VMM
	assert_int_equal(i, known);
}

static void test_scalar_forms(void **state _unused_)
{
	_cleanup_reading_ struct reading x;

	accept_text(&x, HEAD "serial: {type: file, path: /var/log/x}\n"
			     "qmp: {path: /run/x/q.sock}\n"
			     "selinux: required\napparmor: {mode: off}\n"
			     "vnc: 127.0.0.1:7\nnamespaces: {net: host}\n"
			     "grants: {files: [/srv/a, {path: /srv/b, access: rw}]}\n");
	assert_int_equal(x.p.serial.type.v, SERIAL_FILE);
	assert_true(x.p.qmp.enabled.v);
	assert_string_equal(x.p.qmp.path.v, "/run/x/q.sock");
	assert_int_equal(x.p.selinux.mode.v, NEED_REQUIRED);
	assert_int_equal(x.p.apparmor.mode.v, NEED_OFF);
	assert_string_equal(x.p.vnc.listen.v, "127.0.0.1:7");
	assert_int_equal(x.p.grants.n_files, 2);
	assert_int_equal(x.p.grants.files[0].access.v, ACCESS_RO);
	assert_int_equal(x.p.grants.files[1].access.v, ACCESS_RW);
}

/* Types come from the schema: these are texts, whatever YAML 1.1 would make of them. */
static void test_no_guessed_types(void **state _unused_)
{
	_cleanup_reading_ struct reading x;

	accept_text(&x, "name: 0123\nemulator: /usr/bin/q\nmemory: 64M\n"
			"kernel: /k\nappend: yes\nenvironment: [A=1, B=null]\n");
	assert_string_equal(x.p.name.v, "0123");
	assert_string_equal(x.p.append.v, "yes");
	assert_string_equal(x.p.environment.v[1].v, "B=null");
}

static void test_sizes(void **state _unused_)
{
	static const struct {
		const char *text;
		uint64_t bytes;
	} rows[] = {
		{ "1048576", 1u << 20 },  { "1024K", 1u << 20 },
		{ "3M", 3u << 20 },	  { "2G", 2ull << 30 },
		{ "16T", 16ull << 40 },	  { "4GiB", 4ull << 30 },
		{ "\"2G\"", 2ull << 30 }, { "65536KiB", 64ull << 20 },
	};
	size_t i;

	for (i = 0; i < ARRAY_SIZE(rows); i++) {
		_cleanup_reading_ struct reading x;
		_cleanup_free_ char *text = xasprintf(
			"name: a\nemulator: /usr/bin/q\nmemory: %s\n", rows[i].text);

		accept_text(&x, text);
		assert_int_equal(x.p.memory.v, rows[i].bytes);
	}
}

static void test_identity(void **state _unused_)
{
	_cleanup_reading_ struct reading x;

	accept_text(&x, HEAD "identity: {uid: 64100}\n");
	assert_int_equal(x.p.identity.uid.v, 64100);
	assert_int_equal(x.p.identity.gid.v, 64100);
	assert_true(x.p.identity.gid.set);
}

static void test_line_ends(void **state _unused_)
{
	_cleanup_reading_ struct reading crlf, bom;

	accept_text(&crlf, "name: a\r\nemulator: /usr/bin/q\r\nmemory: 64M\r\n");
	assert_string_equal(crlf.p.emulator.v, "/usr/bin/q");
	accept_text(&bom, "\xef\xbb\xbf" HEAD);
	assert_string_equal(bom.p.name.v, "web01");
}

/* A text of exactly 4096 bytes is accepted, also of other than ASCII letters. */
static void test_longest_text(void **state _unused_)
{
	_cleanup_reading_ struct reading x;
	_cleanup_free_ char *text = xasprintf(HEAD "kernel: /k\nappend: %0*d\n", 4096, 0);

	accept_text(&x, text);
	assert_int_equal(strlen(x.p.append.v), 4096);
	reading_close(&x);
	accept_text(&x, HEAD "kernel: /k\nappend: \"caf\xc3\xa9 \\u00e9\"\n");
	assert_string_equal(x.p.append.v, "caf\xc3\xa9 \xc3\xa9");
}

static void test_thousand_entries(void **state _unused_)
{
	_cleanup_reading_ struct reading x;
	_cleanup_strbuf_ struct strbuf b = STRBUF_INIT;
	int i;

	strbuf_puts(&b, HEAD "environment:\n");
	for (i = 0; i < 1000; i++)
		strbuf_printf(&b, "  - A%d=1\n", i);
	accept_text(&x, strbuf_str(&b));
	assert_int_equal(x.p.environment.n, 1000);
}

/* More problems than are kept: the rest is counted. */
static void test_many_problems(void **state _unused_)
{
	_cleanup_reading_ struct reading x;
	_cleanup_strbuf_ struct strbuf b = STRBUF_INIT;
	int i;

	strbuf_puts(&b, HEAD);
	for (i = 0; i < 300; i++)
		strbuf_printf(&b, "zzzzzz%dqqqqqq: 1\n", i);
	reading_open(&x, strbuf_str(&b));
	assert_int_equal(x.r, -EINVAL);
	assert_int_equal(x.out.n, PROBLEMS_MAX);
	assert_int_equal(x.out.dropped, 100);
}

/* One wrong value gives one message: what would follow from it is not reported. */
static void test_no_noise(void **state _unused_)
{
	static const char *const texts[] = {
		HEAD "network: [{type: tpa}]\n",
		HEAD "cpus: 0\nnetwork: [{type: tap, ifname: t0, queues: 4}]\n",
		HEAD "namespaces: {net: hots}\nnetwork: [{type: user}]\n",
		HEAD "disks: [{path: /srv/a, formt: raw}]\n",
		HEAD "disks: [{path: /srv/a, format: rwa, shared: true}]\n",
		HEAD "kernel: k\ninitrd: /i\nappend: x\n",
		HEAD "serial: {type: fiel, path: /x}\n",
	};
	size_t i;

	for (i = 0; i < ARRAY_SIZE(texts); i++) {
		_cleanup_reading_ struct reading x;

		reading_open(&x, texts[i]);
		if (x.out.n != 1)
			problems_print(stderr, &x.out);
		assert_int_equal(x.out.n, 1);
	}
}

static void write_file(const char *dir, const char *name, const char *text)
{
	_cleanup_free_ char *path = xasprintf("%s/%s", dir, name);
	_cleanup_file_ FILE *f = fopen(path, "w");

	assert_non_null(f);
	fputs(text, f);
}

/* Scalars and maps are merged key by key, a list replaces the list. */
static void test_profile(void **state _unused_)
{
	char dir[] = "/tmp/brattice-test.XXXXXX";
	_cleanup_free_ char *path = NULL, *remove = NULL;
	_cleanup_problems_ struct problems out = PROBLEMS_INIT;
	_cleanup_host_ struct host h = HOST_INIT;
	_cleanup_policy_ struct vm_policy p = { .n_disks = 0 };

	assert_non_null(mkdtemp(dir));
	write_file(dir, "small.yaml",
		   "memory: 64M\ncpus: 4\nargv: [-no-reboot]\n"
		   "cgroup: {cpu_weight: 50, pids_max: 99}\n");
	write_file(dir, "vm.yaml",
		   "name: a\ninherit: small\nemulator: /usr/bin/q\ncpus: 2\n"
		   "argv: [-S]\ncgroup: {cpu_weight: 70}\n");
	path = xasprintf("%s/vm.yaml", dir);
	assert_int_equal(host_parse(&h, HOST_FILE, NULL, 0, &out), 0);
	assert_int_equal(description_read(&p, path, &h, &out), 0);
	assert_int_equal(p.memory.v, 64u << 20);
	assert_int_equal(p.memory.loc.line, 1);
	assert_non_null(strstr(p.memory.loc.file, "small.yaml"));
	assert_int_equal(p.cpus.v, 2);
	assert_int_equal(p.argv.n, 1);
	assert_string_equal(p.argv.v[0].v, "-S");
	assert_int_equal(p.cgroup.cpu_weight.v, 70);
	assert_int_equal(p.cgroup.pids_max.v, 99);
	assert_int_equal(out.n_sources, 2);
	unlink(path);
	remove = xasprintf("%s/small.yaml", dir);
	unlink(remove);
	rmdir(dir);
}

static void test_host_file(void **state _unused_)
{
	static const char text[] = "uid_first: 200000\nuid_last: 300000\n"
				   "cgroup_parent: vms/all\nemulators: [/usr/bin/q]\n";
	_cleanup_problems_ struct problems out = PROBLEMS_INIT;
	_cleanup_host_ struct host h = HOST_INIT;
	_cleanup_policy_ struct vm_policy p = { .n_disks = 0 };

	assert_int_equal(host_parse(&h, "host.yaml", text, strlen(text), &out), 0);
	assert_int_equal(
		description_parse(&p, "vm.yaml", HEAD, strlen(HEAD), NULL, &h, &out), 0);
	assert_int_equal(p.identity.first.v, 200000);
	assert_int_equal(p.identity.last.v, 300000);
	assert_string_equal(p.cgroup.parent.v, "vms/all");
}

static void test_utf8(void **state _unused_)
{
	static const struct {
		const char *bytes;
		size_t len;
		uint32_t c;
	} rows[] = {
		{ "a", 1, 'a' },
		{ "\xc3\xa9", 2, 0xe9 },
		{ "\xe2\x82\xac", 3, 0x20ac },
		{ "\xf0\x9f\x98\x80", 4, 0x1f600 },
		{ "\xc0\x80", 0, 0 },
		{ "\xe0\x80\x80", 0, 0 },
		{ "\xed\xa0\x80", 0, 0 },
		{ "\xf4\x90\x80\x80", 0, 0 },
		{ "\xff", 0, 0 },
		{ "\x80", 0, 0 },
		{ "\xc3", 0, 0 },
		{ "\xe2\x82", 0, 0 },
	};
	size_t i;

	for (i = 0; i < ARRAY_SIZE(rows); i++) {
		uint32_t c = 0;

		assert_int_equal(utf8_decode(rows[i].bytes, strlen(rows[i].bytes), &c),
				 rows[i].len);
		assert_int_equal(c, rows[i].c);
	}
}

static void test_suggest(void **state _unused_)
{
	struct suggestion s = { .word = "formt" };

	assert_int_equal(suggest_distance("", "abc"), 3);
	assert_int_equal(suggest_distance("format", "format"), 0);
	assert_int_equal(suggest_distance("formt", "format"), 1);
	assert_int_equal(suggest_distance("kmv", "kvm"), 1);
	assert_int_equal(suggest_distance("kitten", "sitting"), 3);
	suggest_offer(&s, "path");
	assert_null(s.best);
	suggest_offer(&s, "format");
	assert_string_equal(s.best, "format");
}

static void test_loopback(void **state _unused_)
{
	assert_true(format_is_loopback("127.0.0.1:0"));
	assert_true(format_is_loopback("127.8.9.1:12"));
	assert_true(format_is_loopback("[::1]:1"));
	assert_false(format_is_loopback("0.0.0.0:0"));
	assert_false(format_is_loopback("[::]:0"));
	assert_false(format_is_loopback("localhost:0"));
	assert_false(format_is_loopback("[::ffff:127.0.0.1]:0"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_twelve_lines),
		cmocka_unit_test(test_places),
		cmocka_unit_test(test_defaults),
		cmocka_unit_test(test_every_default),
		cmocka_unit_test(test_key_table),
		cmocka_unit_test(test_vmm_words),
		cmocka_unit_test(test_scalar_forms),
		cmocka_unit_test(test_no_guessed_types),
		cmocka_unit_test(test_sizes),
		cmocka_unit_test(test_identity),
		cmocka_unit_test(test_line_ends),
		cmocka_unit_test(test_longest_text),
		cmocka_unit_test(test_thousand_entries),
		cmocka_unit_test(test_many_problems),
		cmocka_unit_test(test_no_noise),
		cmocka_unit_test(test_profile),
		cmocka_unit_test(test_host_file),
		cmocka_unit_test(test_utf8),
		cmocka_unit_test(test_suggest),
		cmocka_unit_test(test_loopback),
	};

	return cmocka_run_group_tests_name("parse", tests, NULL, NULL);
}
