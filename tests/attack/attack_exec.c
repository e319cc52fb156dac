/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Starting another program or process: exactly one exec was allowed, and it is spent. */
#include <errno.h>
#include <fcntl.h>
#include <linux/sched.h>
#include <signal.h>
#include <sys/mman.h>

#include "raw.h"

/* the one address that the filter lets execveat use */
#define EXEC_POINTER ((char *)0x10)

static char *const no_args[] = { NULL };

static long exec_self(const struct target *t)
{
	return raw(__NR_execve, t->self, no_args, no_args);
}

static long exec_ld_so(const struct target *t)
{
	static const char path[] = "/lib64/ld-linux-x86-64.so.2";
	const char *const args[] = { path, t->self, NULL };

	return raw(__NR_execve, path, args, no_args);
}

static long exec_at(const struct target *t)
{
	return raw(__NR_execveat, AT_FDCWD, t->self, no_args, no_args, 0);
}

static long exec_at_fd(const struct target *t)
{
	return raw(__NR_execveat, t->fd, "", no_args, no_args, AT_EMPTY_PATH);
}

/* What the filter lets pass, with every descriptor that the program could be under. */
static long exec_low_pointer(const struct target *t)
{
	long r = -EFAULT;

	for (long fd = 0; r == -EFAULT && fd < t->cgroup; fd++)
		r = raw(__NR_execveat, fd, EXEC_POINTER, no_args, no_args, AT_EMPTY_PATH);
	return r;
}

static long exec_low_pointer_no_flags(const struct target *t)
{
	(void)t;
	return raw(__NR_execveat, AT_FDCWD, EXEC_POINTER, no_args, no_args, 0);
}

static long exec_low_pointer_high_bits(const struct target *t)
{
	(void)t;
	return raw(__NR_execveat, AT_FDCWD, 0x100000010UL, no_args, no_args, 0);
}

static long map_page_zero(const struct target *t)
{
	(void)t;
	return raw(__NR_mmap, 0, 4096, PROT_READ | PROT_WRITE,
		   MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED, -1, 0);
}

static long map_page_zero_noreplace(const struct target *t)
{
	(void)t;
	return raw(__NR_mmap, 0, 4096, PROT_READ | PROT_WRITE,
		   MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED_NOREPLACE, -1, 0);
}

static long move_to_page_zero(const struct target *t)
{
	long p = raw(__NR_mmap, 0, 4096, PROT_READ | PROT_WRITE,
		     MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	(void)t;
	return raw(__NR_mremap, p, 4096, 4096, MREMAP_MAYMOVE | MREMAP_FIXED, 0);
}

static long grow_stack_to_zero(const struct target *t)
{
	long p = raw(__NR_mmap, 65536, 4096, PROT_READ | PROT_WRITE,
		     MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED | MAP_GROWSDOWN, -1, 0);

	return p < 0 ? p : raw(__NR_execveat, t->fd, EXEC_POINTER, no_args, no_args,
			       AT_EMPTY_PATH);
}

/* A child must not run on: it would print the rest of the table a second time. */
static long child_ends(long r)
{
	if (r == 0)
		raw(__NR_exit_group, 0);
	return r;
}

static long fork_plain(const struct target *t)
{
	(void)t;
	return child_ends(raw(__NR_fork));
}

static long clone_process(const struct target *t)
{
	(void)t;
	return child_ends(raw(__NR_clone, SIGCHLD, 0, 0, 0, 0));
}

static long clone_flag(long flag)
{
	return child_ends(raw(__NR_clone, flag | SIGCHLD, 0, 0, 0, 0));
}

static long clone_newuser(const struct target *t)
{
	(void)t;
	return clone_flag(CLONE_NEWUSER);
}

static long clone_newns(const struct target *t)
{
	(void)t;
	return clone_flag(CLONE_NEWNS);
}

static long clone_newpid(const struct target *t)
{
	(void)t;
	return clone_flag(CLONE_NEWPID);
}

/* What glibc passes for a thread, with a namespace on top. */
static long clone_thread_newuser(const struct target *t)
{
	(void)t;
	return child_ends(raw(__NR_clone,
			      CLONE_VM | CLONE_FS | CLONE_FILES | CLONE_SIGHAND |
				      CLONE_THREAD | CLONE_SYSVSEM | CLONE_NEWUSER,
			      0, 0, 0, 0));
}

static long clone_high_bits(const struct target *t)
{
	(void)t;
	return child_ends(raw(__NR_clone, 0x100000000UL | SIGCHLD, 0, 0, 0, 0));
}

static long clone3_process(const struct target *t)
{
	struct clone_args a = { .exit_signal = SIGCHLD };

	(void)t;
	return child_ends(raw(__NR_clone3, &a, sizeof(a)));
}

static long clone3_newuser(const struct target *t)
{
	struct clone_args a = { .flags = CLONE_NEWUSER, .exit_signal = SIGCHLD };

	(void)t;
	return child_ends(raw(__NR_clone3, &a, sizeof(a)));
}

/* i386 system call number 20 is getpid, 11 execve: another table, not the filter's. */
static long int80(const struct target *t)
{
	long r;

	(void)t;
	__asm__ volatile("int $0x80"
			 : "=a"(r)
			 : "a"(20L)
			 : "memory", "r8", "r9", "r10", "r11");
	return r;
}

static long x32_getpid(const struct target *t)
{
	(void)t;
	return raw(0x40000000L + __NR_getpid);
}

static long x32_execve(const struct target *t)
{
	return raw(0x40000000L + 520, t->self, no_args, no_args);
}

static long negative_number(const struct target *t)
{
	(void)t;
	return raw(-1L);
}

const struct attack attacks_exec[] = {
	{ "execve", exec_self, "KILL", "-" },
	{ "execve_ld_so", exec_ld_so, "KILL", "-" },
	{ "execveat", exec_at, "KILL", "-" },
	{ "execveat_fd", exec_at_fd, "KILL", "-" },
	{ "execveat_low_pointer", exec_low_pointer, "EFAULT", "EFAULT" },
	{ "execveat_low_pointer_no_flags", exec_low_pointer_no_flags, "KILL", "EFAULT" },
	{ "execveat_low_pointer_high_bits", exec_low_pointer_high_bits, "KILL", "-" },
	{ "mmap_page_zero", map_page_zero, "EPERM", "EPERM" },
	{ "mmap_page_zero_noreplace", map_page_zero_noreplace, "EPERM", "EPERM" },
	{ "mremap_page_zero", move_to_page_zero, "KILL", "EPERM|EINVAL" },
	{ "grow_to_page_zero", grow_stack_to_zero, "EFAULT|EPERM|KILL", "EFAULT|EPERM" },
	{ "fork", fork_plain, "KILL", "-" },
	{ "clone_process", clone_process, "KILL", "-" },
	{ "clone_newuser", clone_newuser, "KILL", "-" },
	{ "clone_newns", clone_newns, "KILL", "EPERM" },
	{ "clone_newpid", clone_newpid, "KILL", "EPERM" },
	{ "clone_thread_newuser", clone_thread_newuser, "KILL", "EINVAL" },
	{ "clone_high_bits", clone_high_bits, "KILL", "-" },
	{ "clone3_process", clone3_process, "ENOSYS", "ENOSYS" },
	{ "clone3_newuser", clone3_newuser, "ENOSYS", "ENOSYS" },
	{ "int80", int80, "KILL|SEGV", "KILL|SEGV" },
	{ "x32_getpid", x32_getpid, "KILL", "KILL" },
	{ "x32_execve", x32_execve, "KILL", "KILL" },
	{ "negative_number", negative_number, "KILL|ENOSYS", "KILL|ENOSYS" },
	{ NULL, NULL, NULL, NULL },
};
