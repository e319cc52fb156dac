/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "trace.h"

#include <elf.h>
#include <errno.h>
#include <signal.h>
#include <string.h>
#include <sys/auxv.h>
#include <sys/ptrace.h>
#include <sys/user.h>
#include <sys/wait.h>

#include "procfs.h"
#include "sys.h"

#define TRACE_OPTIONS ((long)(PTRACE_O_TRACEEXEC | PTRACE_O_EXITKILL | PTRACE_O_TRACESYSGOOD))
#define RED_ZONE 128 /* System V ABI: the leaf function's memory below the stack pointer */

static long trace_ptrace(int request, pid_t pid, uint64_t addr, uint64_t data)
{
	return ptrace((enum __ptrace_request)request, pid, (void *)(uintptr_t)addr,
		      (void *)(uintptr_t)data);
}

int trace_seize(pid_t pid, struct err *e)
{
	if (trace_ptrace(PTRACE_SEIZE, pid, 0, TRACE_OPTIONS) < 0)
		return err_errno(e, "cannot trace the VMM's process");
	return 0;
}

/* Waits for a stop; anything else means that the process is gone. */
static int trace_wait_stop(pid_t pid, int *status, struct err *e)
{
	pid_t r;

	do
		r = waitpid(pid, status, __WALL);
	while (r < 0 && errno == EINTR);
	if (r < 0)
		return err_errno(e, "cannot wait for the VMM's process");
	if (!WIFSTOPPED(*status))
		return err_set(e, ESRCH, "the VMM's process ended while it was being checked");
	return 0;
}

int trace_settle(pid_t pid, struct err *e)
{
	int status;

	/* At the exec event the kernel is still inside execve and will store its result into
	 * the registers; one step to the syscall exit, and they are ours. */
	if (trace_ptrace(PTRACE_SYSCALL, pid, 0, 0) < 0)
		return err_errno(e, "cannot resume the VMM to the end of execve");
	if (trace_wait_stop(pid, &status, e) < 0)
		return -e->code;
	if (WSTOPSIG(status) != (SIGTRAP | 0x80))
		return err_set(e, EPROTO, "the VMM stopped by signal %d at the end of execve",
			       WSTOPSIG(status));
	if (trace_ptrace(PTRACE_SETOPTIONS, pid, 0, (uint64_t)TRACE_OPTIONS |
			 PTRACE_O_SUSPEND_SECCOMP) < 0)
		return err_errno(e, "cannot suspend the filter to read back (PTRACE_O_SUSPEND_SECCOMP)");
	return 0;
}

static int trace_vdso_of(int proc_fd, uint64_t *base, struct err *e)
{
	_cleanup_free_ char *text = NULL;
	size_t len, i;

	if (procfs_read(proc_fd, "auxv", &text, &len, e) < 0)
		return -e->code;
	for (i = 0; i + sizeof(Elf64_auxv_t) <= len; i += sizeof(Elf64_auxv_t)) {
		Elf64_auxv_t a;

		memcpy(&a, text + i, sizeof(a));
		if (a.a_type == AT_SYSINFO_EHDR) {
			*base = a.a_un.a_val;
			return 0;
		}
	}
	return err_set(e, ENOENT, "the VMM has no vDSO to read back from");
}

int trace_syscall_address(int proc_fd, uint64_t *out, struct err *e)
{
	/* The kernel maps the same image into every 64-bit process: look in our own. */
	const unsigned char *own = (const unsigned char *)getauxval(AT_SYSINFO_EHDR);
	uint64_t base = 0;
	size_t i;

	if (!own)
		return err_set(e, ENOENT, "no vDSO to read back from");
	if (trace_vdso_of(proc_fd, &base, e) < 0)
		return -e->code;
	for (i = 0; i < 4096; i++) {
		if (own[i] == 0x0f && own[i + 1] == 0x05) {
			*out = base + i;
			return 0;
		}
	}
	return err_set(e, ENOENT, "the vDSO has no syscall instruction");
}

static int trace_call(pid_t pid, const struct user_regs_struct *regs, int64_t *result,
		      struct err *e)
{
	struct user_regs_struct after;
	int status;

	if (ptrace(PTRACE_SETREGS, pid, NULL, regs) < 0 ||
	    trace_ptrace(PTRACE_SINGLESTEP, pid, 0, 0) < 0)
		return err_errno(e, "cannot run a system call in the VMM");
	if (trace_wait_stop(pid, &status, e) < 0)
		return -e->code;
	if (WSTOPSIG(status) != SIGTRAP)
		return err_set(e, EPROTO, "the VMM stopped by signal %d instead of answering",
			       WSTOPSIG(status));
	if (ptrace(PTRACE_GETREGS, pid, NULL, &after) < 0)
		return err_errno(e, "cannot read the VMM's answer");
	if (after.rip != regs->rip + 2)
		return err_set(e, EPROTO, "the VMM did not run the system call");
	*result = (int64_t)after.rax;
	return 0;
}

static int trace_with_regs(pid_t pid, struct user_regs_struct *saved, uint64_t address, long nr,
			   const uint64_t args[6], int64_t *result, struct err *e)
{
	struct user_regs_struct regs = *saved;
	int r;

	regs.rip = address;
	regs.rax = (uint64_t)nr;
	regs.orig_rax = (uint64_t)-1; /* no restart of an interrupted call */
	regs.rdi = args[0];
	regs.rsi = args[1];
	regs.rdx = args[2];
	regs.r10 = args[3];
	regs.r8 = args[4];
	regs.r9 = args[5];
	r = trace_call(pid, &regs, result, e);
	saved->orig_rax = (uint64_t)-1;
	if (r == 0 && ptrace(PTRACE_SETREGS, pid, NULL, saved) < 0)
		r = err_errno(e, "cannot restore the VMM's registers");
	return r;
}

int trace_syscall(pid_t pid, uint64_t address, long nr, const uint64_t args[6], int64_t *result,
		  struct err *e)
{
	struct user_regs_struct saved;

	if (ptrace(PTRACE_GETREGS, pid, NULL, &saved) < 0)
		return err_errno(e, "cannot read the VMM's registers");
	return trace_with_regs(pid, &saved, address, nr, args, result, e);
}

int trace_syscall_text(pid_t pid, uint64_t address, long nr, const uint64_t args[6],
		       unsigned which, const char *text, int64_t *result, struct err *e)
{
	struct user_regs_struct saved;
	uint64_t words[4] = { 0 }, real[6], where;
	size_t i;

	if (strlen(text) >= sizeof(words))
		return err_set(e, ENAMETOOLONG, "text too long to read back with");
	memcpy(words, text, strlen(text));
	if (ptrace(PTRACE_GETREGS, pid, NULL, &saved) < 0)
		return err_errno(e, "cannot read the VMM's registers");
	where = ((saved.rsp - RED_ZONE) & ~(uint64_t)15) - sizeof(words);
	for (i = 0; i < ARRAY_SIZE(words); i++)
		if (trace_ptrace(PTRACE_POKEDATA, pid, where + 8 * i, words[i]) < 0)
			return err_errno(e, "cannot write below the VMM's stack");
	memcpy(real, args, sizeof(real));
	real[which] = where;
	if (trace_with_regs(pid, &saved, address, nr, real, result, e) < 0)
		return -e->code;
	/* Nothing of ours stays behind. */
	for (i = 0; i < ARRAY_SIZE(words); i++)
		if (trace_ptrace(PTRACE_POKEDATA, pid, where + 8 * i, 0) < 0)
			return err_errno(e, "cannot clear the VMM's stack");
	return 0;
}

int trace_detach(pid_t pid, struct err *e)
{
	/* Detaching ends PTRACE_O_SUSPEND_SECCOMP with all other options. */
	if (trace_ptrace(PTRACE_DETACH, pid, 0, 0) < 0)
		return err_errno(e, "cannot let the VMM go");
	return 0;
}
