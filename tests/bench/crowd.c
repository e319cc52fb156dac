/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * crowd PROCESSES THREADS ROUNDS COMMAND…: starts that many idle processes of that many
 * threads each (copy this program to the name that they should have), runs the command
 * ROUNDS times and prints its CPU and wall time for each of the processes.
 */
#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define MAX_ROUNDS 100
#define FILES 24

static void *idle(void *arg)
{
	for (;;)
		pause();
	return arg;
}

static void member(int threads, int ready, pid_t parent)
{
	pthread_attr_t a;
	pthread_t t;
	char ok = 1;

	prctl(PR_SET_PDEATHSIG, SIGKILL);
	if (getppid() != parent)
		_exit(1);
	for (int i = 0; i < FILES; i++)
		if (open("/dev/null", O_RDWR) < 0)
			_exit(1);
	pthread_attr_init(&a);
	pthread_attr_setstacksize(&a, 65536);
	for (int i = 1; i < threads; i++)
		if (pthread_create(&t, &a, idle, NULL))
			ok = 0;
	if (write(ready, &ok, 1) != 1)
		_exit(1);
	idle(NULL);
}

static int gather(int n, int threads, pid_t *pids)
{
	pid_t parent = getpid();
	int ready[2], came = 0;
	char ok;

	if (pipe(ready) < 0)
		return -1;
	for (int i = 0; i < n; i++) {
		pids[i] = fork();
		if (pids[i] < 0)
			return -1;
		if (pids[i] == 0)
			member(threads, ready[1], parent);
	}
	close(ready[1]);
	while (came < n && read(ready[0], &ok, 1) == 1 && ok)
		came++;
	close(ready[0]);
	return came == n ? 0 : -1;
}

static double seconds(const struct timeval *t)
{
	return (double)t->tv_sec + (double)t->tv_usec / 1e6;
}

static int compare(const void *a, const void *b)
{
	double d = *(const double *)a - *(const double *)b;

	return d < 0 ? -1 : d > 0;
}

static void measure(int n, int rounds, char **argv)
{
	double cpu[MAX_ROUNDS], wall[MAX_ROUNDS];
	struct timespec a, b;
	struct rusage usage;
	int status = 0;
	long kib = 0;

	for (int r = 0; r < rounds; r++) {
		pid_t pid;

		clock_gettime(CLOCK_MONOTONIC, &a);
		pid = fork();
		if (pid == 0) {
			dup2(open("/dev/null", O_RDWR | O_CLOEXEC), 1);
			execv(argv[0], argv);
			_exit(127);
		}
		while (wait4(pid, &status, 0, &usage) != pid)
			;
		clock_gettime(CLOCK_MONOTONIC, &b);
		cpu[r] = seconds(&usage.ru_utime) + seconds(&usage.ru_stime);
		wall[r] = (double)(b.tv_sec - a.tv_sec) +
			  (double)(b.tv_nsec - a.tv_nsec) / 1e9;
		kib = usage.ru_maxrss;
	}
	qsort(cpu, (size_t)rounds, sizeof(double), compare);
	qsort(wall, (size_t)rounds, sizeof(double), compare);
	printf("CPU %.0f us for each process (min %.0f), wall %.2f s in all (min %.2f), "
	       "%ld MiB, status %d\n", cpu[rounds / 2] / n * 1e6, cpu[0] / n * 1e6,
	       wall[rounds / 2], wall[0], kib / 1024, WEXITSTATUS(status));
}

int main(int argc, char **argv)
{
	int n = argc > 4 ? atoi(argv[1]) : 0, threads, rounds, r;
	pid_t *pids;

	if (n < 1)
		return 2;
	threads = atoi(argv[2]);
	rounds = atoi(argv[3]);
	pids = calloc((size_t)n, sizeof(*pids));
	if (!pids || rounds < 1 || rounds > MAX_ROUNDS)
		return 2;
	r = gather(n, threads, pids);
	if (r == 0)
		measure(n, rounds, argv + 4);
	else
		printf("not measurable here: %d processes of %d threads do not start\n",
		       n, threads);
	for (int i = 0; i < n && pids[i] > 0; i++)
		kill(pids[i], SIGKILL);
	return 0;
}
