/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "launch.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <string.h>
#include <sys/ptrace.h>
#include <sys/wait.h>

#include "fdio.h"
#include "procfs.h"
#include "receipt.h"
#include "supervise.h"
#include "sys.h"
#include "trace.h"

/* The supervisor's ends of the two pipes. */
struct wire {
	int report_read, go_write;
};

static int launch_pipes(struct run *run, struct wire *w, struct err *e)
{
	int report[2], go[2];

	if (pipe2(report, O_CLOEXEC) < 0)
		return err_errno(e, "cannot make a pipe");
	w->report_read = report[0];
	run->report_fd = report[1];
	if (pipe2(go, O_CLOEXEC) < 0)
		return err_errno(e, "cannot make a pipe");
	run->go_fd = go[0];
	w->go_write = go[1];
	return 0;
}

static int launch_clone(struct run *run, const struct wire *w, struct err *e)
{
	int pidfd = -1;
	struct clone_args args = {
		.flags = run->clone_flags | (uint64_t)CLONE_PIDFD,
		.pidfd = (uintptr_t)&pidfd,
		.exit_signal = SIGCHLD,
	};
	long pid;

	if (run->cgroup_fd >= 0) {
		args.flags |= CLONE_INTO_CGROUP;
		args.cgroup = (unsigned)run->cgroup_fd;
	}
	pid = sys_clone3(&args);
	if (pid < 0)
		return err_errno(e, "cannot create the VMM's process (clone3)");
	if (pid == 0) {
		/* Its copy of our ends would keep the pipes open when we die. */
		close(w->go_write);
		close(w->report_read);
		launch_child(run);
	}
	run->pid = (pid_t)pid;
	run->pidfd = pidfd;
	close(steal_fd(&run->report_fd));
	close(steal_fd(&run->go_fd));
	return 0;
}

static int launch_attach(struct run *run, struct err *e)
{
	enum mech m;

	run->proc_fd = procfs_open(run->pid, e);
	if (run->proc_fd < 0 || trace_seize(run->pid, e) < 0)
		return -e->code;
	for (m = 0; m < MECH_COUNT; m++) {
		const struct layer *l = layer_of(m);

		if (l->attach && l->attach(run, e) < 0)
			return err_wrap(e, "attach %s", mech_name(m));
	}
	return 0;
}

static int launch_write_map(const struct run *run, const char *file, uint32_t id,
			    struct err *e)
{
	_cleanup_close_ int fd = openat(run->proc_fd, file, O_WRONLY | O_CLOEXEC);
	char text[48];
	int n = snprintf(text, sizeof(text), "%u %u 1\n", id, id);

	if (fd < 0)
		return err_errno(e, "cannot open %s", file);
	if (fdio_write_all(fd, text, (size_t)n, e) < 0)
		return err_wrap(e, "%s", file);
	return 0;
}

static int launch_go(const struct wire *w, struct err *e)
{
	if (write(w->go_write, "g", 1) != 1)
		return err_errno(e, "cannot let the VMM's process go");
	return 0;
}

/* One message of the child. 1: it failed (e is set); 0: go on. */
static int launch_report(struct run *run, const struct wire *w, struct err *e)
{
	struct launch_report report = { 0 };
	ssize_t n = read(w->report_read, &report, sizeof(report));

	if (n == 1) {
		if (launch_write_map(run, "gid_map", run->gid, e) < 0 ||
		    launch_write_map(run, "uid_map", run->uid, e) < 0)
			return err_wrap(e, "attach identity");
		return launch_go(w, e);
	}
	if (n <= 0)
		return 0; /* closed by exec or by death: the wait tells */
	if (n != sizeof(report))
		return err_set(e, EPROTO, "the VMM's process sent %zd bytes", n);
	report.err.text[sizeof(report.err.text) - 1] = '\0';
	*e = report.err;
	e->code = e->code > 0 ? e->code : EIO;
	if (report.mech < MECH_COUNT)
		return err_wrap(e, "apply %s", mech_name(report.mech));
	return err_wrap(e, "exec");
}

/* 1 at the exec event, 0 not yet, -errno when the process is gone. */
static int launch_wait(struct run *run, struct err *e)
{
	int status;
	pid_t r = waitpid(run->pid, &status, WNOHANG | __WALL);

	if (r == 0)
		return 0;
	if (r < 0)
		return err_errno(e, "cannot wait for the VMM's process");
	if (WIFSTOPPED(status)) {
		int sig = WSTOPSIG(status);

		if (status >> 8 == (SIGTRAP | (PTRACE_EVENT_EXEC << 8)))
			return 1;
		/* A signal on its way in, or a group stop, which has nothing to
		 * deliver. */
		if (status >> 16 == PTRACE_EVENT_STOP)
			sig = 0;
		if (ptrace(PTRACE_CONT, run->pid, NULL, (void *)(intptr_t)sig) < 0)
			return err_errno(e, "cannot resume the VMM's process");
		return 0;
	}
	run->pid = 0;
	if (WIFSIGNALED(status))
		return err_set(e, ECHILD,
			       "the VMM's process died by signal %d (%s) before exec",
			       WTERMSIG(status), strsignal(WTERMSIG(status)));
	return err_set(e, ECHILD, "the VMM's process ended with status %d before exec",
		       WEXITSTATUS(status));
}

/* Until the exec event: messages, signals to us, death of the child. */
static int launch_until_exec(struct run *run, const struct wire *w, struct err *e)
{
	struct pollfd p[2] = {
		{ .fd = w->report_read, .events = POLLIN },
		{ .fd = supervise_signal_fd(), .events = POLLIN },
	};

	for (;;) {
		int sig, r;

		if (poll(p, 2, -1) < 0 && errno != EINTR)
			return err_errno(e, "cannot wait for the VMM's process");
		if (p[0].revents) {
			if (launch_report(run, w, e) < 0)
				return -e->code;
			if (p[0].revents & POLLHUP)
				p[0].fd = -1;
		}
		if (!p[1].revents)
			continue;
		sig = supervise_next_signal();
		if (sig > 0 && sig != SIGCHLD)
			return err_set(e, EINTR, "stopped by signal %d (%s)", sig,
				       strsignal(sig));
		r = launch_wait(run, e);
		/* The reason comes through the pipe before the death. */
		if (r < 0 && p[0].fd >= 0 && launch_report(run, w, e) < 0)
			return -e->code;
		if (r != 0)
			return r < 0 ? r : 0;
	}
}

static void launch_kill(struct run *run)
{
	if (run->pid <= 0)
		return;
	sys_pidfd_send_signal(run->pidfd, SIGKILL);
	while (waitpid(run->pid, NULL, __WALL) < 0 && errno == EINTR)
		;
	run->pid = 0;
}

static int launch_traced(struct run *run, const struct wire *w, struct err *e)
{
	if (launch_attach(run, e) < 0 || launch_go(w, e) < 0 ||
	    launch_until_exec(run, w, e) < 0)
		return -e->code;
	if (launch_verify(run, e) < 0)
		return err_wrap(e, "read back");
	if (receipt_write(run, e) < 0)
		return err_wrap(e, "receipt");
	if (supervise_drop_privileges(e) < 0)
		return -e->code;
	return trace_detach(&run->tracee, e);
}

int launch(struct run *run, struct err *e)
{
	struct wire w = { -1, -1 };
	int r = launch_pipes(run, &w, e);

	if (r == 0)
		r = launch_clone(run, &w, e);
	if (r == 0)
		r = launch_traced(run, &w, e);
	if (r < 0)
		launch_kill(run);
	if (w.report_read >= 0)
		close(w.report_read);
	if (w.go_write >= 0)
		close(w.go_write);
	return r;
}
