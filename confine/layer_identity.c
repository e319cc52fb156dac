/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * A uid and gid of its own, so that discretionary access control is a wall between VMs
 * too. The lease is a file uid/N in the run directory that names the VM. It is taken
 * with O_EXCL, and only "recover" or the end of the VM removes it: a lease whose holder
 * died is never reused by chance.
 */
#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <sched.h>
#include <string.h>
#include <sys/stat.h>

#include "alloc.h"
#include "fdio.h"
#include "jsonx.h"
#include "procfs.h"
#include "run.h"
#include "sys.h"

#define OVERFLOW_ID 65534 /* "nobody": what ids become that a namespace does not map */

static int identity_load_u32(const json_t *params, const char *key, uint32_t *out,
			     struct err *e)
{
	uint64_t v;

	if (jsonx_need_u64(params, key, &v, "layer identity", e) < 0)
		return -e->code;
	/* 0 is root; 65534 is the overflow uid; the last two mean "no id"
	 * (setresuid(2)). */
	if (v == 0 || v == OVERFLOW_ID || v >= UINT32_MAX - 1)
		return err_set(e, EINVAL, "layer identity: %s %llu can't be a VM's", key,
			       (unsigned long long)v);
	*out = (uint32_t)v;
	return 0;
}

static int identity_load(struct run *run, const json_t *params, struct err *e)
{
	run->uid_fixed = json_object_get(params, "uid") != NULL;
	if (run->uid_fixed) {
		if (identity_load_u32(params, "uid", &run->uid, e) < 0 ||
		    identity_load_u32(params, "gid", &run->gid, e) < 0)
			return -e->code;
		return 0;
	}
	if (identity_load_u32(params, "first", &run->uid_first, e) < 0 ||
	    identity_load_u32(params, "last", &run->uid_last, e) < 0)
		return -e->code;
	if (run->uid_last < run->uid_first)
		return err_set(e, EINVAL, "layer identity: the range is empty");
	if (run->uid_first < OVERFLOW_ID && run->uid_last > OVERFLOW_ID)
		return err_set(e, EINVAL,
			       "layer identity: %d, in the range, can't be a VM's",
			       OVERFLOW_ID);
	return 0;
}

/* 1 leased, 0 taken by somebody, -errno */
static int identity_try(struct run *run, int dirfd, uint32_t uid, struct err *e)
{
	char name[16];
	_cleanup_close_ int fd = -1;

	snprintf(name, sizeof(name), "%u", uid);
	fd = openat(dirfd, name, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
	if (fd < 0)
		return errno == EEXIST ? 0 : err_errno(e, "cannot lease uid %u", uid);
	run->uid = run->gid = uid;
	run->uid_leased = true;
	if (fdio_write_all(fd, run->bundle.name, strlen(run->bundle.name), e) < 0)
		return err_wrap(e, "lease of uid %u", uid);
	return 1;
}

/* FNV-1a: the same VM gets the same uid as long as nobody else took it. */
static uint32_t identity_hash(const char *s)
{
	uint32_t h = 2166136261u;

	for (; *s; s++)
		h = (h ^ (unsigned char)*s) * 16777619u;
	return h;
}

static int identity_lease(struct run *run, int dirfd, struct err *e)
{
	uint32_t n = run->uid_last - run->uid_first + 1, start, i;

	start = identity_hash(run->bundle.name) % n;
	for (i = 0; i < n; i++) {
		uint32_t uid = run->uid_first + (uint32_t)(((uint64_t)start + i) % n);
		int r = identity_try(run, dirfd, uid, e);

		if (r != 0)
			return r < 0 ? r : 0;
	}
	return err_set(e, EAGAIN,
		       "all %u uids from %u to %u are leased (see brattice-confine "
		       "recover)",
		       n, run->uid_first, run->uid_last);
}

static int identity_prepare(struct run *run, struct err *e)
{
	_cleanup_close_ int dirfd = -1;

	if (mkdirat(run->state.dirfd, "uid", 0700) < 0 && errno != EEXIST)
		return err_errno(e, "cannot create %s/uid", run->state.dir);
	dirfd = openat(run->state.dirfd, "uid",
		       O_RDONLY | O_DIRECTORY | O_CLOEXEC | O_NOFOLLOW);
	if (dirfd < 0)
		return err_errno(e, "cannot open %s/uid", run->state.dir);
	if (run->uid_fixed) {
		uint32_t gid = run->gid;
		int r = identity_try(run, dirfd, run->uid, e);

		run->gid = gid;
		if (r == 0)
			return err_set(e, EBUSY, "uid %u is leased to another VM",
				       run->uid);
		return r < 0 ? r : 0;
	}
	return identity_lease(run, dirfd, e);
}

/* The supervisor writes the map while we wait: only it is privileged outside. */
static int identity_unshare_user(struct run *run, struct err *e)
{
	char c = 'U';

	if (unshare(CLONE_NEWUSER) < 0)
		return err_errno(e, "cannot make a user namespace");
	if (write(run->report_fd, &c, 1) != 1)
		return err_errno(e, "cannot ask for the uid map");
	if (read(run->go_fd, &c, 1) != 1)
		return err_set(e, EPIPE, "the supervisor is gone");
	return 0;
}

static int identity_apply(struct run *run, struct err *e)
{
	if (setgroups(0, NULL) < 0)
		return err_errno(e, "cannot drop the supplementary groups");
	if (run->user_ns && identity_unshare_user(run, e) < 0)
		return -e->code;
	/* The next layer still needs capabilities, to give them up for good. */
	if (prctl(PR_SET_KEEPCAPS, 1, 0, 0, 0) < 0)
		return err_errno(e, "cannot keep capabilities over setresuid");
	if (setresgid(run->gid, run->gid, run->gid) < 0)
		return err_errno(e, "cannot become gid %u", run->gid);
	if (setresuid(run->uid, run->uid, run->uid) < 0)
		return err_errno(e, "cannot become uid %u", run->uid);
	return 0;
}

static int identity_verify_ids(struct run *run, const char *key, uint32_t id,
			       struct err *e)
{
	char got[128], want[128];

	if (procfs_field(run->status, key, got, sizeof(got), e) < 0)
		return -e->code;
	snprintf(want, sizeof(want), "%u\t%u\t%u\t%u", id, id, id, id);
	if (strcmp(got, want) != 0)
		return err_set(e, EINVAL, "%s is \"%s\", not %u", key, got, id);
	return 0;
}

static int identity_verify(struct run *run, json_t *observed, struct err *e)
{
	char groups[256];

	if (identity_verify_ids(run, "Uid", run->uid, e) < 0 ||
	    identity_verify_ids(run, "Gid", run->gid, e) < 0 ||
	    procfs_field(run->status, "Groups", groups, sizeof(groups), e) < 0)
		return -e->code;
	if (groups[0])
		return err_set(e, EINVAL, "the VMM has the groups \"%s\"", groups);
	json_object_set_new(observed, "uid", json_integer(run->uid));
	json_object_set_new(observed, "gid", json_integer(run->gid));
	json_object_set_new(observed, "groups", json_array());
	return 0;
}

static void identity_undo(struct run *run)
{
	char name[32];

	if (!run->uid_leased)
		return;
	snprintf(name, sizeof(name), "uid/%u", run->uid);
	if (unlinkat(run->state.dirfd, name, 0) < 0 && errno != ENOENT)
		run->leftover = true;
	run->uid_leased = false;
}

static void identity_plan(const struct run *run, FILE *out)
{
	if (run->uid_fixed)
		fprintf(out, "  uid %u, gid %u, no supplementary groups\n", run->uid,
			run->gid);
	else
		fprintf(out,
			"  lease a uid (and the same gid) from %u to %u, no groups\n",
			run->uid_first, run->uid_last);
}

const struct layer layer_identity = {
	.load = identity_load,
	.prepare = identity_prepare,
	.apply = identity_apply,
	.verify = identity_verify,
	.undo = identity_undo,
	.plan = identity_plan,
};
