/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "supervise.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/capability.h>
#include <malloc.h>
#include <poll.h>
#include <signal.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/signalfd.h>
#include <sys/stat.h>
#include <sys/wait.h>

#include "num.h"
#include "procfs.h"
#include "sys.h"

/* Passed on to the VMM. SIGCHLD is for us. */
static const int forwarded[] = { SIGTERM, SIGINT, SIGHUP, SIGQUIT, SIGUSR1, SIGUSR2 };

static int signal_fd = -1;

int supervise_signal_fd(void)
{
	return signal_fd;
}

static int init_stdio(struct err *e)
{
	int fd;

	/* A closed 0, 1 or 2 would be taken by the next file that is opened. */
	do {
		fd = open("/dev/null", O_RDWR);
		if (fd < 0)
			return err_errno(e, "cannot open /dev/null");
	} while (fd <= 2);
	if (sys_close_range(3, ~0u) < 0)
		return err_errno(e, "cannot close inherited descriptors");
	return 0;
}

/* Raw, since glibc keeps two real-time signals to itself and refuses to touch them. */
static int syscall_default_action(int sig)
{
	struct {
		uint64_t handler, flags, restorer, mask;
	} action = { 0, 0, 0, 0 };

	return (int)syscall(SYS_rt_sigaction, sig, &action, NULL, sizeof(action.mask));
}

/* exec and clone keep ignored signals ignored (signal(7)): find and reset them. */
static int init_ignored_signals(struct err *e)
{
	_cleanup_close_ int proc = procfs_open(getpid(), e);
	_cleanup_free_ char *status = NULL;
	uint64_t mask = 0;
	char field[32];
	int sig;

	if (proc < 0 || procfs_read(proc, "status", &status, NULL, e) < 0 ||
	    procfs_field(status, "SigIgn", field, sizeof(field), e) < 0)
		return -e->code;
	if (num_hex64(field, &mask) < 0)
		return err_set(e, EINVAL, "cannot read the ignored signals");
	for (sig = 1; sig <= 64; sig++)
		if ((mask >> (sig - 1) & 1) && syscall_default_action(sig) < 0)
			return err_errno(e, "cannot reset signal %d", sig);
	return 0;
}

/* SIGPIPE is blocked, not ignored: the VMM must not inherit that, and a mask is reset. */
static int init_signals(struct err *e)
{
	sigset_t set;
	size_t i;

	if (init_ignored_signals(e) < 0)
		return -e->code;
	sigemptyset(&set);
	sigaddset(&set, SIGCHLD);
	for (i = 0; i < ARRAY_SIZE(forwarded); i++)
		sigaddset(&set, forwarded[i]);
	/* Above every number that is promised to the VMM. */
	signal_fd = signalfd(-1, &set, SFD_CLOEXEC | SFD_NONBLOCK);
	if (signal_fd >= 0) {
		int high = fcntl(signal_fd, F_DUPFD_CLOEXEC, 3 + RUN_MAX_OBJECTS + 1);

		close(signal_fd);
		signal_fd = high;
	}
	sigaddset(&set, SIGPIPE);
	if (signal_fd < 0 || sigprocmask(SIG_SETMASK, &set, NULL) < 0)
		return err_errno(e, "cannot set up signals");
	return 0;
}

static int init_limits(struct err *e)
{
	static const __rlimit_resource_t own[] = {
		RLIMIT_FSIZE, RLIMIT_AS, RLIMIT_DATA, RLIMIT_CPU, RLIMIT_NOFILE,
	};
	size_t i;

	for (i = 0; i < ARRAY_SIZE(own); i++) {
		rlim_t n = own[i] == RLIMIT_NOFILE ? 4096 : RLIM_INFINITY;
		struct rlimit rl = { n, n };

		if (setrlimit(own[i], &rl) == 0)
			continue;
		/* Without CAP_SYS_RESOURCE the hard limit is as far as it goes. */
		if (getrlimit(own[i], &rl) < 0)
			return err_errno(e, "cannot read an inherited limit");
		rl.rlim_cur = rl.rlim_max;
		if (setrlimit(own[i], &rl) < 0)
			return err_errno(e, "cannot raise an inherited limit");
	}
	return 0;
}

int supervise_init(struct err *e)
{
	if (init_stdio(e) < 0 || init_limits(e) < 0 || init_signals(e) < 0)
		return -e->code;
	umask(0077);
	if (prctl(PR_SET_DUMPABLE, 0, 0, 0, 0) < 0)
		return err_errno(e, "cannot clear the dumpable flag");
	return 0;
}

int supervise_next_signal(void)
{
	struct signalfd_siginfo si;

	return read(signal_fd, &si, sizeof(si)) == sizeof(si) ? (int)si.ssi_signo : 0;
}

int supervise_drop_privileges(struct err *e)
{
	struct __user_cap_header_struct h = { .version = _LINUX_CAPABILITY_VERSION_3 };
	/* Below a v2 root, mode 0555, removing a group takes CAP_DAC_OVERRIDE. */
	const uint32_t keep = 1u << CAP_KILL | 1u << CAP_DAC_OVERRIDE;
	struct __user_cap_data_struct d[2] = {
		{ .effective = keep, .permitted = keep },
	};

	if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) < 0 || syscall(SYS_capset, &h, d) < 0)
		return err_errno(e, "cannot give up the supervisor's capabilities");
	return 0;
}

/* What is not needed any more: the objects' descriptors and the launch's memory. */
static void supervise_shrink(struct run *run)
{
	enum mech m;
	size_t i;

	for (i = 0; i < run->n_objects; i++) {
		if (run->objects[i].fd >= 0)
			close(run->objects[i].fd);
		run->objects[i].fd = -1;
	}
	for (m = 0; m < MECH_COUNT; m++) {
		json_decref(run->observed[m]);
		run->observed[m] = NULL;
	}
	free(run->status);
	run->status = NULL;
	malloc_trim(0);
}

static int supervise_status(const struct run *run, int status)
{
	if (WIFEXITED(status))
		return WEXITSTATUS(status);
	fprintf(stderr, "brattice-confine: VM \"%s\" died by signal %d (%s)%s\n",
		run->bundle.name, WTERMSIG(status), strsignal(WTERMSIG(status)),
		WTERMSIG(status) == SIGSYS
			? ": a system call that the description does not grant"
			: "");
	return 128 + WTERMSIG(status);
}

/* 1: it has ended and *status is for the caller; 0: not yet. */
static int supervise_reap(struct run *run, int *status)
{
	pid_t r = waitpid(run->pid, status, WNOHANG);

	if (r == run->pid) {
		*status = supervise_status(run, *status);
		return 1;
	}
	/* The pidfd says that it has ended, and yet there is no status to be had. */
	if (r < 0 && errno == ECHILD) {
		fprintf(stderr,
			"brattice-confine: error: VM \"%s\" has ended, but its exit "
			"status is lost\n",
			run->bundle.name);
		*status = CONFINE_FAILED;
		return 1;
	}
	return 0;
}

/*
 * Passes on what came. A signal that asks the VMM to end is sent again every second until
 * it has ended: the first process of a pid namespace ignores it until its handler is
 * there (pid_namespaces(7)). Returns the one to repeat, or 0.
 */
static int supervise_forward(int pidfd, int repeat)
{
	int sig;

	if (repeat)
		sys_pidfd_send_signal(pidfd, repeat);
	while ((sig = supervise_next_signal()) > 0) {
		if (sig != SIGCHLD)
			sys_pidfd_send_signal(pidfd, sig);
		if (sig == SIGTERM || sig == SIGINT)
			repeat = sig;
	}
	return repeat;
}

/* Forwards signals until the pidfd says that the VMM has ended. */
static void supervise_wait(int pidfd)
{
	/* It stays readable from then on: no missed signal hangs us. */
	struct pollfd p[2] = {
		{ .fd = pidfd, .events = POLLIN },
		{ .fd = signal_fd, .events = POLLIN },
	};
	int repeat = 0;

	for (;;) {
		int n = poll(p, 2, repeat ? 1000 : -1);

		if (n > 0 && p[0].revents)
			return;
		repeat = supervise_forward(pidfd, n == 0 ? repeat : 0) ?: repeat;
	}
}

int supervise(struct run *run)
{
	int status;

	supervise_shrink(run);
	do
		supervise_wait(run->pidfd);
	while (!supervise_reap(run, &status));
	run->pid = 0;
	return status;
}

void supervise_adopted(int pidfd)
{
	supervise_wait(pidfd);
}
