/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef BRATTICE_TRACE_H
#define BRATTICE_TRACE_H

/*
 * Holding the VMM before its first instruction (ptrace(2)): seize the waiting child with
 * PTRACE_O_TRACEEXEC and PTRACE_O_EXITKILL, stop it where execve returns, and let it answer
 * questions that only the process itself may ask the kernel, by having it run a system call
 * of ours. While it does, its own seccomp filter is suspended (PTRACE_O_SUSPEND_SECCOMP,
 * Linux 4.3, CONFIG_CHECKPOINT_RESTORE), so that the filter needs no hole for us.
 */
#include <stdint.h>
#include <sys/types.h>

#include "err.h"

int trace_seize(pid_t pid, struct err *e);

/* From the exec event stop on to the point where execve has returned. */
int trace_settle(pid_t pid, struct err *e);

/* Address of a syscall instruction in the vDSO of a stopped process. */
int trace_syscall_address(int proc_fd, uint64_t *out, struct err *e);

/* Runs one system call in the settled process and restores its registers. *result is the
 * kernel's answer, negative = -errno. */
int trace_syscall(pid_t pid, uint64_t address, long nr, const uint64_t args[6], int64_t *result,
		  struct err *e);

/* Like trace_syscall with a text as argument number "which", put below the stack pointer. */
int trace_syscall_text(pid_t pid, uint64_t address, long nr, const uint64_t args[6],
		       unsigned which, const char *text, int64_t *result, struct err *e);

int trace_detach(pid_t pid, struct err *e);

#endif
