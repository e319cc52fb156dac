/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "oracle.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <glob.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define CONFINE_FAILED 125

struct outcome {
	int status;		/* as waitpid(2) gives it */
	bool hung, left_process;
	char out[MAX_OUTPUT], err[MAX_OUTPUT];
};

static void bad(struct verdict *v, const char *fmt, ...)
{
	size_t at = strlen(v->text);
	va_list ap;

	v->bad = true;
	v->kind = "BAD";
	va_start(ap, fmt);
	vsnprintf(v->text + at, sizeof(v->text) - at, fmt, ap);
	va_end(ap);
	strncat(v->text, "; ", sizeof(v->text) - strlen(v->text) - 1);
}

static void slurp(int fd, char *text)
{
	ssize_t n = pread(fd, text, MAX_OUTPUT - 1, 0);

	text[n > 0 ? n : 0] = '\0';
	for (ssize_t i = 0; i < n; i++)
		if (!text[i])
			text[i] = '?';
}

static int temporary(const char *work)
{
	char path[600];
	int fd;

	snprintf(path, sizeof(path), "%s/out.XXXXXX", work);
	fd = mkostemp(path, O_CLOEXEC);
	if (fd >= 0)
		unlink(path);
	return fd;
}

static pid_t spawn(const struct oracle *o, const char *program, const char *verb,
		   const char *arg, const int fds[2])
{
	pid_t pid = fork();
	int null;

	if (pid)
		return pid;
	null = open("/dev/null", O_RDWR);
	dup2(null, 0);
	dup2(fds[0], 1);
	dup2(fds[1], 2);
	close(null);
	setenv(FAULT_ENV, o->map_path, 1);
	execl(program, program, verb, "--run-dir", o->run_dir, arg, (char *)NULL);
	_exit(127);
}

/* Waits for pid; more than RUN_SECONDS is a hang. */
static void await(pid_t pid, struct outcome *r)
{
	for (int i = 0; i < RUN_SECONDS * 500; i++) {
		struct timespec pause = { 0, 2000000 };

		if (waitpid(pid, &r->status, WNOHANG) == pid)
			return;
		nanosleep(&pause, NULL);
	}
	r->hung = true;
	kill(pid, SIGKILL);
	waitpid(pid, &r->status, 0);
}

/* We are the subreaper: whatever the launch left running has become our child. */
static void reap_rest(struct outcome *r)
{
	for (int i = 0; i < 1000; i++) {
		struct timespec pause = { 0, 5000000 };
		pid_t pid = waitpid(-1, NULL, WNOHANG);

		if (pid < 0)
			return;
		if (pid == 0)
			nanosleep(&pause, NULL);
	}
	r->left_process = true;
}

/* Ends children that should not be there, so that the next run starts clean. */
static void end_rest(void)
{
	char path[64], text[4096];
	ssize_t n;
	int fd;

	snprintf(path, sizeof(path), "/proc/self/task/%d/children", getpid());
	for (int tries = 0; tries < 10; tries++) {
		fd = open(path, O_RDONLY | O_CLOEXEC);
		n = fd < 0 ? 0 : read(fd, text, sizeof(text) - 1);
		if (fd >= 0)
			close(fd);
		text[n > 0 ? n : 0] = '\0';
		for (char *p = text; *p;) {
			pid_t pid = (pid_t)strtol(p, &p, 10);

			if (pid > 1)
				kill(pid, SIGKILL);
			while (*p == ' ')
				p++;
		}
		if (waitpid(-1, NULL, 0) < 0)
			return;
	}
}

static void launch(const struct oracle *o, const char *program, const char *verb,
		   const char *arg, struct outcome *r)
{
	int fds[2] = { temporary(o->opt->work), temporary(o->opt->work) };

	memset(r, 0, sizeof(*r));
	await(spawn(o, program, verb, arg, fds), r);
	reap_rest(r);
	if (r->left_process)
		end_rest();
	slurp(fds[0], r->out);
	slurp(fds[1], r->err);
	close(fds[0]);
	close(fds[1]);
}

static int count_mounts(void)
{
	FILE *f = fopen("/proc/self/mountinfo", "re");
	int c, n = 0;

	while (f && (c = getc(f)) != EOF)
		n += c == '\n';
	if (f)
		fclose(f);
	return n;
}

/* Every entry of the run directory but locks and an empty lease directory. */
static void check_directory(const char *path, bool leases, struct verdict *v)
{
	DIR *d = opendir(path);
	struct dirent *e;

	while (d && (e = readdir(d))) {
		const char *dot = strrchr(e->d_name, '.');
		char below[1024];

		if (!strcmp(e->d_name, ".") || !strcmp(e->d_name, ".."))
			continue;
		if (!leases && !strcmp(e->d_name, "uid")) {
			snprintf(below, sizeof(below), "%s/uid", path);
			check_directory(below, true, v);
			continue;
		}
		if (dot && dot != e->d_name && !strcmp(dot, ".lock"))
			continue;
		bad(v, "%s/%s is left", path, e->d_name);
	}
	if (d)
		closedir(d);
}

static void check_rest(const struct oracle *o, struct verdict *v)
{
	static const char *const trees[] = { "/sys/fs/cgroup", "/sys/fs/cgroup/*" };
	int mounts = count_mounts();

	for (size_t i = 0; i < 2; i++) {
		char pattern[1024];
		glob_t g;

		snprintf(pattern, sizeof(pattern), "%s/%s/%s", trees[i], o->opt->parent,
			 o->name);
		if (glob(pattern, 0, NULL, &g) == 0) {
			bad(v, "cgroup %s is left", g.gl_pathv[0]);
			globfree(&g);
		}
	}
	if (mounts != o->mounts)
		bad(v, "%d mounts, before %d", mounts, o->mounts);
	check_directory(o->run_dir, false, v);
}

static void judge_kill(const struct outcome *r, const struct oracle *o, int process,
		       struct verdict *v)
{
	bool ran = r->out[0] != '\0';

	v->kind = ran ? "ran" : "died";
	if (process == 0) {
		/* killed after the VMM was let go: it may have run, as declared */
		if (!WIFSIGNALED(r->status) || WTERMSIG(r->status) != SIGKILL)
			bad(v, "the supervisor was not killed (status 0x%x)", r->status);
		if (strncmp(r->out, o->declared, strlen(r->out)))
			bad(v, "the VMM ran, not as declared");
		return;
	}
	if (!WIFEXITED(r->status) || WEXITSTATUS(r->status) != CONFINE_FAILED) {
		/* a helper whose death does not matter once the VMM is as declared */
		if (WIFEXITED(r->status) && WEXITSTATUS(r->status) == 0 &&
		    !strcmp(r->out, o->declared)) {
			v->kind = "harmless";
			return;
		}
		bad(v, "exit status 0x%x, not 125", r->status);
	}
	if (ran)
		bad(v, "the VMM ran though its process had died: %.60s", r->out);
}

static void judge_errno(const struct outcome *r, const struct oracle *o,
			struct verdict *v)
{
	int code = WIFEXITED(r->status) ? WEXITSTATUS(r->status) : -1;

	v->kind = "refused";
	if (code == 0 && !strcmp(r->out, o->declared)) {
		v->kind = "harmless";
		return;
	}
	/* After the VMM ran nothing can be refused any more; that is said, too. */
	if (code == CONFINE_FAILED && !strcmp(r->out, o->declared) &&
	    strstr(r->err, "has ended, but its exit status is lost")) {
		v->kind = "lost";
		return;
	}
	if (code != CONFINE_FAILED)
		bad(v, "exit status 0x%x, neither 0 nor 125", r->status);
	if (r->out[0])
		bad(v, "the VMM ran: %.60s", r->out);
	if (!strstr(r->err, "error: ") || strlen(r->err) < 24)
		bad(v, "no message that names the step: %.200s", r->err);
}

static const struct fault_target nobody = { .process = -1 };

static void disturb(const struct oracle *o, const struct fault_target *target, int action)
{
	memset(o->map, 0, sizeof(*o->map));
	o->map->target = *target;
	o->map->action = action;
}

/* How often the supervisor waits, and for what, depends on who is faster: these may come
 * once less than in the run that listed the calls. */
static bool may_be_absent(const struct fault_target *t)
{
	static const char *const names[] = { "poll", "read", "waitpid", "ptrace" };

	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		if (t->process == 0 && !strcmp(call_name(&t->call), names[i]))
			return true;
	return false;
}

/* The undisturbed launch that took place instead must be one. */
static void judge_absent(const struct outcome *r, const struct oracle *o,
			 const struct fault_target *target, struct verdict *v)
{
	v->kind = "absent";
	if (!may_be_absent(target))
		bad(v, "the call did not come: the launch took another way");
	if (r->status || strcmp(r->out, o->declared))
		bad(v, "without the call: status 0x%x: %.200s", r->status, r->err);
}

void oracle_run(const struct oracle *o, const struct fault_target *target, int action,
		struct verdict *v)
{
	static struct outcome r, recovered;

	memset(v, 0, sizeof(*v));
	v->kind = "";
	prctl(PR_SET_CHILD_SUBREAPER, 1);
	for (int tries = 0; tries < 5; tries++) {
		disturb(o, target, action);
		launch(o, o->opt->launcher, "run", o->bundle, &r);
		if (o->map->done || r.status || r.hung || r.left_process)
			break;
	}
	if (!o->map->done)
		judge_absent(&r, o, target, v);
	else if (action == FAULT_DIE)
		judge_kill(&r, o, target->process, v);
	else
		judge_errno(&r, o, v);
	if (r.hung)
		bad(v, "the launch hung");
	if (r.left_process)
		bad(v, "a process was left running");
	disturb(o, &nobody, 0);
	launch(o, o->opt->recover, "recover", NULL, &recovered);
	if (recovered.status)
		bad(v, "recover: status 0x%x %.200s", recovered.status, recovered.err);
	check_rest(o, v);
}

/* A VM whose supervisor is dead; then "recover" with a fault in it. */
static bool recover_disturbed(const struct oracle *o, const struct fault_target *target,
			      int action, struct outcome *r)
{
	disturb(o, &o->death, FAULT_DIE);
	launch(o, o->opt->launcher, "run", o->bundle, r);
	if (!o->map->done)
		return false;
	disturb(o, target, action);
	launch(o, o->opt->launcher, "recover", NULL, r);
	return true;
}

int oracle_recover_list(struct oracle *o, const struct fault_target *death,
			struct fault_map *list)
{
	static struct outcome r;

	o->death = *death;
	if (!recover_disturbed(o, &nobody, 0, &r) || r.status ||
	    !strstr(r.out, "cleaned")) {
		printf("# undisturbed recover: status 0x%x %s %s\n", r.status, r.err,
		       r.out);
		return -1;
	}
	memcpy(list, o->map, sizeof(*list));
	return 0;
}

void oracle_recover_run(const struct oracle *o, const struct fault_target *target,
			int action, struct verdict *v)
{
	static struct outcome r, again;
	int code;

	memset(v, 0, sizeof(*v));
	prctl(PR_SET_CHILD_SUBREAPER, 1);
	if (!recover_disturbed(o, target, action, &r))
		bad(v, "the supervisor did not die as it should");
	code = WIFEXITED(r.status) ? WEXITSTATUS(r.status) : -1;
	v->kind = code == 0 ? "harmless" : code > 0 ? "refused" : "died";
	if (!o->map->done)
		bad(v, "the call did not come");
	else if (action != FAULT_DIE && code != 0 &&
		 (code != CONFINE_FAILED || !strstr(r.err, "error: ")))
		bad(v, "status 0x%x, message %.200s", r.status, r.err);
	if (r.hung || r.left_process)
		bad(v, "it hung, or left a process");
	disturb(o, &nobody, 0);
	launch(o, o->opt->recover, "recover", NULL, &again);
	if (again.status)
		bad(v, "recover again: status 0x%x %.200s", again.status, again.err);
	check_rest(o, v);
}

int oracle_init(struct oracle *o, const struct options *opt, const char *bundle, int job,
		struct fault_map *list)
{
	static struct outcome r;
	const char *base = strrchr(bundle, '/');
	int fd;

	memset(o, 0, sizeof(*o));
	o->opt = opt;
	o->bundle = bundle;
	snprintf(o->name, sizeof(o->name), "%s", base ? base + 1 : bundle);
	snprintf(o->run_dir, sizeof(o->run_dir), "%s/run-%d", opt->work, job);
	snprintf(o->map_path, sizeof(o->map_path), "%s/map-%d", opt->work, job);
	mkdir(o->run_dir, 0755);
	fd = open(o->map_path, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
	if (fd < 0 || ftruncate(fd, sizeof(*o->map)) < 0)
		return -1;
	o->map = mmap(NULL, sizeof(*o->map), PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
	close(fd);
	if (o->map == MAP_FAILED)
		return -1;
	prctl(PR_SET_CHILD_SUBREAPER, 1);
	o->mounts = count_mounts();
	disturb(o, &nobody, 0);
	launch(o, opt->launcher, "run", bundle, &r);
	if (r.status || !strstr(r.out, "report: end")) {
		printf("# undisturbed run: status 0x%x\n# %s\n# %s\n", r.status, r.err,
		       r.out);
		return -1;
	}
	o->declared = strdup(r.out);
	memcpy(list, o->map, sizeof(*list));
	return o->declared ? 0 : -1;
}
