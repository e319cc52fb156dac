/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * In place of brattice-compile, behind the front door's sandbox: what could a compiler do
 * that a description has taken over? The first word of the description says what is
 * tried.
 * Reports to stderr; "refused" is good.
 */
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

static void report(const char *what, int got)
{
	fprintf(stderr, "%s: %s\n", what, got < 0 ? "refused" : "POSSIBLE");
}

static int try_fork(void)
{
	pid_t pid = fork();

	if (pid == 0)
		_exit(0);
	if (pid > 0)
		waitpid(pid, NULL, 0);
	return pid;
}

static int try_connect(void)
{
	struct sockaddr_in a = { .sin_family = AF_INET, .sin_port = htons(22) };
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

	if (fd < 0)
		return -1;
	a.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	return connect(fd, (struct sockaddr *)&a, sizeof(a));
}

static int try_bind(void)
{
	struct sockaddr_in a = { .sin_family = AF_INET };
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

	return fd < 0 ? -1 : bind(fd, (struct sockaddr *)&a, sizeof(a));
}

static int count_descriptors(void)
{
	int fd, n = 0;

	for (fd = 3; fd < 4096; fd++)
		n += fcntl(fd, F_GETFD) >= 0;
	return n;
}

static void probe(void)
{
	struct rlimit core = { 0, 0 };

	report("keep descriptors", count_descriptors() ? 0 : -1);
	report("read /etc/shadow", open("/etc/shadow", O_RDONLY));
	report("read /etc/passwd", open("/etc/passwd", O_RDONLY));
	report("list /", open("/", O_RDONLY | O_DIRECTORY));
	report("write /tmp", open("/tmp/brattice-hostile", O_WRONLY | O_CREAT, 0600));
	report("write beside the cache", open("../../x", O_WRONLY | O_CREAT, 0600));
	report("open /dev/kvm", open("/dev/kvm", O_RDWR));
	report("fork", try_fork());
	report("connect", try_connect());
	report("bind", try_bind());
	report("kill the parent", kill(getppid(), 0));
	report("become root", setuid(0));
	report("run without no_new_privs",
	       prctl(PR_GET_NO_NEW_PRIVS, 0, 0, 0, 0) ? -1 : 0);
	getrlimit(RLIMIT_CORE, &core);
	report("dump core", core.rlim_max ? 0 : -1);
	report("see the caller's environment", getenv("HOSTILE_CANARY") ? 0 : -1);
	fprintf(stderr, "uid %u gid %u\n", getuid(), getgid());
	fprintf(stderr, "\033[31mred\n");
}

static void put(const char *path, const char *text)
{
	int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC, 0644);

	if (fd >= 0 && write(fd, text, strlen(text)) < 0)
		perror(path);
	close(fd);
}

static void bundle(const char *kind)
{
	mkdir("../out", 0755);
	if (!strcmp(kind, "symlink") &&
	    symlink("/etc/passwd", "../out/manifest.json") < 0)
		perror("symlink");
	else if (!strcmp(kind, "fifo") && mkfifo("../out/manifest.json", 0644) < 0)
		fprintf(stderr, "fifo: refused\n");
	else if (!strcmp(kind, "garbage"))
		put("../out/manifest.json",
		    "{\"format\":\"brattice-bundle\",\"version\":1}");
	else if (!strcmp(kind, "big")) {
		int fd = open("../out/manifest.json", O_WRONLY | O_CREAT, 0644);

		if (ftruncate(fd, 2 << 20) < 0)
			perror("big");
	}
}

int main(int argc, char **argv)
{
	char word[16] = "";
	FILE *f = argc > 2 ? fopen(argv[2], "re") : NULL;
	int got = f ? fscanf(f, "%15s", word) : 0;

	if (f)
		fclose(f);
	if (got != 1)
		return 4;
	if (!strcmp(word, "probe")) {
		probe();
		return 1;
	}
	if (!strcmp(word, "crash"))
		raise(SIGSEGV);
	if (!strcmp(word, "link")) /* a directory that is a link to one outside */
		return symlink("/etc", "../out") < 0 ? 4 : 0;
	bundle(word);
	return 0;
}
