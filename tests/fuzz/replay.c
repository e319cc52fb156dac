/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Runs a fuzz target on every file in its directory of seeds, one TAP test a file, so
 * that "make check" repeats what fuzzing has found. Linked with one target; FUZZ_SEEDS
 * names its directory. "replay FILE..." runs on these files instead.
 */
#include <dirent.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "alloc.h"
#include "fdio.h"

#include <fcntl.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static int replay_file(int dirfd, const char *name, int n)
{
	_cleanup_free_ char *text = NULL;
	struct err e = ERR_INIT;
	size_t len;

	if (fdio_read_file(dirfd, name, (size_t)64 << 20, &text, &len, &e) < 0) {
		printf("not ok %d - %s # %s\n", n, name, e.text);
		return 1;
	}
	LLVMFuzzerTestOneInput((const uint8_t *)text, len);
	printf("ok %d - " FUZZ_SEEDS "/%s\n", n, name);
	fflush(stdout);
	return 0;
}

static int is_seed(const struct dirent *d)
{
	return d->d_name[0] != '.';
}

static int replay_directory(const char *path)
{
	_cleanup_close_ int fd = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	struct dirent **list = NULL;
	int n = scandir(path, &list, is_seed, alphasort), i, failed = 0;

	if (fd < 0 || n <= 0) {
		printf("1..1\nnot ok 1 - no seeds in %s\n", path);
		return 1;
	}
	printf("1..%d\n", n);
	for (i = 0; i < n; i++) {
		failed |= replay_file(fd, list[i]->d_name, i + 1);
		free(list[i]);
	}
	free(list);
	return failed;
}

int main(int argc, char **argv)
{
	const char *top = getenv("top_srcdir");
	_cleanup_free_ char *path =
		xasprintf("%s/tests/fuzz/seeds/" FUZZ_SEEDS, top ? top : ".");
	int i, failed = 0;

	if (argc == 1)
		return replay_directory(path);
	for (i = 1; i < argc; i++)
		failed |= replay_file(AT_FDCWD, argv[i], i);
	return failed;
}
