/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * From the compiler's directory into the cache. Everything in the former is untrusted:
 * the manifest is parsed with limits, names are checked, files are opened without links,
 * and only bytes whose digest the manifest gives are copied, into files of the caller's
 * own.
 */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <linux/fs.h>

#include "alloc.h"
#include "bundle.h"
#include "config.h"
#include "fdio.h"
#include "front.h"
#include "jsonx.h"

#define TREE_DEPTH_MAX 32

static int remove_entries(int fd, unsigned depth, struct err *e);

static int remove_at(int dirfd, const char *name, unsigned depth, struct err *e)
{
	_cleanup_close_ int fd = -1;

	if (unlinkat(dirfd, name, 0) == 0 || errno == ENOENT)
		return 0;
	if (errno != EISDIR)
		return err_errno(e, "cannot remove %s", name);
	if (depth > TREE_DEPTH_MAX)
		return err_set(e, ELOOP, "cannot remove %s: too deep", name);
	fd = openat(dirfd, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	if (fd < 0)
		return err_errno(e, "cannot open %s", name);
	if (remove_entries(fd, depth + 1, e) < 0)
		return -e->code;
	if (unlinkat(dirfd, name, AT_REMOVEDIR) < 0)
		return err_errno(e, "cannot remove %s", name);
	return 0;
}

static int remove_entries(int fd, unsigned depth, struct err *e)
{
	_cleanup_dir_ DIR *d = NULL;
	struct dirent *entry;
	int copy = fcntl(fd, F_DUPFD_CLOEXEC, 3);

	if (copy < 0)
		return err_errno(e, "cannot list");
	d = fdopendir(copy);
	if (!d) {
		close(copy);
		return err_errno(e, "cannot list");
	}
	while ((errno = 0, entry = readdir(d))) {
		if (!strcmp(entry->d_name, ".") || !strcmp(entry->d_name, ".."))
			continue;
		if (remove_at(fd, entry->d_name, depth, e) < 0)
			return -e->code;
	}
	return errno ? err_errno(e, "cannot list") : 0;
}

int front_remove_tree(int dirfd, const char *name, struct err *e)
{
	return remove_at(dirfd, name, 0, e);
}

/* The inputs are the files that were read: the host file, the description, a profile. */
static int install_check_input(const struct front_job *job, const json_t *inputs,
			       struct err *e)
{
	static const char what[] = "manifest.json: inputs";
	size_t i;

	for (i = 0; i < json_array_size(inputs); i++) {
		const json_t *in = json_array_get(inputs, i);
		const char *name, *digest;

		if (jsonx_need_string(in, "name", &name, what, e) < 0 ||
		    jsonx_need_string(in, "sha256", &digest, what, e) < 0)
			return -e->code;
		if (!strcmp(name, job->description.name) &&
		    !strcmp(digest, job->description.digest))
			return 0;
	}
	return err_set(e, EINVAL, "the bundle was compiled from another description");
}

/* Did it compile our description with our version? A check against accidents: a compiler
 * that was taken over can write what it likes here. */
static int install_check(const struct front_job *job, const struct bundle *b,
			 struct err *e)
{
	json_t *inputs, *tool, *artefacts;
	const char *version;
	int r = jsonx_need_array(b->manifest, "inputs", &inputs, "manifest.json", e);

	if (r == 0)
		r = install_check_input(job, inputs, e);
	if (r == 0)
		r = jsonx_need_object(b->manifest, "tool", &tool, "manifest.json", e);
	if (r == 0)
		r = jsonx_need_string(tool, "brattice", &version, "manifest.json: tool",
				      e);
	if (r == 0 && strcmp(version, PACKAGE_VERSION) != 0)
		r = err_set(e, EINVAL, "the compiler is version %s, this is %s", version,
			    PACKAGE_VERSION);
	if (r == 0)
		r = jsonx_need_object(b->manifest, "artefacts", &artefacts,
				      "manifest.json", e);
	if (r == 0 && json_object_size(artefacts) > FRONT_ARTEFACTS_MAX)
		r = err_set(e, E2BIG, "the bundle has more than %d files",
			    FRONT_ARTEFACTS_MAX);
	return r;
}

static int install_artefacts(const struct bundle *b, int newfd, struct err *e)
{
	const char *name;
	json_t *entry;
	int r = 0;

	json_object_foreach (json_object_get(b->manifest, "artefacts"), name, entry) {
		_cleanup_free_ char *data = NULL;
		size_t len;

		if (!bundle_name_valid(name) || !strcmp(name, "manifest.json"))
			return err_set(e, EINVAL,
				       "the bundle has a file with an invalid name");
		r = bundle_artefact(b, name, false, &data, &len, e);
		if (r == 0)
			r = fdio_write_file(newfd, name, data, len, 0644, 1, e);
		if (r < 0)
			break;
	}
	return r;
}

/* The manifest as it was parsed: canonical text is the same text, and nothing else
 * passes. */
static int install_manifest(const struct bundle *b, int newfd, struct err *e)
{
	_cleanup_free_ char *text = jsonx_dump(b->manifest);
	char digest[DIGEST_HEX];

	digest_bytes(text, strlen(text), digest);
	if (strcmp(digest, b->digest) != 0)
		return err_set(e, EINVAL,
			       "the bundle's manifest is not in canonical form");
	return fdio_write_file(newfd, "manifest.json", text, strlen(text), 0644, 1, e);
}

/* A broken bundle of the same name is swapped out and removed. */
static int install_rename(int cachefd, const char *new_name, const char *name,
			  struct err *e)
{
	if (renameat(cachefd, new_name, cachefd, name) == 0)
		return 0;
	if (errno != EEXIST && errno != ENOTEMPTY && errno != ENOTDIR)
		return err_errno(e, "cannot put the bundle in its place");
	if (syscall(SYS_renameat2, cachefd, new_name, cachefd, name, RENAME_EXCHANGE) < 0)
		return err_errno(e, "cannot replace a broken bundle");
	return front_remove_tree(cachefd, new_name, e);
}

static int install_fill(const struct bundle *b, int cachefd, const char *new_name,
			struct err *e)
{
	_cleanup_close_ int fd = -1;
	int r;

	if (mkdirat(cachefd, new_name, 0700) < 0)
		return err_errno(e, "cannot create %s", new_name);
	fd = openat(cachefd, new_name, O_RDONLY | O_DIRECTORY | O_CLOEXEC | O_NOFOLLOW);
	if (fd < 0)
		return err_errno(e, "cannot open %s", new_name);
	r = install_artefacts(b, fd, e);
	if (r == 0)
		r = install_manifest(b, fd, e);
	if (r == 0 && (fchmod(fd, 0755) < 0 || fsync(fd) < 0))
		r = err_errno(e, "cannot finish %s", new_name);
	return r;
}

int front_install(const struct front_job *job, const char *dir, int cachefd,
		  const char *name, struct err *e)
{
	_cleanup_free_ char *path = xasprintf("%s/" FRONT_WORK_OUT, dir);
	_cleanup_free_ char *new_name = xasprintf(".new-%ld", (long)getpid());
	struct err ignored = ERR_INIT;
	struct bundle b;
	int r = bundle_open(&b, path, false, e);

	if (r < 0)
		return r;
	r = install_check(job, &b, e);
	if (r == 0)
		r = install_fill(&b, cachefd, new_name, e);
	if (r == 0)
		r = install_rename(cachefd, new_name, name, e);
	if (r == 0 && fsync(cachefd) < 0)
		r = err_errno(e, "cannot sync the cache");
	if (r < 0)
		front_remove_tree(cachefd, new_name, &ignored);
	bundle_close(&b);
	return r;
}
