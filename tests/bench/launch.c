/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * launch ROUNDS --- NAME COMMAND… --- NAME COMMAND… …: starts each command in turn,
 * ROUNDS times (paired and interleaved, so that noise meets all alike). Each must end by
 * printing the time stamp counter that it saw at its first instruction ("-stub first").
 * Prints, in microseconds: spawn to first instruction, wall time, CPU time of the command
 * and all its children (minimum and median).
 */
#include <fcntl.h>
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define MAX_COMMANDS 16
#define MAX_ROUNDS 2000

struct command {
	const char *name;
	char **argv;
	double start[MAX_ROUNDS], wall[MAX_ROUNDS], cpu[MAX_ROUNDS];
	int n, failed;
};

static double ticks_per_us;

static double now_us(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (double)t.tv_sec * 1e6 + (double)t.tv_nsec / 1e3;
}

static void calibrate(void)
{
	double a = now_us();
	unsigned long c = __builtin_ia32_rdtsc();
	struct timespec t = { 0, 50000000 };

	nanosleep(&t, NULL);
	ticks_per_us = (double)(__builtin_ia32_rdtsc() - c) / (now_us() - a);
}

static double cpu_us(const struct rusage *r)
{
	return (double)(r->ru_utime.tv_sec + r->ru_stime.tv_sec) * 1e6 +
	       (double)(r->ru_utime.tv_usec + r->ru_stime.tv_usec);
}

/* The last line of what the command printed. */
static unsigned long read_ticks(int fd)
{
	char text[4096];
	size_t len = 0;
	ssize_t n;
	char *line;

	while ((n = read(fd, text + len, sizeof(text) - 1 - len)) > 0)
		len += (size_t)n;
	text[len] = '\0';
	if (len && text[len - 1] == '\n')
		text[len - 1] = '\0';
	line = strrchr(text, '\n');
	return strtoul(line ? line + 1 : text, NULL, 10);
}

static void run_once(struct command *c)
{
	posix_spawn_file_actions_t fa;
	struct rusage before, after;
	unsigned long ticks, first;
	int out[2], status;
	double t0;
	pid_t pid;

	if (pipe2(out, O_CLOEXEC) < 0)
		exit(1);
	posix_spawn_file_actions_init(&fa);
	posix_spawn_file_actions_addopen(&fa, 0, "/dev/null", O_RDONLY, 0);
	posix_spawn_file_actions_adddup2(&fa, out[1], 1);
	getrusage(RUSAGE_CHILDREN, &before);
	t0 = now_us();
	ticks = __builtin_ia32_rdtsc();
	if (posix_spawn(&pid, c->argv[0], &fa, NULL, c->argv, environ)) {
		fprintf(stderr, "cannot start %s\n", c->argv[0]);
		exit(1);
	}
	close(out[1]);
	first = read_ticks(out[0]);
	close(out[0]);
	waitpid(pid, &status, 0);
	c->wall[c->n] = now_us() - t0;
	getrusage(RUSAGE_CHILDREN, &after);
	posix_spawn_file_actions_destroy(&fa);
	if (status || first < ticks) {
		c->failed++;
		return;
	}
	c->start[c->n] = (double)(first - ticks) / ticks_per_us;
	c->cpu[c->n] = cpu_us(&after) - cpu_us(&before);
	c->n++;
}

static int compare(const void *a, const void *b)
{
	double d = *(const double *)a - *(const double *)b;

	return d < 0 ? -1 : d > 0;
}

static void print_pair(double *v, int n)
{
	if (!n) {
		printf(" %10s %10s", "-", "-");
		return;
	}
	qsort(v, (size_t)n, sizeof(*v), compare);
	printf(" %10.0f %10.0f", v[0], v[n / 2]);
}

static int parse(int argc, char **argv, struct command *c)
{
	int n = 0;

	for (int i = 2; i < argc; i++) {
		if (strcmp(argv[i], "---"))
			continue;
		argv[i] = NULL;
		if (i + 2 >= argc || n == MAX_COMMANDS)
			return -1;
		c[n].name = argv[i + 1];
		c[n++].argv = argv + i + 2;
	}
	return n;
}

int main(int argc, char **argv)
{
	static struct command commands[MAX_COMMANDS];
	int n = parse(argc, argv, commands);
	int rounds = argc > 1 ? atoi(argv[1]) : 0;

	if (n < 1 || rounds < 1 || rounds > MAX_ROUNDS) {
		fprintf(stderr, "usage: launch ROUNDS --- NAME COMMAND... [--- ...]\n");
		return 2;
	}
	calibrate();
	for (int r = 0; r < rounds; r++)
		for (int i = 0; i < n; i++)
			run_once(&commands[i]);
	printf("%-28s %21s %21s %21s\n", "microseconds, min and median",
	       "to 1st instruction", "wall", "cpu");
	for (int i = 0; i < n; i++) {
		printf("%-28s", commands[i].name);
		print_pair(commands[i].start, commands[i].n);
		print_pair(commands[i].wall, commands[i].n);
		print_pair(commands[i].cpu, commands[i].n);
		if (commands[i].failed)
			printf("  %d failed", commands[i].failed);
		printf("\n");
	}
	return 0;
}
