/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "recover.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <string.h>
#include <sys/stat.h>

#include "alloc.h"
#include "cgroup.h"
#include "fdio.h"
#include "jsonx.h"
#include "num.h"
#include "object.h"
#include "procfs.h"
#include "receipt.h"
#include "supervise.h"
#include "sys.h"

struct recovery {
	struct state *state;
	const char *name;
	json_t *journal, *receipt; /* either may be NULL */
	json_t *done; /* what was done, for the report */
};

static void recover_did(struct recovery *r, const char *what, const char *which)
{
	_cleanup_free_ char *text = xasprintf("%s %s", what, which);

	json_array_append_new(r->done, json_string(text));
}

/* The VMM of the receipt, if it is still that process; a pidfd or -1. */
static int recover_vmm(const struct recovery *r)
{
	const json_t *vmm = json_object_get(r->receipt, "vmm");
	const char *boot = json_string_value(json_object_get(r->receipt, "boot_id"));
	char boot_id[37];

	state_boot_id(boot_id);
	if (!boot || strcmp(boot, boot_id) != 0)
		return -1;
	return procfs_living(json_integer_value(json_object_get(vmm, "pid")),
			     json_integer_value(json_object_get(vmm, "starttime")));
}

/* Only what a launch could have made: PARENT/NAME below a mounted hierarchy. */
static bool recover_cgroup_valid(const struct recovery *r, const char *path,
				 const char *parent)
{
	_cleanup_free_ char *tail = xasprintf("/%s/%s", parent, r->name);
	size_t n = strlen(path), k = strlen(tail);

	return path[0] == '/' && n > k && !strcmp(path + n - k, tail) &&
	       !strstr(path, "/../");
}

static int recover_cgroups(struct recovery *r, struct err *e)
{
	const json_t *list = json_object_get(r->journal, "cgroups");
	const char *parent = json_string_value(
		json_object_get(r->journal, "cgroup_parent"));
	size_t i;

	for (i = 0; parent && i < json_array_size(list); i++) {
		const char *path = json_string_value(
			json_object_get(json_array_get(list, i), "path"));

		if (!path || !recover_cgroup_valid(r, path, parent))
			return err_set(
				e, EINVAL,
				"the journal of \"%s\" names a cgroup that no launch "
				"makes",
				r->name);
		if (access(path, F_OK) == 0) {
			if (cgroup_destroy(path, e) < 0)
				return -e->code;
			recover_did(r, "removed", path);
		} else if (errno != ENOENT)
			return err_errno(e, "cannot look at %s", path);
		cgroup_remove_parents(path, parent);
	}
	return 0;
}

static void recover_sockets(struct recovery *r)
{
	const json_t *list = json_object_get(r->journal, "sockets");
	size_t i;

	for (i = 0; i < json_array_size(list); i++) {
		const char *path = json_string_value(json_array_get(list, i));
		struct stat st;

		if (path && path[0] == '/' && lstat(path, &st) == 0 &&
		    S_ISSOCK(st.st_mode) && object_remove_socket(path, r->name) == 0)
			recover_did(r, "removed", path);
	}
	receipt_remove_dir(r->state, r->name);
}

static int open_leases(const struct state *s)
{
	return openat(s->dirfd, "uid", O_RDONLY | O_DIRECTORY | O_CLOEXEC | O_NOFOLLOW);
}

/* Calls fn for every lease with the name that holds it. */
static void each_lease(const struct state *s,
		       void (*fn)(void *arg, int dirfd, const char *uid,
				  const char *holder),
		       void *arg)
{
	int fd = open_leases(s);
	_cleanup_dir_ DIR *d = fd < 0 ? NULL : fdopendir(fd);
	struct dirent *de;

	while (d && (de = readdir(d))) {
		_cleanup_free_ char *holder = NULL;
		struct err ignored;
		uint32_t uid;

		if (num_u32(de->d_name, &uid) == 0 &&
		    fdio_read_file(fd, de->d_name, 256, &holder, NULL, &ignored) == 0)
			fn(arg, fd, de->d_name, holder);
	}
}

static void recover_lease(void *arg, int dirfd, const char *uid, const char *holder)
{
	struct recovery *r = arg;

	if (!strcmp(holder, r->name) && unlinkat(dirfd, uid, 0) == 0)
		recover_did(r, "freed uid", uid);
}

/* ".NAME.SUFFIX.tmp-PID", left by a writer that was killed. */
static void recover_temporary(struct recovery *r)
{
	_cleanup_free_ char *prefix = xasprintf(".%s.", r->name);
	int fd = openat(r->state->dirfd, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	_cleanup_dir_ DIR *d = fd < 0 ? NULL : fdopendir(fd);
	struct dirent *de;

	while (d && (de = readdir(d)))
		if (!strncmp(de->d_name, prefix, strlen(prefix)) &&
		    strstr(de->d_name, ".tmp-") && unlinkat(fd, de->d_name, 0) == 0)
			recover_did(r, "removed", de->d_name);
}

static int recover_clean(struct recovery *r, struct err *e)
{
	if (recover_cgroups(r, e) < 0)
		return -e->code;
	recover_sockets(r);
	each_lease(r->state, recover_lease, r);
	recover_temporary(r);
	if (r->receipt)
		recover_did(r, "removed the receipt of", r->name);
	state_remove(r->state, "json");
	state_remove(r->state, "state");
	return 0;
}

static int recover_read(struct recovery *r, struct err *e)
{
	/* Both are written atomically, so text that can't be read is not our writer's. */
	if (state_read(r->state, r->name, "state", &r->journal, e) < 0 ||
	    state_read(r->state, r->name, "json", &r->receipt, e) < 0)
		return err_wrap(e, "journal of \"%s\"", r->name);
	return 0;
}

static int recover_living(struct recovery *r, json_t *report, struct err *e)
{
	if (!report)
		return err_set(e, EBUSY,
			       "VM \"%s\" runs without a supervisor; brattice-confine "
			       "recover adopts it",
			       r->name);
	json_array_append_new(
		report, json_pack("{s:s,s:s}", "name", r->name, "result", "adopted"));
	return 1;
}

static int recover_locked(struct recovery *r, json_t *report, struct err *e)
{
	_cleanup_close_ int pidfd = -1;

	if (recover_read(r, e) < 0)
		return -e->code;
	pidfd = recover_vmm(r);
	if (pidfd >= 0 && json_is_true(json_object_get(r->journal, "adopt")))
		return recover_living(r, report, e);
	if (pidfd >= 0)
		sys_pidfd_send_signal(pidfd, SIGKILL);
	if (recover_clean(r, e) < 0)
		return -e->code;
	if (report)
		json_array_append_new(report,
				      json_pack("{s:s,s:s,s:O}", "name", r->name,
						"result", "cleaned", "actions", r->done));
	return 0;
}

int recover_name(struct state *s, const char *name, json_t *report, struct err *e)
{
	struct recovery r = { .state = s, .name = name };
	int ret;

	r.done = json_array();
	ret = recover_locked(&r, report, e);
	json_decref(r.done);
	json_decref(r.journal);
	json_decref(r.receipt);
	return ret;
}

/* The receipt's "supervisor" must name the one that is there now. */
static int adopt_update_receipt(const struct recovery *r, struct err *e)
{
	_cleanup_close_ int proc = procfs_open(getpid(), e);
	uint64_t start;

	if (proc < 0 || procfs_starttime(proc, &start, e) < 0)
		return -e->code;
	json_object_set_new(r->receipt, "supervisor",
			    json_pack("{s:I,s:I}", "pid", (json_int_t)getpid(),
				      "starttime", (json_int_t)start));
	return state_write(r->state, "json", r->receipt, false, e);
}

/* The new supervisor: a daemon that holds the lock, waits for the VM and cleans up. One
 * byte tells the parent that it is in charge. */
static void adopt(const char *name, struct state *s, int ready) _noreturn_;

static void adopt(const char *name, struct state *s, int ready)
{
	struct recovery r = { .state = s, .name = name };
	int null = open("/dev/null", O_RDWR | O_CLOEXEC);
	struct err e = ERR_INIT;
	int pidfd;

	r.done = json_array();
	setsid();
	if (null < 0 || dup2(null, 0) < 0 || dup2(null, 1) < 0 || dup2(null, 2) < 0 ||
	    recover_read(&r, &e) < 0 || adopt_update_receipt(&r, &e) < 0)
		_exit(CONFINE_FAILED);
	pidfd = recover_vmm(&r);
	if (write(ready, "r", 1) != 1)
		_exit(CONFINE_FAILED);
	close(ready);
	if (pidfd >= 0)
		supervise_adopted(pidfd);
	if (recover_clean(&r, &e) == 0)
		state_unlock(s);
	_exit(0);
}

static int recover_adopt(const char *name, struct state *s, struct err *e)
{
	int ready[2];
	ssize_t n = 0;
	pid_t pid;
	char c;

	if (pipe2(ready, O_CLOEXEC) < 0)
		return err_errno(e, "cannot make a pipe");
	pid = fork();
	if (pid == 0)
		adopt(name, s, ready[1]);
	close(ready[1]);
	if (pid > 0)
		n = read(ready[0], &c, 1);
	close(ready[0]);
	if (pid < 0 || n != 1)
		return err_set(e, EIO, "cannot start a supervisor for \"%s\"", name);
	return 0;
}

struct recover_all_arg {
	const char *run_dir;
	json_t *report;
};

static int recover_one(const char *name, void *arg, struct err *e)
{
	struct recover_all_arg *a = arg;
	struct state s;
	int r = state_open(&s, a->run_dir, true, e);

	if (r == 0)
		r = state_lock(&s, name, e);
	if (r == -EBUSY) {
		json_array_append_new(a->report, json_pack("{s:s,s:s}", "name", name,
							   "result", "running"));
		state_close(&s);
		return 0;
	}
	if (r == 0)
		r = recover_name(&s, name, a->report, e);
	if (r == 1)
		r = recover_adopt(name, &s, e);
	else if (r == 0)
		state_unlock(&s);
	state_close(&s);
	return r;
}

/* A lease of a name that has neither lock holder nor journal: its launch died before or
 * after everything else was there. */
static void recover_orphan(void *arg, int dirfd, const char *uid, const char *holder)
{
	struct state *s = ((void **)arg)[0];
	json_t *report = ((void **)arg)[1];
	_cleanup_free_ char *journal = xasprintf("%s.state", holder);

	if (state_is_locked(s, holder) ||
	    faccessat(s->dirfd, journal, F_OK, AT_SYMLINK_NOFOLLOW) == 0)
		return;
	if (unlinkat(dirfd, uid, 0) == 0)
		json_array_append_new(report, json_pack("{s:s,s:s,s:s}", "name", holder,
							"result", "cleaned", "uid", uid));
}

int recover_all(const char *run_dir, json_t *report, struct err *e)
{
	struct recover_all_arg a = { run_dir, report };
	struct state s;
	void *arg[2] = { &s, report };
	int r;

	if (access(run_dir, F_OK) < 0 && errno == ENOENT)
		return 0;
	r = state_open(&s, run_dir, true, e);
	if (r == 0)
		r = state_each(&s, recover_one, &a, e);
	if (r == 0)
		each_lease(&s, recover_orphan, arg);
	state_close(&s);
	return r;
}
