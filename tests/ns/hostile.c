/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * hostile WHAT… -- COMMAND…: runs a command in surroundings that a launcher should
 * survive:
 *   fds        500 junk descriptors of many kinds, numbers up to the limit
 *   stdio      0, 1 and 2 closed          stdin | stdout | stderr  one of them
 *   rlimits    absurd but valid soft and hard limits
 *   umask      0                          signals  all ignored, all blocked
 *   cwd        a directory that has been removed
 *   seccomp    an inherited filter that allows everything
 *   nice       19, oom 1000               persona  READ_IMPLIES_EXEC
 *   securebits keep caps; ambient capability raised
 *   timer      an interval timer that fires soon
 *   env        LD_PRELOAD and friends     session  a keyring of ours
 */
#include <errno.h>
#include <fcntl.h>
#include <linux/capability.h>
#include <linux/filter.h>
#include <linux/securebits.h>
#include <linux/seccomp.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/mman.h>
#include <sys/personality.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <unistd.h>

static void need(int ok, const char *what)
{
	if (ok)
		return;
	perror(what);
	exit(99);
}

static void junk_fds(void)
{
	int pair[2];

	for (int i = 0; i < 60; i++) {
		need(open("/", O_RDONLY | O_DIRECTORY) >= 0, "directory");
		need(open("/etc/shadow", O_RDONLY) >= 0, "/etc/shadow");
		need(open("/proc/self/exe", O_PATH) >= 0, "O_PATH");
		need(epoll_create1(0) >= 0, "epoll");
		need(eventfd(0, 0) >= 0, "eventfd");
		need(memfd_create("junk", 0) >= 0, "memfd");
		need(syscall(SYS_pidfd_open, getppid(), 0) >= 0, "pidfd");
		need(socketpair(AF_UNIX, SOCK_STREAM, 0, pair) == 0, "socketpair");
	}
	need(dup2(1, 1000) >= 0 && dup2(1, 4000) >= 0, "dup2");
}

static void hostile_limits(void)
{
	static const struct {
		int which;
		rlim_t soft, hard;
	} limits[] = {
		{ RLIMIT_CORE, RLIM_INFINITY, RLIM_INFINITY },
		{ RLIMIT_NPROC, 1, RLIM_INFINITY },
		{ RLIMIT_FSIZE, 1 << 16, RLIM_INFINITY },
		{ RLIMIT_MEMLOCK, 0, RLIM_INFINITY },
		{ RLIMIT_SIGPENDING, 0, 0 },
		{ RLIMIT_MSGQUEUE, 0, 0 },
		{ RLIMIT_NOFILE, 32, 65536 },
		{ RLIMIT_NICE, 40, 40 },
		{ RLIMIT_RTPRIO, 99, 99 },
		{ RLIMIT_STACK, RLIM_INFINITY, RLIM_INFINITY },
	};

	for (size_t i = 0; i < sizeof(limits) / sizeof(limits[0]); i++) {
		struct rlimit r;

		/* without CAP_SYS_RESOURCE nobody raises a hard limit */
		need(getrlimit((unsigned)limits[i].which, &r) == 0, "getrlimit");
		if (limits[i].hard < r.rlim_max)
			r.rlim_max = limits[i].hard;
		r.rlim_cur = limits[i].soft < r.rlim_max ? limits[i].soft : r.rlim_max;
		need(setrlimit((unsigned)limits[i].which, &r) == 0, "setrlimit");
	}
}

static void hostile_signals(void)
{
	sigset_t all;

	for (int s = 1; s < SIGRTMAX; s++)
		if (s != SIGKILL && s != SIGSTOP)
			signal(s, SIG_IGN);
	sigfillset(&all);
	need(sigprocmask(SIG_SETMASK, &all, NULL) == 0, "sigprocmask");
}

static void deleted_cwd(void)
{
	char dir[] = "/tmp/brattice-cwd.XXXXXX";

	need(mkdtemp(dir) && chdir(dir) == 0 && rmdir(dir) == 0, "deleted directory");
}

static void inherited_filter(void)
{
	struct sock_filter allow = BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW);
	struct sock_fprog program = { 1, &allow };

	need(prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &program, 0, 0) == 0, "seccomp");
}

static void odd_rights(void)
{
	struct __user_cap_header_struct h = { _LINUX_CAPABILITY_VERSION_3, 0 };
	struct __user_cap_data_struct d[2];

	need(prctl(PR_SET_SECUREBITS, SECBIT_KEEP_CAPS | SECBIT_NO_SETUID_FIXUP) == 0,
	     "securebits");
	need(syscall(SYS_capget, &h, d) == 0, "capget");
	d[0].inheritable = d[0].permitted;
	need(syscall(SYS_capset, &h, d) == 0, "capset");
	need(prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_RAISE, CAP_NET_RAW, 0, 0) == 0,
	     "ambient");
}

static void hostile_env(void)
{
	static const char *const env[] = {
		"LD_PRELOAD=/nonexistent/evil.so", "LD_LIBRARY_PATH=/tmp",
		"LD_AUDIT=/nonexistent/audit.so", "GLIBC_TUNABLES=glibc.malloc.check=3",
		"PATH=/tmp:.", "IFS=x", "TMPDIR=/nonexistent", "QEMU_AUDIO_DRV=evil",
		"MALLOC_PERTURB_=1", "LC_ALL=xx_XX", "HOME=/root", "SHELL=/bin/evil",
		"QEMU_MODULE_DIR=/tmp", "XDG_RUNTIME_DIR=/tmp",
	};
	static char large[100000];

	for (size_t i = 0; i < sizeof(env) / sizeof(env[0]); i++)
		need(putenv(strdup(env[i])) == 0, "putenv");
	memset(large, 'A', sizeof(large) - 1);
	need(setenv("LARGE", large, 1) == 0, "setenv");
}

static void soon(void)
{
	struct itimerval t = { { 0, 0 }, { 3600, 0 } };

	need(setitimer(ITIMER_REAL, &t, NULL) == 0, "setitimer");
	t.it_value.tv_sec = 3600;
	need(setitimer(ITIMER_PROF, &t, NULL) == 0, "setitimer");
}

static void oom_first(void)
{
	int fd = open("/proc/self/oom_score_adj", O_WRONLY | O_CLOEXEC);

	need(fd >= 0 && write(fd, "1000", 4) == 4, "oom_score_adj");
	close(fd);
	need(setpriority(PRIO_PROCESS, 0, 19) == 0, "setpriority");
}

static void close_stdio(void)
{
	close(0);
	close(1);
	close(2);
}

static void close_stdin(void) { close(0); }
static void close_stdout(void) { close(1); }
static void close_stderr(void) { close(2); }
static void open_umask(void) { umask(0); }
static void persona(void) { need(personality(READ_IMPLIES_EXEC) >= 0, "personality"); }
static void keyring(void)
{
	need(syscall(SYS_keyctl, 1, "brattice-hostile") >= 0, "keyctl");
}

static const struct {
	const char *name;
	void (*make)(void);
} makers[] = {
	{ "fds", junk_fds },	      { "stdio", close_stdio },
	{ "stdin", close_stdin },     { "stdout", close_stdout },
	{ "stderr", close_stderr },   { "rlimits", hostile_limits },
	{ "umask", open_umask },      { "signals", hostile_signals },
	{ "cwd", deleted_cwd },	      { "seccomp", inherited_filter },
	{ "nice", oom_first },	      { "persona", persona },
	{ "securebits", odd_rights }, { "timer", soon },
	{ "env", hostile_env },	      { "session", keyring },
};

int main(int argc, char **argv)
{
	int i;

	for (i = 1; i < argc && strcmp(argv[i], "--"); i++) {
		size_t m = 0;

		while (m < sizeof(makers) / sizeof(makers[0]) &&
		       strcmp(makers[m].name, argv[i]))
			m++;
		if (m == sizeof(makers) / sizeof(makers[0])) {
			fprintf(stderr, "hostile: unknown: %s\n", argv[i]);
			return 99;
		}
		makers[m].make();
	}
	if (i + 1 >= argc)
		return 99;
	execv(argv[i + 1], argv + i + 1);
	return 98;
}
