/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * What the compiler's process gives up before it reads a byte of the description. Parsers
 * have bugs; this one's worst result is a wrong bundle, not a process that runs as root.
 */
#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <linux/capability.h>
#include <linux/landlock.h>
#include <sched.h>
#include <signal.h>
#include <stdint.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "front.h"

/* Address sanitizer needs terabytes of address space, /proc and a helper thread. */
#if defined(__SANITIZE_ADDRESS__)
#define FRONT_SANITIZED 1
#elif defined(__has_feature)
#if __has_feature(address_sanitizer)
#define FRONT_SANITIZED 1
#endif
#endif
#ifndef FRONT_SANITIZED
#define FRONT_SANITIZED 0
#endif

/* The headers of Linux 5.19 (Debian 12 has 6.1) lack what later ABIs added.
 * linux/landlock.h of 6.12; ABI 3 = 6.2, 4 = 6.7, 5 = 6.10, 6 = 6.12. */
#define FS_TRUNCATE (1ULL << 14)
#define FS_IOCTL_DEV (1ULL << 15)
#define NET_TCP_BOTH 3ULL
#define SCOPE_BOTH 3ULL

struct front_ruleset_attr {
	uint64_t handled_access_fs, handled_access_net, scoped;
};

#define FS_READ \
	(LANDLOCK_ACCESS_FS_EXECUTE | LANDLOCK_ACCESS_FS_READ_FILE | \
	 LANDLOCK_ACCESS_FS_READ_DIR)
#define FS_FILE (LANDLOCK_ACCESS_FS_EXECUTE | LANDLOCK_ACCESS_FS_READ_FILE)
#define FS_ABI1 ((LANDLOCK_ACCESS_FS_MAKE_SYM << 1) - 1)
#define FS_WORK \
	(LANDLOCK_ACCESS_FS_READ_FILE | LANDLOCK_ACCESS_FS_READ_DIR | \
	 LANDLOCK_ACCESS_FS_WRITE_FILE | LANDLOCK_ACCESS_FS_MAKE_REG | \
	 LANDLOCK_ACCESS_FS_MAKE_DIR | LANDLOCK_ACCESS_FS_REMOVE_FILE | \
	 LANDLOCK_ACCESS_FS_REMOVE_DIR)

/* What libraries and the loader need, where it exists. The cache of ld.so is no secret.
 */
static const char *const readable[] = {
	"/usr",		 "/lib", "/lib64", "/lib32", "/libx32", "/etc/ld.so.cache",
	"/etc/brattice",
#if FRONT_SANITIZED
	"/proc",
#endif
};

static uint64_t fs_handled(long abi)
{
	uint64_t fs = FS_ABI1;

	if (abi >= 2)
		fs |= LANDLOCK_ACCESS_FS_REFER;
	if (abi >= 3)
		fs |= FS_TRUNCATE;
	if (abi >= 5)
		fs |= FS_IOCTL_DEV;
	return fs;
}

static int rule_add(int ruleset, int fd, uint64_t access, const char *what, struct err *e)
{
	struct landlock_path_beneath_attr rule = { .allowed_access = access,
						   .parent_fd = fd };

	if (syscall(SYS_landlock_add_rule, ruleset, LANDLOCK_RULE_PATH_BENEATH, &rule,
		    0U) < 0)
		return err_errno(e, "cannot add a Landlock rule for %s", what);
	return 0;
}

static int rule_add_readable(int ruleset, const char *path, struct err *e)
{
	_cleanup_close_ int fd = open(path, O_PATH | O_CLOEXEC);
	struct stat st;

	if (fd < 0)
		return errno == ENOENT ? 0 : err_errno(e, "cannot open %s", path);
	if (fstat(fd, &st) < 0)
		return err_errno(e, "cannot stat %s", path);
	return rule_add(ruleset, fd, S_ISDIR(st.st_mode) ? FS_READ : FS_FILE, path, e);
}

static int rules_fill(int ruleset, const struct front_job *job, int workfd,
		      uint64_t handled, struct err *e)
{
	size_t i;
	int r = 0;

	for (i = 0; i < ARRAY_SIZE(readable) && r == 0; i++)
		r = rule_add_readable(ruleset, readable[i], e);
	if (r == 0)
		r = rule_add(ruleset, job->compiler_fd, FS_FILE, job->compiler, e);
	if (r == 0)
		r = rule_add(ruleset, workfd,
			     (FS_WORK | LANDLOCK_ACCESS_FS_REFER | FS_TRUNCATE) & handled,
			     "the output directory", e);
	return r;
}

static int enter_landlock(const struct front_job *job, int workfd, struct err *e)
{
	long abi = syscall(SYS_landlock_create_ruleset, NULL, (size_t)0,
			   LANDLOCK_CREATE_RULESET_VERSION);
	struct front_ruleset_attr attr = { 0, 0, 0 };
	_cleanup_close_ int ruleset = -1;
	size_t size = abi >= 6 ? 24 : abi >= 4 ? 16 : 8;

	if (abi < 1)
		return err_set(e, ENOSYS,
			       "this kernel has no Landlock (Linux 5.13, and "
			       "\"landlock\" in its lsm= list); --no-compiler-sandbox "
			       "compiles without it");
	attr.handled_access_fs = fs_handled(abi);
	if (abi >= 4)
		attr.handled_access_net = NET_TCP_BOTH;
	if (abi >= 6)
		attr.scoped = SCOPE_BOTH;
	ruleset = (int)syscall(SYS_landlock_create_ruleset, &attr, size, 0U);
	if (ruleset < 0)
		return err_errno(e, "cannot create a Landlock ruleset");
	if (rules_fill(ruleset, job, workfd, attr.handled_access_fs, e) < 0)
		return -e->code;
	if (syscall(SYS_landlock_restrict_self, ruleset, 0U) < 0)
		return err_errno(e, "cannot enter the Landlock ruleset");
	return 0;
}

static int limit(int resource, rlim_t n, const char *name, struct err *e)
{
	struct rlimit old, want = { n, n };

	if (getrlimit((__rlimit_resource_t)resource, &old) < 0)
		return err_errno(e, "cannot read the limit %s", name);
	if (old.rlim_max < n)
		want.rlim_cur = want.rlim_max = old.rlim_max;
	if (setrlimit((__rlimit_resource_t)resource, &want) < 0)
		return err_errno(e, "cannot set the limit %s", name);
	return 0;
}

/* After the change of ids: RLIMIT_NPROC then forbids the first fork, yet not the exec. */
static int enter_limits(struct err *e)
{
	int r = limit(RLIMIT_CPU, 20, "cpu", e);

	if (r == 0)
		r = limit(RLIMIT_FSIZE, (rlim_t)8 << 20, "fsize", e);
	if (r == 0)
		r = limit(RLIMIT_CORE, 0, "core", e);
	if (r == 0)
		r = limit(RLIMIT_NOFILE, 64, "nofile", e);
	if (r == 0 && !FRONT_SANITIZED)
		r = limit(RLIMIT_AS, (rlim_t)1 << 30, "as", e);
	if (r == 0 && !FRONT_SANITIZED)
		r = limit(RLIMIT_NPROC, 0, "nproc", e);
	return r;
}

static int enter_namespaces(struct err *e)
{
	if (unshare(CLONE_NEWNET | CLONE_NEWIPC | CLONE_NEWUTS) < 0)
		return err_errno(e, "cannot create network, ipc and uts namespaces "
				    "(--no-compiler-sandbox compiles without them)");
	return 0;
}

static int enter_ids(const struct front_job *job, struct err *e)
{
	uid_t ru, eu, su;
	gid_t rg, eg, sg;

	if (setgroups(0, NULL) < 0)
		return err_errno(e, "cannot drop the supplementary groups");
	if (setresgid(job->gid, job->gid, job->gid) < 0)
		return err_errno(e, "cannot become gid %u", job->gid);
	if (setresuid(job->uid, job->uid, job->uid) < 0)
		return err_errno(e, "cannot become uid %u", job->uid);
	if (getresuid(&ru, &eu, &su) < 0 || getresgid(&rg, &eg, &sg) < 0 ||
	    ru != job->uid || eu != job->uid || su != job->uid || rg != job->gid ||
	    eg != job->gid || sg != job->gid)
		return err_set(e, EPERM, "the kernel did not change the ids");
	return 0;
}

/* setresuid() clears them unless securebits say otherwise, so it is not left to chance.
 */
static int drop_capabilities(struct err *e)
{
	struct __user_cap_header_struct head = { _LINUX_CAPABILITY_VERSION_3, 0 };
	struct __user_cap_data_struct data[2];

	memset(data, 0, sizeof(data));
	if (prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_CLEAR_ALL, 0, 0, 0) < 0)
		return err_errno(e, "cannot clear the ambient capabilities");
	if (syscall(SYS_capset, &head, data) < 0)
		return err_errno(e, "cannot drop the capabilities");
	return 0;
}

static int enter_signals(pid_t parent, struct err *e)
{
	struct sigaction sa;
	sigset_t none;
	int sig;

	memset(&sa, 0, sizeof(sa));
	sa.sa_handler = SIG_DFL;
	for (sig = 1; sig < NSIG; sig++)
		sigaction(sig, &sa,
			  NULL); /* fails for KILL, STOP and libc's own: no matter */
	sigemptyset(&none);
	if (sigprocmask(SIG_SETMASK, &none, NULL) < 0)
		return err_errno(e, "cannot reset the signal mask");
	/* Last, since a change of ids clears it (prctl(2)). */
	if (prctl(PR_SET_PDEATHSIG, SIGKILL, 0, 0, 0) < 0)
		return err_errno(e, "cannot ask to die with the parent");
	return getppid() == parent ? 0 : err_set(e, ESRCH, "the parent is gone");
}

int front_sandbox_enter(const struct front_job *job, int workfd, pid_t parent,
			struct err *e)
{
	int r = 0;

	umask(077);
	if (setsid() < 0)
		return err_errno(e, "cannot leave the session");
	if (fchdir(workfd) < 0)
		return err_errno(e, "cannot enter the output directory");
	if (job->sandbox && job->change_ids)
		r = enter_namespaces(e);
	if (r == 0 && job->change_ids)
		r = enter_ids(job, e);
	if (r == 0)
		r = drop_capabilities(e);
	if (r == 0 && prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) < 0)
		r = err_errno(e, "cannot set no_new_privs");
	if (r == 0 && prctl(PR_SET_DUMPABLE, 0, 0, 0, 0) < 0)
		r = err_errno(e, "cannot become undumpable");
	if (r == 0)
		r = enter_limits(e);
	if (r == 0 && job->sandbox)
		r = enter_landlock(job, workfd, e);
	if (r == 0)
		r = enter_signals(parent, e);
	return r;
}
