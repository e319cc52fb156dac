/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What goes into a compilation, read once, so that what was hashed is what is compiled.
 */
#include <errno.h>
#include <fcntl.h>
#include <pwd.h>
#include <string.h>
#include <sys/stat.h>

#include "alloc.h"
#include "fdio.h"
#include "front.h"

#define FRONT_COMPILER_MAX ((size_t)64 << 20)

static void input_dispose(struct front_input *in)
{
	free(in->name);
	free(in->data);
}

void front_job_dispose(struct front_job *job)
{
	size_t i;

	input_dispose(&job->description);
	input_dispose(&job->host);
	for (i = 0; i < job->profiles.n; i++)
		input_dispose(&job->profiles.v[i]);
	free(job->profiles.v);
	if (job->compiler_fd >= 0)
		close(job->compiler_fd);
	*job = (struct front_job)FRONT_JOB_INIT;
}

/* A configuration file that everybody may write would let everybody choose a VM's
 * confinement when root compiles it. */
static int input_check(int fd, const char *path, struct err *e)
{
	struct stat st;

	if (fstat(fd, &st) < 0)
		return err_errno(e, "cannot stat %s", path);
	if (!S_ISREG(st.st_mode))
		return err_set(e, EINVAL, "%s is not a regular file", path);
	if ((st.st_mode & S_IWOTH) && geteuid() == 0)
		return err_set(e, EPERM, "%s can be written by everybody (mode %04o)",
			       path, st.st_mode & 07777);
	return 0;
}

static int input_read(struct front_input *in, int dirfd, const char *path, size_t max,
		      struct err *e)
{
	_cleanup_close_ int fd = fdio_openat(dirfd, path,
					     O_RDONLY | O_NOCTTY | O_NONBLOCK, 0, e);
	const char *slash = strrchr(path, '/');

	if (fd < 0)
		return fd;
	if (input_check(fd, path, e) < 0)
		return -e->code;
	if (fdio_read_all(fd, max, &in->data, &in->len, e) < 0)
		return err_wrap(e, "%s", path);
	free(in->name);
	in->name = xstrdup(slash ? slash + 1 : path);
	digest_bytes(in->data, in->len, in->digest);
	return 0;
}

int front_read_description(struct front_job *job, const char *path, struct err *e)
{
	return input_read(&job->description, AT_FDCWD, path, FRONT_DESCRIPTION_MAX, e);
}

int front_read_host(struct front_job *job, const char *path, bool needed, struct err *e)
{
	struct err mine = ERR_INIT;
	int r = input_read(&job->host, AT_FDCWD, path, FRONT_INPUT_MAX, &mine);

	if (r == 0 || (r == -ENOENT && !needed))
		return 0;
	*e = mine;
	return r;
}

/* A profile's name has no characters that need escapes, so one that is inherited occurs.
 */
static bool is_profile(const struct front_job *job, const char *file)
{
	_cleanup_free_ char *stem = NULL;
	size_t n = strlen(file), i;

	if (file[0] == '.' || n <= 5 || strcmp(file + n - 5, ".yaml") != 0)
		return false;
	if (!strcmp(file, job->description.name))
		return false;
	for (i = 0; i < job->profiles.n; i++)
		if (!strcmp(job->profiles.v[i].name, file))
			return false; /* that of the nearer directory stands */
	stem = xstrndup(file, n - 5);
	return memmem(job->description.data, job->description.len, stem, n - 5) != NULL;
}

static int input_order(const void *a, const void *b)
{
	const struct front_input *x = a, *y = b;

	return strcmp(x->name, y->name);
}

static int profiles_read_entries(struct front_job *job, DIR *d, struct err *e)
{
	struct front_inputs *p = &job->profiles;
	struct dirent *entry;

	while ((errno = 0, entry = readdir(d))) {
		if (!is_profile(job, entry->d_name))
			continue;
		if (p->n == FRONT_INPUTS_MAX)
			return err_set(e, E2BIG, "more than %d profiles",
				       FRONT_INPUTS_MAX);
		p->v = xrealloc(p->v, p->n + 1, sizeof(*p->v));
		memset(&p->v[p->n], 0, sizeof(p->v[0]));
		p->v[p->n].name = xstrdup("");
		p->n++;
		if (input_read(&p->v[p->n - 1], dirfd(d), entry->d_name, FRONT_INPUT_MAX,
			       e) < 0)
			return -e->code;
	}
	return errno ? err_errno(e, "cannot list") : 0;
}

static int profiles_read_dir(struct front_job *job, const char *dir, struct err *e)
{
	struct err mine = ERR_INIT;
	_cleanup_dir_ DIR *d = NULL;
	_cleanup_close_ int fd = fdio_openat(AT_FDCWD, dir, O_RDONLY | O_DIRECTORY, 0,
					     &mine);

	if (fd == -ENOENT)
		return 0;
	d = fd < 0 ? NULL : fdopendir(fd);
	if (!d)
		return err_set(e, fd < 0 ? -fd : errno,
			       "cannot look for profiles in %s: %s", dir,
			       strerror(fd < 0 ? -fd : errno));
	steal_fd(&fd);
	if (profiles_read_entries(job, d, e) < 0)
		return err_wrap(e, "profiles in %s", dir);
	return 0;
}

int front_read_profiles(struct front_job *job, const char *path, const char *dir,
			struct err *e)
{
	const char *slash = strrchr(path, '/');
	_cleanup_free_ char *own = slash ? xstrndup(path, (size_t)(slash - path) + 1)
					 : xstrdup(".");
	int r = profiles_read_dir(job, own, e);

	if (r == 0)
		r = profiles_read_dir(job, dir, e);
	if (job->profiles.n)
		qsort(job->profiles.v, job->profiles.n, sizeof(job->profiles.v[0]),
		      input_order);
	return r;
}

int front_open_compiler(struct front_job *job, struct err *e)
{
	_cleanup_close_ int fd = fdio_openat(AT_FDCWD, job->compiler, O_RDONLY, 0, e);
	_cleanup_free_ char *data = NULL;
	size_t len;

	if (fd < 0)
		return fd;
	if (fdio_read_all(fd, FRONT_COMPILER_MAX, &data, &len, e) < 0)
		return err_wrap(e, "%s", job->compiler);
	digest_bytes(data, len, job->compiler_digest);
	job->compiler_fd = steal_fd(&fd);
	return 0;
}

/* /etc/passwd itself, not NSS: a system user is local, and no module runs as root. */
int front_choose_ids(struct front_job *job, struct err *e)
{
	_cleanup_file_ FILE *f = NULL;
	struct passwd *pw;

	job->uid = geteuid();
	job->gid = getegid();
	job->change_ids = job->uid == 0;
	if (!job->change_ids)
		return 0;
	job->uid = FRONT_COMPILER_ID;
	job->gid = FRONT_COMPILER_ID;
	f = fopen("/etc/passwd", "re");
	if (!f)
		return errno == ENOENT ? 0 : err_errno(e, "/etc/passwd");
	while ((pw = fgetpwent(f)))
		if (!strcmp(pw->pw_name, "brattice")) {
			job->uid = pw->pw_uid;
			job->gid = pw->pw_gid;
		}
	if (job->uid == 0 || job->gid == 0)
		return err_set(e, EPERM,
			       "the user brattice in /etc/passwd has uid or gid 0");
	return 0;
}
