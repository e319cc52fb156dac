/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* One compilation: a child behind a sandbox, watched until it is gone. */
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <linux/close_range.h>
#include <poll.h>
#include <signal.h>
#include <string.h>
#include <sys/signalfd.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>

#include "front.h"

struct worker {
	pid_t pid;
	int pidfd;
	int output;  /* read end of its stderr */
	int signals; /* signalfd: a request to stop */
	size_t n_output;
	struct strbuf *messages;
};

#define WORKER_SETUP_FAILED 125 /* not a status of brattice-compile(1) */

/* Both descriptors lie above 2: main() saw to it that stdio is open. */
static int child_stdio(int null, int messages, struct err *e)
{
	if (dup2(null, 0) < 0 || dup2(null, 1) < 0 || dup2(messages, 2) < 0)
		return err_errno(e, "cannot set up stdio");
	if (syscall(SYS_close_range, 3U, UINT_MAX, CLOSE_RANGE_CLOEXEC) < 0)
		return err_errno(e, "cannot close what was inherited");
	return 0;
}

static void child_run(const struct front_job *job, int workfd, int in, int out,
		      pid_t parent) _noreturn_;

static void child_run(const struct front_job *job, int workfd, int in, int out,
		      pid_t parent)
{
	const char *fixed[] = {
		"brattice-compile",
		"build",
		job->description.name,
		"-o",
		"../" FRONT_WORK_OUT,
		"--accel",
		job->accel,
		NULL,
		NULL,
		NULL,
	};
	const char *const env[] = { "PATH=/usr/bin:/bin", "LC_ALL=C",
				    "ASAN_OPTIONS=detect_leaks=0", NULL };
	struct err e = ERR_INIT;

	if (job->host.name) {
		fixed[7] = "--host";
		fixed[8] = "../" FRONT_WORK_HOST;
	}
	if (child_stdio(in, out, &e) == 0 &&
	    front_sandbox_enter(job, workfd, parent, &e) == 0) {
		if (chdir(FRONT_WORK_IN) < 0)
			err_errno(&e, "cannot enter the input directory");
		else
			front_exec_fd(job->compiler_fd, (char *const *)(size_t)fixed,
				      (char *const *)(size_t)env, &e);
	}
	dprintf(2, "brattice: error: compiler sandbox: %s\n", e.text);
	_exit(WORKER_SETUP_FAILED);
}

static int64_t now_ms(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (int64_t)t.tv_sec * 1000 + t.tv_nsec / 1000000;
}

static void worker_add_output(struct worker *w, const char *p, size_t n)
{
	size_t i;

	for (i = 0; i < n && w->n_output < FRONT_OUTPUT_MAX; i++, w->n_output++) {
		unsigned char c = (unsigned char)p[i];

		if ((c >= 0x20 && c < 0x7f) || c == '\n' || c == '\t')
			strbuf_putc(w->messages, (char)c);
		else
			strbuf_printf(w->messages, "\\x%02x", c);
	}
}

/* Returns 1 at the end of the output. */
static int worker_read(struct worker *w, struct err *e)
{
	char buf[4096];
	ssize_t n = read(w->output, buf, sizeof(buf));

	if (n < 0 && (errno == EINTR || errno == EAGAIN))
		return 0;
	if (n < 0)
		return err_errno(e, "cannot read what the compiler says");
	worker_add_output(w, buf, (size_t)n);
	return n == 0;
}

/* Until the compiler closed its output, which for a process that cannot fork is its end,
 * or time is up or somebody wants us to stop. */
static int worker_watch(struct worker *w, struct err *e)
{
	int64_t end = now_ms() + FRONT_TIMEOUT_MS;

	for (;;) {
		struct pollfd p[] = { { w->output, POLLIN, 0 },
				      { w->signals, POLLIN, 0 } };
		int64_t left = end - now_ms();
		int r = left > 0 ? poll(p, ARRAY_SIZE(p), (int)left) : 0;

		if (r < 0 && errno == EINTR)
			continue;
		if (r < 0)
			return err_errno(e, "cannot wait for the compiler");
		if (r == 0)
			return err_set(e, ETIMEDOUT, "the compiler took longer than %d s",
				       FRONT_TIMEOUT_MS / 1000);
		if (p[1].revents)
			return err_set(e, EINTR, "interrupted");
		r = worker_read(w, e);
		if (r)
			return r < 0 ? r : 0;
	}
}

/* Its output is closed, yet it may still run: the same deadline holds for its end. */
static int worker_wait(struct worker *w, bool kill_it, int *status, struct err *e)
{
	struct pollfd p = { w->pidfd, POLLIN, 0 };
	int r;

	while (!kill_it && (r = poll(&p, 1, FRONT_TIMEOUT_MS)) <= 0)
		if (r == 0 || errno != EINTR)
			kill_it = true;
	if (kill_it)
		syscall(SYS_pidfd_send_signal, w->pidfd, SIGKILL, NULL, 0U);
	while (waitpid(w->pid, status, 0) < 0)
		if (errno != EINTR)
			return err_errno(e, "cannot wait for the compiler");
	return 0;
}

static int worker_verdict(int status, struct err *e)
{
	if (WIFSIGNALED(status))
		return err_set(e, EIO, "the compiler was killed by signal %d (%s)",
			       WTERMSIG(status), strsignal(WTERMSIG(status)));
	switch (WEXITSTATUS(status)) {
	case 0:
		return 0;
	case 1:
		return err_set(e, EINVAL, "the description was refused");
	case WORKER_SETUP_FAILED:
		return err_set(e, EPERM, "the compiler was not started");
	default:
		return err_set(e, EIO, "the compiler ended with status %d",
			       WEXITSTATUS(status));
	}
}

static int worker_start(struct worker *w, const struct front_job *job, int workfd, int in,
			int out, struct err *e)
{
	pid_t self = getpid();

	w->pid = fork();
	if (w->pid < 0)
		return err_errno(e, "cannot fork");
	if (w->pid == 0)
		child_run(job, workfd, in, out, self);
	w->pidfd = (int)syscall(SYS_pidfd_open, w->pid, 0U);
	if (w->pidfd < 0) {
		int r = err_errno(e, "cannot watch the compiler");

		kill(w->pid, SIGKILL);
		waitpid(w->pid, NULL, 0);
		return r;
	}
	return 0;
}

static int worker_run(struct worker *w, const struct front_job *job, int workfd,
		      struct err *e)
{
	_cleanup_close_ int in = open("/dev/null", O_RDWR | O_CLOEXEC), out = -1;
	int ends[2], r, status = 0;

	if (in < 0)
		return err_errno(e, "cannot open /dev/null");
	if (pipe2(ends, O_CLOEXEC) < 0)
		return err_errno(e, "cannot create a pipe");
	w->output = ends[0];
	out = ends[1];
	r = worker_start(w, job, workfd, in, out, e);
	if (r < 0)
		return r;
	close(steal_fd(&out));
	r = worker_watch(w, e);
	if (r < 0) {
		struct err ignored = ERR_INIT;

		worker_wait(w, true, &status, &ignored);
		return r;
	}
	r = worker_wait(w, false, &status, e);
	return r < 0 ? r : worker_verdict(status, e);
}

int front_compile(const struct front_job *job, int workfd, struct strbuf *messages,
		  struct err *e)
{
	_cleanup_close_ int signals = -1, output = -1, pidfd = -1;
	struct worker w = { -1, -1, -1, -1, 0, messages };
	sigset_t stop, old;
	int r;

	sigemptyset(&stop);
	sigaddset(&stop, SIGINT);
	sigaddset(&stop, SIGTERM);
	sigaddset(&stop, SIGHUP);
	if (sigprocmask(SIG_BLOCK, &stop, &old) < 0)
		return err_errno(e, "cannot block signals");
	signals = w.signals = signalfd(-1, &stop, SFD_CLOEXEC);
	r = signals < 0 ? err_errno(e, "cannot watch for signals")
			: worker_run(&w, job, workfd, e);
	output = w.output;
	pidfd = w.pidfd;
	sigprocmask(SIG_SETMASK, &old, NULL);
	return r;
}
