/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The live seccomp filters of every thread. The only file that uses ptrace, and only to
 * stop a thread for as long as it takes to copy its filters (about 50 us).
 *
 * The VM can't be left stopped: signals are held back while a thread is attached; each
 * thread is detached before the next one is attached; should this program die all the
 * same, the kernel detaches and resumes its tracees (ptrace(2); no PTRACE_O_EXITKILL is
 * set).
 */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/filter.h>
#include <signal.h>
#include <string.h>
#include <sys/ptrace.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "alloc.h"
#include "collect.h"
#include "digest.h"
#include "num.h"

#define DEEP_THREADS_MAX 4096
#define DEEP_FILTERS_MAX 64
#define DEEP_STOP_TRIES                                                                  \
	2000 /* of 200 us: a thread in uninterruptible sleep stays there */

struct chains {
	json_t *programs; /* by digest: instructions in hex */
	json_t *groups;	  /* [{"chain": [digest…], "tids": […], "count"}] */
	unsigned threads, vanished;
	int error;
};

static json_t *hex_of(const struct sock_filter *prog, size_t n)
{
	static const char digits[] = "0123456789abcdef";
	const unsigned char *p = (const unsigned char *)prog;
	size_t len = n * sizeof(*prog), i;
	char *text = xmalloc(2 * len + 1);
	json_t *j;

	for (i = 0; i < len; i++) {
		text[2 * i] = digits[p[i] >> 4];
		text[2 * i + 1] = digits[p[i] & 15];
	}
	j = json_stringn_nocheck(text, 2 * len);
	free(text);
	return j;
}

/* 1 added, 0 no filter of that index, -errno. Index 0 is the one installed last. */
static int copy_filter(struct chains *c, pid_t tid, unsigned index, json_t *chain)
{
	static struct sock_filter prog[BPF_MAXINSNS];
	char digest[DIGEST_HEX];
	void *at = (void *)(uintptr_t)index;
	long n = ptrace(PTRACE_SECCOMP_GET_FILTER, tid, at, NULL);

	if (n < 0)
		return errno == ENOENT || (errno == EINVAL && !index) ? 0 : -errno;
	if (!n || n > BPF_MAXINSNS)
		return -EPROTO;
	n = ptrace(PTRACE_SECCOMP_GET_FILTER, tid, at, prog);
	if (n <= 0 || n > BPF_MAXINSNS)
		return n < 0 ? -errno : -EPROTO;
	digest_bytes(prog, (size_t)n * sizeof(*prog), digest);
	if (!json_object_get(c->programs, digest))
		proc_set(c->programs, digest, hex_of(prog, (size_t)n));
	proc_append(chain, json_string(digest));
	return 1;
}

/* Waits until the thread has stopped. *sig: the signal that stopped it, to be passed on
 * when it is let go; 0 for our own interruption. */
static int wait_stop(pid_t tid, int *sig)
{
	const struct timespec pause = { 0, 200000 };
	int i;

	for (i = 0; i < DEEP_STOP_TRIES; i++) {
		int status, r = waitpid(tid, &status, __WALL | WNOHANG);

		if (r < 0)
			return -errno;
		if (r == tid && WIFSTOPPED(status)) {
			*sig = status >> 16 == PTRACE_EVENT_STOP ? 0 : WSTOPSIG(status);
			return 0;
		}
		if (r == tid)
			return -ESRCH;
		nanosleep(&pause, NULL);
	}
	return -ETIMEDOUT;
}

static int copy_chain(struct chains *c, pid_t tid, json_t *chain)
{
	unsigned i;
	int r = 1;

	for (i = 0; i < DEEP_FILTERS_MAX && r > 0; i++)
		r = copy_filter(c, tid, i, chain);
	return r > 0 ? -EFBIG : r;
}

static int dump_thread(struct chains *c, pid_t tid, json_t *chain)
{
	int sig = 0, r;

	if (ptrace(PTRACE_SEIZE, tid, NULL, NULL) < 0)
		return -errno;
	if (ptrace(PTRACE_INTERRUPT, tid, NULL, NULL) < 0) {
		r = -errno;
		ptrace(PTRACE_DETACH, tid, NULL, NULL);
		return r;
	}
	r = wait_stop(tid, &sig);
	if (r == 0)
		r = copy_chain(c, tid, chain);
	/* fails only for a thread that is gone, or that hasn't stopped: see
	 * release_late() */
	if (ptrace(PTRACE_DETACH, tid, NULL, (void *)(uintptr_t)sig) < 0 && !r)
		r = -errno;
	return r;
}

static void add_thread(struct chains *c, pid_t tid, json_t *chain)
{
	json_t *g, *tids;
	size_t i;

	json_array_foreach(c->groups, i, g) {
		if (!json_equal(json_object_get(g, "chain"), chain))
			continue;
		proc_set(g, "count",
			 json_integer(json_integer_value(json_object_get(g, "count")) +
				      1));
		tids = json_object_get(g, "tids");
		if (json_array_size(tids) < THREAD_TIDS_MAX)
			proc_append(tids, json_integer(tid));
		return;
	}
	g = json_object();
	tids = json_array();
	proc_append(tids, json_integer(tid));
	proc_set(g, "chain", json_incref(chain));
	proc_set(g, "tids", tids);
	proc_set(g, "count", json_integer(1));
	proc_append(c->groups, g);
}

/* A thread that slept uninterruptibly stops once it wakes: let it go as soon as it does.
 */
static void release_late(pid_t tid)
{
	int sig = 0;

	if (wait_stop(tid, &sig) == 0)
		ptrace(PTRACE_DETACH, tid, NULL, (void *)(uintptr_t)sig);
}

static void one_thread(struct chains *c, pid_t tid)
{
	json_t *chain = json_array();
	sigset_t all, old;
	int r;

	sigfillset(&all);
	sigprocmask(SIG_SETMASK, &all, &old);
	r = dump_thread(c, tid, chain);
	if (r == -ETIMEDOUT)
		release_late(tid);
	sigprocmask(SIG_SETMASK, &old, NULL);
	c->threads++;
	if (r == -ESRCH)
		c->vanished++;
	else if (r < 0)
		c->error = c->error ? c->error : -r;
	else
		add_thread(c, tid, chain);
	json_decref(chain);
}

static int all_threads(struct subject *s, struct chains *c)
{
	_cleanup_dir_ DIR *d = NULL;
	struct dirent *de;
	int fd = openat(s->procfd, "task", O_RDONLY | O_DIRECTORY | O_CLOEXEC);

	d = fd < 0 ? NULL : fdopendir(fd);
	if (!d) {
		int r = -errno;

		if (fd >= 0)
			close(fd);
		return r;
	}
	while (!c->error && (de = readdir(d))) {
		uint64_t tid;

		if (num_u64(de->d_name, &tid) < 0 || tid > INT32_MAX)
			continue;
		if (c->threads >= DEEP_THREADS_MAX)
			return -EFBIG;
		one_thread(c, (pid_t)tid);
	}
	return -c->error;
}

json_t *deep_seccomp_facts(struct subject *s)
{
	struct chains c = { .programs = json_object(), .groups = json_array() };
	uint64_t starttime = 0;
	json_t *j;
	int r = proc_starttime(s->procfd, &s->c->buf, &starttime, NULL);

	if (r == 0)
		r = starttime == s->starttime ? all_threads(s, &c) : -ESRCH;
	if (r == 0 && c.vanished == c.threads)
		r = -ESRCH;
	if (r < 0) {
		json_decref(c.programs);
		json_decref(c.groups);
		return proc_fact_unreadable(r);
	}
	j = json_object();
	proc_set(j, "programs", c.programs);
	proc_set(j, "groups", c.groups);
	return j;
}
