/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Bundles by the digest of everything that went into them: CACHE/KEY. One writer at a
 * time holds CACHE/.lock, so any ".work-" or ".new-" directory that it finds is left
 * over.
 */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>

#include "alloc.h"
#include "bundle.h"
#include "config.h"
#include "fdio.h"
#include "front.h"

#define CACHE_WORK ".work-"
#define CACHE_NEW ".new-"

static void cache_key(const struct front_job *job, char key[DIGEST_HEX])
{
	_cleanup_strbuf_ struct strbuf b = STRBUF_INIT;
	size_t i;

	strbuf_printf(&b, "brattice-cache 1\nversion %s\ncompiler %s\naccel %s\n",
		      PACKAGE_VERSION, job->compiler_digest, job->accel);
	strbuf_printf(&b, "description %s %s\n", job->description.digest,
		      job->description.name);
	strbuf_printf(&b, "host %s\n", job->host.name ? job->host.digest : "none");
	for (i = 0; i < job->profiles.n; i++)
		strbuf_printf(&b, "profile %s %s\n", job->profiles.v[i].digest,
			      job->profiles.v[i].name);
	digest_bytes(b.s, b.len, key);
}

/* Nobody else may be able to put a bundle there. */
static int cache_check(int fd, const char *dir, struct err *e)
{
	struct stat st;

	if (fstat(fd, &st) < 0)
		return err_errno(e, "cannot stat %s", dir);
	if (st.st_uid != geteuid())
		return err_set(e, EPERM, "%s belongs to uid %u, not to uid %u", dir,
			       st.st_uid, geteuid());
	if (st.st_mode & (S_IWGRP | S_IWOTH))
		return err_set(e, EPERM, "%s is writable by others (mode %04o)", dir,
			       st.st_mode & 07777);
	return 0;
}

static int cache_open(const char *dir, struct err *e)
{
	_cleanup_close_ int fd = -1;

	if (mkdir(dir, 0755) < 0 && errno != EEXIST)
		return err_errno(e, "cannot create %s", dir);
	fd = fdio_openat(AT_FDCWD, dir, O_RDONLY | O_DIRECTORY | O_NOFOLLOW, 0, e);
	if (fd < 0)
		return fd;
	if (cache_check(fd, dir, e) < 0)
		return -e->code;
	return steal_fd(&fd);
}

/* A bundle that is whole: the launcher checks the same again. */
static int cache_look_up(const char *path, char digest[DIGEST_HEX], struct err *e)
{
	struct bundle b;
	const char *name;
	json_t *entry;
	int r = bundle_open(&b, path, true, e);

	if (r < 0)
		return r;
	json_object_foreach (json_object_get(b.manifest, "artefacts"), name, entry) {
		_cleanup_free_ char *data = NULL;
		size_t len;

		r = bundle_artefact(&b, name, true, &data, &len, e);
		if (r < 0)
			break;
	}
	memcpy(digest, b.digest, DIGEST_HEX);
	bundle_close(&b);
	return r;
}

static int cache_lock(int cachefd, struct err *e)
{
	_cleanup_close_ int fd = openat(cachefd, ".lock",
					O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);

	if (fd < 0)
		return err_errno(e, "cannot open the cache's lock");
	while (flock(fd, LOCK_EX) < 0)
		if (errno != EINTR)
			return err_errno(e, "cannot lock the cache");
	return steal_fd(&fd);
}

static int cache_sweep(int cachefd, struct err *e)
{
	_cleanup_dir_ DIR *d = NULL;
	struct dirent *entry;
	int fd = openat(cachefd, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);

	if (fd < 0)
		return err_errno(e, "cannot list the cache");
	d = fdopendir(fd);
	if (!d) {
		close(fd);
		return err_errno(e, "cannot list the cache");
	}
	while ((errno = 0, entry = readdir(d)))
		if (!strncmp(entry->d_name, CACHE_WORK, strlen(CACHE_WORK)) ||
		    !strncmp(entry->d_name, CACHE_NEW, strlen(CACHE_NEW)))
			if (front_remove_tree(cachefd, entry->d_name, e) < 0)
				return -e->code;
	return errno ? err_errno(e, "cannot list the cache") : 0;
}

static int work_write(int dirfd, const struct front_input *in, const char *name,
		      struct err *e)
{
	return fdio_write_file(dirfd, name, in->data, in->len, 0644, 0, e);
}

static int work_fill(const struct front_job *job, int workfd, struct err *e)
{
	_cleanup_close_ int in = -1;
	size_t i;
	int r;

	if (mkdirat(workfd, FRONT_WORK_IN, 0755) < 0)
		return err_errno(e, "cannot create a directory for the input");
	in = openat(workfd, FRONT_WORK_IN,
		    O_RDONLY | O_DIRECTORY | O_CLOEXEC | O_NOFOLLOW);
	if (in < 0)
		return err_errno(e, "cannot open the directory for the input");
	if (fchmod(in, 0755) < 0) /* whatever the umask took away */
		return err_errno(e, "cannot set the mode of the directory for the input");
	r = work_write(in, &job->description, job->description.name, e);
	for (i = 0; i < job->profiles.n && r == 0; i++)
		r = work_write(in, &job->profiles.v[i], job->profiles.v[i].name, e);
	if (r == 0 && job->host.name)
		r = work_write(workfd, &job->host, FRONT_WORK_HOST, e);
	return r;
}

/* The compiler's directory: its own, private, and handed over only once it is filled. */
static int work_create(const struct front_job *job, int cachefd, const char *name,
		       struct err *e)
{
	_cleanup_close_ int fd = -1;

	if (mkdirat(cachefd, name, 0700) < 0)
		return err_errno(e, "cannot create a work directory");
	fd = openat(cachefd, name, O_RDONLY | O_DIRECTORY | O_CLOEXEC | O_NOFOLLOW);
	if (fd < 0)
		return err_errno(e, "cannot open the work directory");
	if (work_fill(job, fd, e) < 0)
		return -e->code;
	if (job->change_ids && fchown(fd, job->uid, job->gid) < 0)
		return err_errno(e, "cannot give the work directory to uid %u", job->uid);
	return steal_fd(&fd);
}

static int cache_compile(const struct front_job *job, const char *dir, int cachefd,
			 const char *key, struct strbuf *messages, struct err *e)
{
	_cleanup_free_ char *work = xasprintf(CACHE_WORK "%ld", (long)getpid());
	_cleanup_free_ char *path = xasprintf("%s/%s", dir, work);
	_cleanup_close_ int workfd = work_create(job, cachefd, work, e);
	struct err ignored = ERR_INIT;
	int r = workfd;

	if (r >= 0)
		r = front_compile(job, workfd, messages, e);
	if (r >= 0)
		r = front_install(job, path, cachefd, key, e);
	front_remove_tree(cachefd, work, &ignored); /* the next sweep tries again */
	return r;
}

int front_cache_get(const struct front_job *job, const char *cache_dir, char **path,
		    char digest[DIGEST_HEX], struct strbuf *messages, struct err *e)
{
	_cleanup_close_ int cachefd = cache_open(cache_dir, e), lock = -1;
	_cleanup_free_ char *bundle = NULL;
	char key[DIGEST_HEX];
	struct err miss = ERR_INIT;
	int r = 0;

	if (cachefd < 0)
		return err_wrap(e, "bundle cache");
	cache_key(job, key);
	bundle = xasprintf("%s/%s", cache_dir, key);
	if (cache_look_up(bundle, digest, &miss) < 0) {
		lock = cache_lock(cachefd, e);
		if (lock < 0)
			return lock;
		/* somebody else may have compiled it while we waited */
		if (cache_look_up(bundle, digest, &miss) < 0) {
			r = cache_sweep(cachefd, e);
			if (r == 0)
				r = cache_compile(job, cache_dir, cachefd, key, messages,
						  e);
			if (r == 0)
				r = cache_look_up(bundle, digest, e);
		}
	}
	if (r == 0)
		*path = steal_ptr(&bundle);
	return r;
}
