/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * qmp ROUNDS DISK --- NAME SOCKET COMMAND… --- …: starts each QEMU in turn, ROUNDS
 * times, and takes the time from spawn to the greeting of its monitor. SOCKET is the
 * monitor's, or "-": then the command gets DISK as descriptor 3 and a listening socket as
 * descriptor 4, as brattice would give them. An argument @FILE stands for the lines of
 * FILE.
 */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define MAX_COMMANDS 8
#define MAX_ROUNDS 1000
#define MAX_ARGS 256
#define PATIENCE_US 30e6

struct command {
	const char *name, *socket;
	char *argv[MAX_ARGS];
	int argc;
	double us[MAX_ROUNDS];
	int n, failed;
};

static const char *disk;
static char own_socket[64];

static double now_us(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (double)t.tv_sec * 1e6 + (double)t.tv_nsec / 1e3;
}

static struct sockaddr_un address(const char *path)
{
	struct sockaddr_un a = { .sun_family = AF_UNIX };

	snprintf(a.sun_path, sizeof(a.sun_path), "%s", path);
	return a;
}

static pid_t spawn(struct command *c, int listener)
{
	pid_t pid = fork();

	if (pid)
		return pid;
	if (listener >= 0) {
		int fd = open(disk, O_RDWR | O_CLOEXEC);
		int high = fcntl(listener, F_DUPFD, 20);

		if (fd < 0 || dup2(fd, 3) < 0 || dup2(high, 4) < 0)
			_exit(126);
		fcntl(3, F_SETFD, 0);
		close(high);
	}
	dup2(open("/dev/null", O_RDWR | O_CLOEXEC), 0);
	dup2(0, 1);
	dup2(0, 2);
	execv(c->argv[0], c->argv);
	_exit(127);
}

/* 0 when the greeting came. */
static int greeting(const char *path, double deadline)
{
	struct sockaddr_un a = address(path);
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0), r = -1;
	struct timeval patience = { 30, 0 };
	char text[8];

	setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof(patience));
	while (connect(fd, (struct sockaddr *)&a, sizeof(a)) < 0) {
		if (now_us() > deadline || (errno != ENOENT && errno != ECONNREFUSED)) {
			close(fd);
			return -1;
		}
		usleep(100);
	}
	if (read(fd, text, sizeof(text)) > 0 && !memcmp(text, "{\"QMP\"", 6))
		r = 0;
	close(fd);
	return r;
}

static void run_once(struct command *c)
{
	int own = !strcmp(c->socket, "-"), listener = -1, status;
	double begin, us;
	pid_t pid;

	if (own) {
		struct sockaddr_un a = address(own_socket);

		unlink(own_socket);
		listener = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
		if (bind(listener, (struct sockaddr *)&a, sizeof(a)) < 0 ||
		    listen(listener, 1) < 0)
			exit(1);
	}
	begin = now_us();
	pid = spawn(c, listener);
	if (listener >= 0)
		close(listener);
	if (greeting(own ? own_socket : c->socket, begin + PATIENCE_US) < 0) {
		c->failed++;
	} else {
		us = now_us() - begin;
		c->us[c->n++] = us;
	}
	/* again: the first process of a namespace ignores what it does not handle yet */
	do {
		kill(pid, SIGTERM);
		usleep(50000);
	} while (waitpid(pid, &status, WNOHANG) == 0);
	usleep(200000); /* what was killed with it goes, too */
}

static void add(struct command *c, char *arg)
{
	char *line = NULL;
	size_t size = 0;
	FILE *f;

	if (arg[0] != '@') {
		if (c->argc < MAX_ARGS - 1)
			c->argv[c->argc++] = arg;
		return;
	}
	f = fopen(arg + 1, "re");
	while (f && getline(&line, &size, f) > 0 && c->argc < MAX_ARGS - 1) {
		line[strcspn(line, "\n")] = '\0';
		c->argv[c->argc++] = strdup(line);
	}
	if (f)
		fclose(f);
	free(line);
}

static int compare(const void *a, const void *b)
{
	double d = *(const double *)a - *(const double *)b;

	return d < 0 ? -1 : d > 0;
}

static void print(struct command *c, double base)
{
	printf("%-28s", c->name);
	if (c->n) {
		qsort(c->us, (size_t)c->n, sizeof(double), compare);
		printf(" %10.1f %10.1f   %+6.1f %%", c->us[0] / 1e3,
		       c->us[c->n / 2] / 1e3,
		       (c->us[c->n / 2] / base - 1) * 100);
	}
	if (c->failed)
		printf("  %d failed", c->failed);
	printf("\n");
}

int main(int argc, char **argv)
{
	static struct command commands[MAX_COMMANDS];
	int rounds = argc > 2 ? atoi(argv[1]) : 0, n = 0;
	double base;

	for (int i = 3; i < argc; i++) {
		if (!strcmp(argv[i], "---") && i + 2 < argc && n < MAX_COMMANDS) {
			commands[n].name = argv[++i];
			commands[n++].socket = argv[++i];
		} else if (n) {
			add(&commands[n - 1], argv[i]);
		}
	}
	if (!n || rounds < 1 || rounds > MAX_ROUNDS) {
		fputs("usage: qmp ROUNDS DISK --- NAME SOCKET COMMAND... [--- ...]\n",
		      stderr);
		return 2;
	}
	disk = argv[2];
	snprintf(own_socket, sizeof(own_socket), "/tmp/brattice-bench.%d", (int)getpid());
	for (int r = 0; r < rounds; r++)
		for (int i = 0; i < n; i++)
			run_once(&commands[i]);
	unlink(own_socket);
	printf("%-28s %10s %10s   %s\n", "milliseconds", "min", "median",
	       "median to the first");
	base = commands[0].n ? 0 : 1;
	for (int i = 0; i < n; i++) {
		if (!i && commands[0].n) {
			qsort(commands[0].us, (size_t)commands[0].n, sizeof(double),
			      compare);
			base = commands[0].us[commands[0].n / 2];
		}
		print(&commands[i], base);
	}
	return 0;
}
