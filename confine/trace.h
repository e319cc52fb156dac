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

/* Like trace_syscall with a text of at most 31 bytes as argument number "which"; it
 * stands below the stack pointer meanwhile and is cleared afterwards. */
int trace_syscall_text(struct tracee *t, long nr, const uint64_t args[6], unsigned which,
		       const char *text, int64_t *result, struct err *e);

/* Restores the registers and lets the VMM go. */
int trace_detach(const struct tracee *t, struct err *e);

#endif
