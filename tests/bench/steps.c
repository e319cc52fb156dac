/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * steps [-f | -s] COMMAND…: user instructions and system calls, by single-stepping
 * (ptrace(2)); the same run gives the same numbers on every machine.
 *   (neither)  the command's own process; children are left alone
 *   -f         with its children, each up to its exec
 *   -s         only the first child, up to its exec, where it is killed. The command's
 *              PTRACE_SEIZE is answered, but not made: a process has one tracer.
 * A repeated string instruction counts once.
 */
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ptrace.h>
#include <sys/syscall.h>
#include <sys/types.h>
#include <sys/user.h>
#include <sys/wait.h>
#include <unistd.h>

#define SYSCALL_INSTRUCTION 0x050fUL
#define MAX_PROCESSES 64
#define SYSCALL_STOP 0x80 /* PTRACE_O_TRACESYSGOOD */

struct process {
	pid_t pid;
	unsigned long steps, calls, rip;
	int done;
};

static struct process processes[MAX_PROCESSES];
static int n_processes, only_child;
static int failed;

static struct process *process_of(pid_t pid)
{
	struct process *p;

	for (int i = 0; i < n_processes; i++)
		if (processes[i].pid == pid)
			return &processes[i];
	if (n_processes == MAX_PROCESSES)
		exit(2);
	p = &processes[n_processes++];
	p->pid = pid;
	return p;
}

static int is_syscall(pid_t pid, unsigned long rip)
{
	long word;

	errno = 0;
	word = ptrace(PTRACE_PEEKTEXT, pid, (void *)rip, NULL);
	return !errno && ((unsigned long)word & 0xffff) == SYSCALL_INSTRUCTION;
}

/* Looks at the instruction that comes next. */
static void count(struct process *p)
{
	struct user_regs_struct regs;

	if (ptrace(PTRACE_GETREGS, p->pid, NULL, &regs) < 0)
		return;
	p->calls += (unsigned long)is_syscall(p->pid, regs.rip);
	if (regs.rip != p->rip)
		p->steps++;
	p->rip = regs.rip;
}

/* Entry and exit of a system call of the command itself: its PTRACE_SEIZE is not made. */
static void answer_seize(struct process *p)
{
	static int answered;
	struct user_regs_struct regs;

	if (ptrace(PTRACE_GETREGS, p->pid, NULL, &regs) < 0)
		return;
	if (answered) {
		answered = 0;
		regs.rax = 0;
	} else if (regs.orig_rax == SYS_ptrace && regs.rdi == PTRACE_SEIZE) {
		answered = 1;
		regs.orig_rax = (unsigned long)-1;
	} else {
		return;
	}
	ptrace(PTRACE_SETREGS, p->pid, NULL, &regs);
}

static void handle(struct process *p, int status)
{
	int sig = WSTOPSIG(status), event = status >> 16;

	if (only_child && p == processes) {
		if (sig == (SIGTRAP | SYSCALL_STOP))
			answer_seize(p);
		if ((sig & ~SYSCALL_STOP) == SIGTRAP)
			sig = 0;
		ptrace(PTRACE_SYSCALL, p->pid, NULL, (void *)(long)sig);
		return;
	}
	if (event == PTRACE_EVENT_EXEC && p != processes) {
		p->done = 1;
		if (only_child)
			kill(p->pid, SIGKILL);
		ptrace(PTRACE_DETACH, p->pid, NULL, NULL);
		return;
	}
	/* the stop that a child begins with is ours */
	if (sig == SIGTRAP || (sig == SIGSTOP && !p->steps))
		sig = 0;
	if (!event)
		count(p);
	ptrace(PTRACE_SINGLESTEP, p->pid, NULL, (void *)(long)sig);
}

static void start(char **argv, int follow)
{
	long options = PTRACE_O_EXITKILL | (only_child ? PTRACE_O_TRACESYSGOOD : 0);
	pid_t pid = fork();
	int status;

	if (pid == 0) {
		ptrace(PTRACE_TRACEME, 0, NULL, NULL);
		execv(argv[0], argv);
		_exit(127);
	}
	waitpid(pid, &status, 0);
	if (follow)
		options |= PTRACE_O_TRACECLONE | PTRACE_O_TRACEFORK |
			   PTRACE_O_TRACEVFORK | PTRACE_O_TRACEEXEC;
	ptrace(PTRACE_SETOPTIONS, pid, NULL, (void *)options);
	handle(process_of(pid), status);
}

int main(int argc, char **argv)
{
	unsigned long steps = 0, calls = 0;
	int follow = 0, status;
	pid_t pid;

	if (argc > 2 && (!strcmp(argv[1], "-f") || !strcmp(argv[1], "-s"))) {
		follow = 1;
		only_child = argv[1][1] == 's';
		argv++;
	} else if (argc < 2) {
		return 2;
	}
	start(argv + 1, follow);
	while ((pid = waitpid(-1, &status, __WALL)) > 0) {
		if (WIFSTOPPED(status))
			handle(process_of(pid), status);
		else if (pid == processes[0].pid)
			failed = !WIFEXITED(status) || WEXITSTATUS(status);
	}
	for (int i = only_child ? 1 : 0; i < (only_child ? 2 : n_processes); i++) {
		steps += processes[i].steps;
		calls += processes[i].calls;
	}
	printf("%lu instructions, %lu system calls%s\n", steps, calls,
	       failed && !only_child ? " (it failed)" : "");
	return 0;
}
