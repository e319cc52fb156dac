/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * What the launcher says it applied, and the bundle that says what was expected. Both are
 * believed only when nobody but root and the auditor can have written them.
 */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#include "alloc.h"
#include "bundle.h"
#include "collect.h"
#include "fdio.h"
#include "jsonx.h"

#define RECEIPT_MAX ((size_t)4 << 20)

/* The same value with every string and key as a fact: printable ASCII. */
static json_t *printable(json_t *j)
{
	json_t *out, *member, *key;
	const char *name;
	size_t i;

	if (json_is_string(j))
		return proc_fact_text(json_string_value(j), json_string_length(j));
	if (json_is_array(j)) {
		out = json_array();
		json_array_foreach(j, i, member)
			proc_append(out, printable(member));
		return out;
	}
	if (!json_is_object(j))
		return json_incref(j);
	out = json_object();
	json_object_foreach(j, name, member) {
		key = proc_fact_text(name, strlen(name));
		proc_set(out, json_string_value(key), printable(member));
		json_decref(key);
	}
	return out;
}

static json_t *problem(const struct err *e)
{
	json_t *j = proc_fact_unreadable(e->code);

	proc_set(j, "error", proc_fact_text(e->text, strlen(e->text)));
	return j;
}

static json_t *bundle_facts(const json_t *receipt)
{
	const json_t *ref = json_object_get(receipt, "bundle");
	const char *path = json_string_value(json_object_get(ref, "path"));
	struct bundle b = BUNDLE_INIT;
	struct err e = ERR_INIT;
	json_t *j;

	if (!path)
		return proc_fact_unreadable(EINVAL);
	if (bundle_open(&b, path, true, &e) < 0)
		return problem(&e);
	j = json_object();
	proc_set(j, "digest", json_string(b.digest));
	proc_set(j, "layers", printable(json_object_get(b.manifest, "layers")));
	proc_set(j, "artefacts", printable(json_object_get(b.manifest, "artefacts")));
	bundle_close(&b);
	return j;
}

static json_t *receipt_read(int dirfd, const char *name)
{
	_cleanup_close_ int fd = -1;
	_cleanup_free_ char *text = NULL;
	struct err e = ERR_INIT;
	struct stat st;
	json_t *j, *out;
	size_t len;

	fd = openat(dirfd, name, O_RDONLY | O_NOFOLLOW | O_CLOEXEC | O_NONBLOCK);
	if (fd < 0 || fstat(fd, &st) < 0)
		return proc_fact_unreadable(errno);
	if (!S_ISREG(st.st_mode) || (st.st_mode & 022) ||
	    (st.st_uid && st.st_uid != geteuid())) {
		err_set(&e, EPERM, "not a regular file that only root may write");
		return problem(&e);
	}
	if (fdio_read_all(fd, RECEIPT_MAX, &text, &len, &e) < 0)
		return problem(&e);
	j = jsonx_parse(text, len, name, &e);
	if (!j)
		return problem(&e);
	out = printable(j);
	json_decref(j);
	return out;
}

static bool is_receipt_name(const char *name)
{
	size_t n = strlen(name);
	_cleanup_free_ char *stem = NULL;

	if (n <= 5 || strcmp(name + n - 5, ".json"))
		return false;
	stem = xstrndup(name, n - 5);
	return bundle_name_valid(stem);
}

static int entry_order(const void *a, const void *b)
{
	return strcmp(*(char *const *)a, *(char *const *)b);
}

static size_t receipt_names(DIR *d, char ***names)
{
	struct dirent *de;
	size_t n = 0;

	*names = NULL;
	while ((de = readdir(d))) {
		if (!is_receipt_name(de->d_name))
			continue;
		*names = xrealloc(*names, n + 1, sizeof(**names));
		(*names)[n++] = xstrdup(de->d_name);
	}
	if (n)
		qsort(*names, n, sizeof(**names), entry_order);
	return n;
}

static void add_entry(json_t *list, const char *file, json_t *receipt)
{
	json_t *entry;

	if (!receipt)
		return;
	entry = json_object();
	proc_set(entry, "file", proc_fact_text(file, strlen(file)));
	proc_set(entry, "receipt", receipt);
	if (json_object_get(receipt, "format"))
		proc_set(entry, "bundle", bundle_facts(receipt));
	proc_append(list, entry);
}

json_t *receipt_facts(struct collector *c)
{
	json_t *list = json_array();
	_cleanup_dir_ DIR *d = NULL;
	char **names;
	size_t i, n;
	int fd = open(c->options.run_dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);

	d = fd < 0 ? NULL : fdopendir(fd);
	if (!d) {
		add_entry(list, ".",
			  errno == ENOENT ? NULL : proc_fact_unreadable(errno));
		if (fd >= 0)
			close(fd);
		return list;
	}
	n = receipt_names(d, &names);
	for (i = 0; i < n; i++) {
		add_entry(list, names[i], receipt_read(fd, names[i]));
		free(names[i]);
	}
	free(names);
	return list;
}
