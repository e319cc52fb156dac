/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * steps COMMAND…: the user instructions and system calls of the command's own process,
 * by single-stepping it (ptrace(2)); children are left alone. Free of noise: the same
 * run gives the same numbers on every machine.
 */
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ptrace.h>
#include <sys/types.h>
#include <sys/user.h>
#include <sys/wait.h>
#include <unistd.h>

#define SYSCALL_INSTRUCTION 0x050fUL

static int is_syscall(pid_t pid, unsigned long rip)
{
	long word;

	errno = 0;
	word = ptrace(PTRACE_PEEKTEXT, pid, (void *)rip, NULL);
	return !errno && ((unsigned long)word & 0xffff) == SYSCALL_INSTRUCTION;
}

int main(int argc, char **argv)
{
	unsigned long steps = 0, calls = 0;
	int status, sig = 0;
	pid_t pid;

	if (argc < 2)
		return 2;
	pid = fork();
	if (pid == 0) {
		ptrace(PTRACE_TRACEME, 0, NULL, NULL);
		execv(argv[1], argv + 1);
		_exit(127);
	}
	waitpid(pid, &status, 0);
	while (!WIFEXITED(status) && !WIFSIGNALED(status)) {
		struct user_regs_struct regs;

		sig = WSTOPSIG(status) == SIGTRAP ? 0 : WSTOPSIG(status);
		if (ptrace(PTRACE_GETREGS, pid, NULL, &regs) == 0)
			calls += (unsigned long)is_syscall(pid, regs.rip);
		if (ptrace(PTRACE_SINGLESTEP, pid, NULL, (void *)(long)sig) < 0)
			break;
		steps++;
		if (waitpid(pid, &status, 0) < 0)
			break;
	}
	printf("%lu instructions, %lu system calls%s\n", steps, calls,
	       WIFEXITED(status) && WEXITSTATUS(status) == 0 ? "" : " (it failed)");
	return 0;
}
