/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The bundle's directory: bytes, modes, replacement, refusals; and reading it again. */
#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#include <cmocka.h>

#include "bundle.h"
#include "described.h"
#include "fdio.h"
#include "jsonx.h"

static char root[] = "/tmp/brattice-bundle-XXXXXX";

static int setup(void **state)
{
	(void)state;
	return !mkdtemp(root) || chdir(root) < 0;
}

static int teardown(void **state)
{
	(void)state;
	return chdir("/") < 0 || rmdir(root) < 0;
}

static void put(const char *path, const char *text)
{
	FILE *f = fopen(path, "we");

	assert_non_null(f);
	fputs(text, f);
	assert_int_equal(fclose(f), 0);
}

static char *get(const char *path)
{
	struct err e = ERR_INIT;
	char *text = NULL;

	assert_int_equal(fdio_read_file(AT_FDCWD, path, 1 << 20, &text, NULL, &e), 0);
	return text;
}

/* Number of entries; each is removed when remove is set. */
static size_t entries(const char *path, bool remove)
{
	_cleanup_dir_ DIR *d = opendir(path);
	const struct dirent *entry;
	size_t n = 0;

	assert_non_null(d);
	while ((entry = readdir(d))) {
		if (entry->d_name[0] == '.')
			continue;
		if (remove)
			assert_int_equal(unlinkat(dirfd(d), entry->d_name, 0), 0);
		n++;
	}
	return n;
}

static void remove_bundle(const char *path)
{
	entries(path, true);
	assert_int_equal(rmdir(path), 0);
}

static int write_text(const char *text, const char *dir, char digest[DIGEST_HEX],
		      struct err *e)
{
	struct described d;
	_cleanup_json_ json_t *inputs = json_pack("[{s:s, s:s}]", "name", "vm.yaml",
						  "sha256", "00");
	int r;

	described_open(&d, text, ACCEL_TCG);
	assert_int_equal(d.r, 0);
	r = bundle_write(&d.compile, inputs, dir, digest, e);
	described_close(&d);
	return r;
}

static void test_written_and_read(void **state)
{
	struct err e = ERR_INIT;
	struct bundle b;
	struct stat st;
	char digest[DIGEST_HEX];
	_cleanup_free_ char *data = NULL;
	size_t len;

	(void)state;
	umask(077);
	assert_int_equal(write_text(HEAD DISK, "b", digest, &e), 0);
	assert_int_equal(stat("b", &st), 0);
	assert_int_equal(st.st_mode & 07777, 0755);
	assert_int_equal(stat("b/manifest.json", &st), 0);
	assert_int_equal(st.st_mode & 07777, 0644);
	assert_int_equal(bundle_open(&b, "b", true, &e), 0);
	assert_string_equal(b.digest, digest);
	assert_string_equal(b.name, "web01");
	assert_int_equal(bundle_artefact(&b, "seccomp.bpf", true, &data, &len, &e), 0);
	assert_true(len > 0 && len % 8 == 0);
	bundle_close(&b);
	assert_int_equal(entries(".", false), 1); /* no temporary directory stays */
	remove_bundle("b");
}

static void test_deterministic(void **state)
{
	struct err e = ERR_INIT;
	char one[DIGEST_HEX], two[DIGEST_HEX], other[DIGEST_HEX];

	(void)state;
	assert_int_equal(write_text(HEAD DISK, "one", one, &e), 0);
	assert_int_equal(write_text(HEAD DISK, "two", two, &e), 0);
	assert_int_equal(write_text(HEAD DISK "cpus: 2\n", "other", other, &e), 0);
	assert_string_equal(one, two);
	assert_string_not_equal(one, other);
	remove_bundle("one");
	remove_bundle("two");
	remove_bundle("other");
}

static void test_replaces_a_bundle(void **state)
{
	struct err e = ERR_INIT;
	char one[DIGEST_HEX], two[DIGEST_HEX];
	struct bundle b;

	(void)state;
	assert_int_equal(write_text(HEAD, "b", one, &e), 0);
	assert_int_equal(write_text(HEAD DISK, "b/", two, &e), 0);
	assert_string_not_equal(one, two);
	assert_int_equal(bundle_open(&b, "b", true, &e), 0);
	assert_string_equal(b.digest, two);
	bundle_close(&b);
	assert_int_equal(entries(".", false), 1);
	remove_bundle("b");
}

/* Whatever isn't a bundle stays as it is. */
static void test_replaces_nothing_else(void **state)
{
	struct err e = ERR_INIT;
	char digest[DIGEST_HEX];
	_cleanup_free_ char *kept = NULL;

	(void)state;
	assert_int_equal(mkdir("empty", 0755), 0);
	assert_int_equal(write_text(HEAD, "empty", digest, &e), -EEXIST);
	assert_int_equal(rmdir("empty"), 0);

	put("file", "x");
	assert_true(write_text(HEAD, "file", digest, &e) < 0);
	kept = get("file");
	assert_string_equal(kept, "x");
	assert_int_equal(unlink("file"), 0);

	assert_int_equal(mkdir("json", 0755), 0);
	put("json/manifest.json", "{\"format\":\"other\"}");
	assert_int_equal(write_text(HEAD, "json", digest, &e), -EEXIST);
	assert_int_equal(entries("json", false), 1);
	remove_bundle("json");
	assert_int_equal(entries(".", false), 0);
}

static void test_keeps_foreign_files(void **state)
{
	struct err e = ERR_INIT;
	char digest[DIGEST_HEX];

	(void)state;
	assert_int_equal(write_text(HEAD, "b", digest, &e), 0);
	put("b/notes.txt", "mine");
	assert_int_equal(write_text(HEAD, "b", digest, &e), -EEXIST);
	assert_non_null(strstr(e.text, "notes.txt"));
	assert_int_equal(access("b/notes.txt", F_OK), 0);
	assert_int_equal(entries(".", false), 1);
	remove_bundle("b");
}

static void test_follows_no_link(void **state)
{
	struct err e = ERR_INIT;
	char digest[DIGEST_HEX];

	(void)state;
	assert_int_equal(write_text(HEAD, "b", digest, &e), 0);
	assert_int_equal(symlink("b", "link"), 0);
	assert_true(write_text(HEAD DISK, "link", digest, &e) < 0);
	assert_int_equal(unlink("link"), 0);
	assert_int_equal(entries(".", false), 1);
	remove_bundle("b");
}

/* A killed run with the same process number left its temporary directory. */
static void test_takes_over_leftovers(void **state)
{
	struct err e = ERR_INIT;
	char digest[DIGEST_HEX];
	_cleanup_free_ char *tmp = xasprintf("b.tmp-%ld", (long)getpid());
	_cleanup_free_ char *file = xasprintf("%s/manifest.json", tmp);

	(void)state;
	assert_int_equal(mkdir(tmp, 0755), 0);
	put(file, "{");
	assert_int_equal(write_text(HEAD, "b", digest, &e), 0);
	assert_int_equal(entries(".", false), 1);
	remove_bundle("b");
}

static void test_bad_names(void **state)
{
	static const char *const names[] = { "", ".", "..", "/", "b/..", "absent/b" };
	struct err e = ERR_INIT;
	char digest[DIGEST_HEX];
	size_t i;

	(void)state;
	for (i = 0; i < ARRAY_SIZE(names); i++)
		assert_true(write_text(HEAD, names[i], digest, &e) < 0);
	assert_int_equal(entries(".", false), 0);
}

/* A digest, a byte or an owner that is wrong is found when the bundle is read. */
static void test_tampering_is_found(void **state)
{
	struct err e = ERR_INIT;
	char digest[DIGEST_HEX];
	_cleanup_free_ char *data = NULL;
	struct bundle b;
	size_t len;

	(void)state;
	assert_int_equal(write_text(HEAD, "b", digest, &e), 0);
	put("b/seccomp.bpf", "12345678");
	assert_int_equal(bundle_open(&b, "b", true, &e), 0);
	assert_int_equal(bundle_artefact(&b, "seccomp.bpf", true, &data, &len, &e),
			 -EINVAL);
	assert_true(bundle_artefact(&b, "../x", true, &data, &len, &e) < 0);
	bundle_close(&b);
	assert_int_equal(chmod("b/manifest.json", 0666), 0);
	assert_int_equal(bundle_open(&b, "b", true, &e), -EPERM);
	assert_int_equal(bundle_open(&b, "b", false, &e), 0);
	bundle_close(&b);
	remove_bundle("b");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_written_and_read),
		cmocka_unit_test(test_deterministic),
		cmocka_unit_test(test_replaces_a_bundle),
		cmocka_unit_test(test_replaces_nothing_else),
		cmocka_unit_test(test_keeps_foreign_files),
		cmocka_unit_test(test_follows_no_link),
		cmocka_unit_test(test_takes_over_leftovers),
		cmocka_unit_test(test_bad_names),
		cmocka_unit_test(test_tampering_is_found),
	};

	return cmocka_run_group_tests(tests, setup, teardown);
}
