/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "trace.h"

#include <elf.h>
#include <errno.h>
#include <stdbool.h>
#include <signal.h>
#include <string.h>
#include <sys/auxv.h>
#include <sys/ptrace.h>
#include <sys/uio.h>
#include <sys/wait.h>

#include "procfs.h"
#include "sys.h"

#define TRACE_OPTIONS                                                                    \
	((long)(PTRACE_O_TRACEEXEC | PTRACE_O_EXITKILL | PTRACE_O_TRACESYSGOOD))
#define RED_ZONE                                                                         \
	128 /* System V ABI: the leaf function's memory below the stack pointer */

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
		return err_set(e, ESRCH,
			       "the VMM's process ended while it was being checked");
	return 0;
}

static int trace_settle_exec(pid_t pid, struct err *e)
{
	int status;

	/* At the exec event the kernel is still inside execve and will store its result
	 * into the registers; one step to the syscall exit, and they are ours. */
	if (trace_ptrace(PTRACE_SYSCALL, pid, 0, 0) < 0)
		return err_errno(e, "cannot resume the VMM to the end of execve");
	if (trace_wait_stop(pid, &status, e) < 0)
		return -e->code;
	if (WSTOPSIG(status) != (SIGTRAP | 0x80))
		return err_set(e, EPROTO,
			       "the VMM stopped by signal %d at the end of execve",
			       WSTOPSIG(status));
	if (trace_ptrace(PTRACE_SETOPTIONS, pid, 0,
			 (uint64_t)TRACE_OPTIONS | PTRACE_O_SUSPEND_SECCOMP) < 0)
		return err_errno(e, "cannot suspend the filter to read back "
				    "(PTRACE_O_SUSPEND_SECCOMP)");
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

static int trace_syscall_address(int proc_fd, uint64_t *out, struct err *e)
{
	/* The kernel maps the same image into every 64-bit process: look in our own. */
	const unsigned char *own = (const unsigned char *)getauxval(AT_SYSINFO_EHDR);
	uint64_t base = 0;
	size_t i;

	if (!own)
		return err_set(e, ENOENT, "no vDSO to read back from");
	if (trace_vdso_of(proc_fd, &base, e) < 0)
		return -e->code;
	for (i = 0; i < 4095; i++) {
		if (own[i] == 0x0f && own[i + 1] == 0x05) {
			*out = base + i;
			return 0;
		}
	}
	return err_set(e, ENOENT, "the vDSO has no syscall instruction");
}

int trace_settle(struct tracee *t, pid_t pid, int proc_fd, struct err *e)
{
	t->pid = pid;
	if (trace_syscall_address(proc_fd, &t->address, e) < 0 ||
	    trace_settle_exec(pid, e) < 0)
		return -e->code;
	if (ptrace(PTRACE_GETREGS, pid, NULL, &t->saved) < 0)
		return err_errno(e, "cannot read the VMM's registers");
	t->saved.orig_rax = (uint64_t)-1; /* nothing to restart */
	return 0;
}

int trace_syscall(struct tracee *t, long nr, const uint64_t args[6], int64_t *result,
		  struct err *e)
{
	struct user_regs_struct regs = t->saved;
	int status;

	regs.rip = t->address;
	regs.rax = (uint64_t)nr;
	regs.rdi = args[0];
	regs.rsi = args[1];
	regs.rdx = args[2];
	regs.r10 = args[3];
	regs.r8 = args[4];
	regs.r9 = args[5];
	if (ptrace(PTRACE_SETREGS, t->pid, NULL, &regs) < 0 ||
	    trace_ptrace(PTRACE_SINGLESTEP, t->pid, 0, 0) < 0)
		return err_errno(e, "cannot run a system call in the VMM");
	if (trace_wait_stop(t->pid, &status, e) < 0)
		return -e->code;
	if (WSTOPSIG(status) != SIGTRAP)
		return err_set(e, EPROTO,
			       "the VMM stopped by signal %d instead of answering",
			       WSTOPSIG(status));
	if (ptrace(PTRACE_GETREGS, t->pid, NULL, &regs) < 0)
		return err_errno(e, "cannot read the VMM's answer");
	if (regs.rip != t->address + 2)
		return err_set(e, EPROTO, "the VMM did not run the system call");
	*result = (int64_t)regs.rax;
	return 0;
}

/* One process_vm_readv(2) or process_vm_writev(2). */
static int trace_copy(const struct tracee *t, uint64_t where, char *p, bool to_vmm,
		      struct err *e)
{
	struct iovec own = { p, TRACE_BUFFER };
	struct iovec other = { (void *)(uintptr_t)where, TRACE_BUFFER };
	ssize_t n = to_vmm ? process_vm_writev(t->pid, &own, 1, &other, 1, 0)
			   : process_vm_readv(t->pid, &own, 1, &other, 1, 0);

	if (n != TRACE_BUFFER)
		return err_errno(e, "cannot copy from or to the VMM's stack");
	return 0;
}

int trace_syscall_memory(struct tracee *t, long nr, const uint64_t args[6],
			 unsigned which, char buffer[TRACE_BUFFER], int64_t *result,
			 struct err *e)
{
	static char zero[TRACE_BUFFER];
	uint64_t real[6], where;

	where = ((t->saved.rsp - RED_ZONE) & ~(uint64_t)15) - TRACE_BUFFER;
	memcpy(real, args, sizeof(real));
	real[which] = where;
	if (trace_copy(t, where, buffer, true, e) < 0 ||
	    trace_syscall(t, nr, real, result, e) < 0 ||
	    trace_copy(t, where, buffer, false, e) < 0)
		return -e->code;
	/* Nothing of ours stays behind. */
	return trace_copy(t, where, zero, true, e);
}

int trace_detach(const struct tracee *t, struct err *e)
{
	if (ptrace(PTRACE_SETREGS, t->pid, NULL, &t->saved) < 0)
		return err_errno(e, "cannot restore the VMM's registers");
	/* Detaching ends PTRACE_O_SUSPEND_SECCOMP with all other options. */
	if (trace_ptrace(PTRACE_DETACH, t->pid, 0, 0) < 0)
		return err_errno(e, "cannot let the VMM go");
	return 0;
}
