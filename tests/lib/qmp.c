/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * qmp SOCKET COMMAND…: says hello to a QEMU monitor (QMP), gives it the commands, which
 * have no arguments, and prints what each returns, one line each. 1 = it did not answer
 * as a monitor does within 30 s for each line.
 */
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <sys/un.h>

static int dial(const char *path)
{
	const struct timeval patience = { 30, 0 };
	struct sockaddr_un sa = { .sun_family = AF_UNIX };
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);

	if (strlen(path) >= sizeof(sa.sun_path)) {
		fprintf(stderr, "qmp: the socket's name is too long\n");
		exit(2);
	}
	strcpy(sa.sun_path, path);
	if (fd < 0 ||
	    setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof(patience)) < 0 ||
	    connect(fd, (struct sockaddr *)&sa, sizeof(sa)) < 0) {
		perror(path);
		exit(1);
	}
	return fd;
}

/* The member "key" of the next line that has one; events in between are passed over. */
static json_t *await(FILE *f, const char *key)
{
	static char line[1 << 16];

	while (fgets(line, sizeof(line), f)) {
		json_t *answer = json_loads(line, 0, NULL);
		json_t *value = json_object_get(answer, key);

		if (value)
			return value;
		if (!answer || json_object_get(answer, "error"))
			break;
		json_decref(answer);
	}
	fprintf(stderr, "qmp: no \"%s\" in: %s\n", key, line);
	exit(1);
}

static json_t *command(int fd, FILE *f, const char *name)
{
	char text[128];
	int n = snprintf(text, sizeof(text), "{\"execute\":\"%s\"}\n", name);

	if (n < 0 || (size_t)n >= sizeof(text) || send(fd, text, (size_t)n, 0) != n) {
		perror("qmp: send");
		exit(1);
	}
	return await(f, "return");
}

int main(int argc, char **argv)
{
	FILE *f;
	int fd;

	if (argc < 3) {
		fprintf(stderr, "usage: qmp SOCKET COMMAND...\n");
		return 2;
	}
	fd = dial(argv[1]);
	f = fdopen(fd, "r");
	if (!f)
		return 1;
	await(f, "QMP");
	command(fd, f, "qmp_capabilities");
	for (int i = 2; i < argc; i++) {
		json_t *answer = command(fd, f, argv[i]);

		json_dumpf(answer, stdout, JSON_SORT_KEYS | JSON_COMPACT);
		putchar('\n');
	}
	return 0;
}
