/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Which errors a call can plausibly give (man-pages(2)), the likeliest first. */
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/syscall.h>

#include "oracle.h"

static const struct {
	const char *name;
	int errnos[4];
} plausible[] = {
	{ "open", { EACCES, EMFILE, ENOENT } },
	{ "openat", { EACCES, EMFILE, ENOENT } },
	{ "openat2", { ENOENT, EAGAIN, EMFILE } },
	{ "opendir", { EACCES, EMFILE } },
	{ "fdopendir", { ENOMEM } },
	{ "readdir", { EIO } },
	{ "read", { EIO, EINTR, FAULT_ZERO } },
	{ "pread", { EIO, FAULT_ZERO } },
	{ "__read_chk", { EIO, EINTR, FAULT_ZERO } },
	{ "__pread_chk", { EIO, FAULT_ZERO } },
	{ "write", { ENOSPC, EINTR, EIO } },
	{ "pwrite", { ENOSPC, EIO } },
	{ "readlink", { ENOENT, EACCES } },
	{ "readlinkat", { ENOENT, EACCES } },
	{ "fsync", { EIO, ENOSPC } },
	{ "flock", { EWOULDBLOCK, EINTR } },
	{ "mkdir", { ENOSPC, EEXIST, EROFS } },
	{ "mkdirat", { ENOSPC, EEXIST, EROFS } },
	{ "renameat", { ENOSPC, EACCES } },
	{ "rename", { ENOSPC, EACCES } },
	{ "unlinkat", { EACCES, EBUSY } },
	{ "unlink", { EACCES, EBUSY } },
	{ "rmdir", { EBUSY, EACCES } },
	{ "stat", { ENOENT, EACCES } },
	{ "lstat", { ENOENT, EACCES } },
	{ "fstat", { EIO } },
	{ "fstatat", { ENOENT, EACCES } },
	{ "fstatfs", { EIO } },
	{ "faccessat", { EACCES } },
	{ "access", { EACCES } },
	{ "fcntl", { EINVAL, EBADF } },
	{ "ioctl", { ENOTTY, EPERM } },
	{ "mmap", { ENOMEM } },
	{ "mount", { EPERM, ENOMEM } },
	{ "umount2", { EBUSY, EPERM } },
	{ "socket", { EAFNOSUPPORT, EMFILE } },
	{ "bind", { EADDRINUSE, EACCES } },
	{ "setresuid", { EAGAIN, EPERM } },
	{ "setresgid", { EPERM } },
	{ "setgroups", { EPERM, ENOMEM } },
	{ "setrlimit", { EPERM, EINVAL } },
	{ "prlimit", { EPERM, EINVAL } },
	{ "prctl", { EINVAL, EPERM } },
	{ "ptrace", { EPERM, ESRCH, EIO } },
	{ "waitpid", { EINTR, ECHILD } },
	{ "wait4", { EINTR, ECHILD } },
	{ "waitid", { EINTR, ECHILD } },
	{ "poll", { EINTR, ENOMEM } },
	{ "ppoll", { EINTR, ENOMEM } },
	{ "sigtimedwait", { EINTR, EAGAIN } },
	{ "sigwaitinfo", { EINTR } },
	{ "signalfd", { EMFILE } },
	{ "pipe2", { EMFILE, ENFILE } },
	{ "dup2", { EBADF, EMFILE } },
	{ "dup3", { EBADF, EMFILE } },
	{ "kill", { ESRCH, EPERM } },
	{ "clone3", { EAGAIN, ENOSYS, ENOSPC } },
	{ "close_range", { ENOSYS, EINVAL } },
	{ "close", { EINTR } },
	{ "pivot_root", { EINVAL, EPERM } },
	{ "execve", { ENOEXEC, EACCES, ENOMEM } },
	{ "execveat", { ENOEXEC, EACCES, ENOMEM } },
	{ "seccomp", { EINVAL, ENOMEM, ENOSYS } },
	{ "landlock_create_ruleset", { ENOSYS, EOPNOTSUPP, ENOMEM } },
	{ "landlock_add_rule", { EINVAL, ENOMEM } },
	{ "landlock_restrict_self", { EPERM, ENOMEM } },
	{ "bpf", { EPERM, ENOMEM } },
	{ "keyctl", { EDQUOT, ENOMEM } },
	{ "fsopen", { EPERM, ENOSYS } },
	{ "fsmount", { EPERM, ENOMEM } },
	{ "fsconfig", { EINVAL, ENOMEM } },
	{ "open_tree", { EPERM, ENOSYS } },
	{ "move_mount", { EPERM, EINVAL } },
	{ "mount_setattr", { EPERM, ENOSYS } },
	{ "capset", { EPERM } },
	{ "pidfd_open", { EMFILE, ENOSYS } },
	{ "pidfd_send_signal", { ESRCH, EPERM } },
};

static const struct {
	int nr;
	const char *name;
} raw_calls[] = {
#define N(x) { SYS_##x, #x }
	N(bpf), N(capget), N(capset), N(clone3), N(close_range), N(execve), N(execveat),
	N(fsconfig), N(fsmount), N(fsopen), N(getrandom), N(ioprio_set), N(keyctl),
	N(landlock_add_rule), N(landlock_create_ruleset), N(landlock_restrict_self),
	N(memfd_create), N(mount_setattr), N(move_mount), N(open_tree), N(openat2),
	N(pidfd_getfd), N(pidfd_open), N(pidfd_send_signal), N(pivot_root), N(prctl),
	N(ptrace), N(rt_sigaction), N(rt_sigprocmask), N(sched_setattr), N(seccomp),
	N(setgroups), N(setns), N(setresgid), N(setresuid), N(statx), N(fchmodat),
	N(set_mempolicy), N(kcmp), N(gettid), N(getpid), N(write), N(exit_group),
#undef N
};

const char *call_name(const struct fault_call *call)
{
	static const char *const names[] = {
		"syscall",
#define WRAP(name, failed) #name,
#include "wrap.def"
#undef WRAP
	};
	static char number[32];

	if (call->id != FAULT_ID_syscall)
		return call->id < FAULT_ID_COUNT ? names[call->id] : "?";
	for (size_t i = 0; i < sizeof(raw_calls) / sizeof(raw_calls[0]); i++)
		if (raw_calls[i].nr == call->nr)
			return raw_calls[i].name;
	snprintf(number, sizeof(number), "syscall-%u", call->nr);
	return number;
}

int actions_of(const struct fault_call *call, int errnos, int actions[MAX_ACTIONS])
{
	static const int otherwise[4] = { EPERM, ENOMEM };
	const int *list = otherwise;
	const char *name = call_name(call);
	int n = 0;

	for (size_t i = 0; i < sizeof(plausible) / sizeof(plausible[0]); i++)
		if (!strcmp(plausible[i].name, name))
			list = plausible[i].errnos;
	for (int i = 0; i < 4 && list[i] && n < errnos; i++)
		actions[n++] = list[i];
	actions[n++] = FAULT_DIE;
	return n;
}

const char *action_name(int action)
{
	const char *name;

	if (action == FAULT_DIE)
		return "KILL";
	if (action == FAULT_ZERO)
		return "ZERO";
	name = strerrorname_np(action);
	return name ? name : "?";
}
