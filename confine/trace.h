/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef BRATTICE_TRACE_H
#define BRATTICE_TRACE_H

/*
 * Holding the VMM before its first instruction (ptrace(2)): seize the waiting child
 * with PTRACE_O_TRACEEXEC and PTRACE_O_EXITKILL, stop it where execve returns, and let
 * it answer questions that only the process itself may ask the kernel, by having it run
 * a system call of ours. While it does, its own seccomp filter is suspended
 * (PTRACE_O_SUSPEND_SECCOMP, Linux 4.3, CONFIG_CHECKPOINT_RESTORE), so that the filter
 * needs no hole for us.
 */
#include <stdint.h>
#include <sys/types.h>
#include <sys/user.h>

#include "err.h"

struct tracee {
	pid_t pid;
	uint64_t address; /* of a syscall instruction in its vDSO */
	struct user_regs_struct saved; /* as the VMM will find them */
};

int trace_seize(pid_t pid, struct err *e);

/* From the exec event stop on to the point where execve has returned. */
int trace_settle(struct tracee *t, pid_t pid, int proc_fd, struct err *e);

/* Runs one system call in the settled process. *result is the kernel's answer, negative =
 * -errno. The registers stay changed until trace_detach(). */
int trace_syscall(struct tracee *t, long nr, const uint64_t args[6], int64_t *result,
		  struct err *e);

#define TRACE_BUFFER 512

/*
 * Like trace_syscall with a pointer to TRACE_BUFFER bytes as argument number "which":
 * they stand below the stack pointer meanwhile, with the contents of buffer before the
 * call; buffer receives what they are after it, and they are cleared in the VMM.
 */
int trace_syscall_memory(struct tracee *t, long nr, const uint64_t args[6],
			 unsigned which, char buffer[TRACE_BUFFER], int64_t *result,
			 struct err *e);

/* Restores the registers and lets the VMM go. */
int trace_detach(const struct tracee *t, struct err *e);

#endif
