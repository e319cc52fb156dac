/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Odd processes for the auditor to look at, copied under the name of a VMM:
 *   odd late     a thread, and only then a filter, without TSYNC
 *   odd name     control sequences and newlines in its name and arguments
 *   odd memory   a writable and executable mapping, a shared one of FILE
 *   odd threads  N threads (third argument)
 *   odd end      ends at once
 * Prints "ready" and waits for the end of its standard input.
 */
#include <fcntl.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <pthread.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <unistd.h>

static void *wait_forever(void *arg)
{
	pause();
	return arg;
}

static int add_thread(void)
{
	pthread_attr_t attr;
	pthread_t t;

	if (pthread_attr_init(&attr) || pthread_attr_setstacksize(&attr, 65536))
		return -1;
	return pthread_create(&t, &attr, wait_forever, NULL);
}

static int late(void)
{
	struct sock_filter allow[] = { BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW) };
	struct sock_fprog prog = { 1, allow };

	if (add_thread() || prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0))
		return -1;
	return prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &prog);
}

static int memory(const char *file)
{
	int fd = open(file, O_RDWR);
	void *wx = mmap(NULL, 4096, PROT_READ | PROT_WRITE | PROT_EXEC,
			MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	void *shared = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);

	return wx == MAP_FAILED || shared == MAP_FAILED ? -1 : 0;
}

int main(int argc, char **argv)
{
	const char *what = argc > 1 ? argv[1] : "";
	int r = 0, i;

	if (!strcmp(what, "end"))
		return 0;
	if (!strcmp(what, "late"))
		r = late();
	else if (!strcmp(what, "name"))
		r = prctl(PR_SET_NAME, "a\n\033[31m)b", 0, 0, 0);
	else if (!strcmp(what, "memory") && argc > 2)
		r = memory(argv[2]);
	else if (!strcmp(what, "threads") && argc > 2)
		for (i = 0; i < atoi(argv[2]) && !r; i++)
			r = add_thread();
	if (r)
		return 1;
	puts("ready");
	fflush(stdout);
	while (getchar() != EOF)
		continue;
	return 0;
}
