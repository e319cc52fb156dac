/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef BRATTICE_CLEANUP_H
#define BRATTICE_CLEANUP_H

/*
 * Scope-bound resources (gcc and clang "cleanup" attribute) and small helpers.
 * A resource leaves its scope only through steal_ptr() or steal_fd().
 */
#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#define ARRAY_SIZE(a) (sizeof(a) / sizeof((a)[0]))
#define _must_check_ __attribute__((warn_unused_result))
#define _printf_(f, a) __attribute__((format(printf, f, a)))
#define _noreturn_ __attribute__((noreturn))
#define _unused_ __attribute__((unused))

static inline void cleanup_free_p(void *p)
{
	free(*(void **)p);
}

static inline void cleanup_close_p(int *fd)
{
	if (*fd >= 0)
		close(*fd);
}

static inline void cleanup_file_p(FILE **f)
{
	if (*f)
		fclose(*f);
}

static inline void cleanup_dir_p(DIR **d)
{
	if (*d)
		closedir(*d);
}

#define _cleanup_free_ __attribute__((cleanup(cleanup_free_p)))
#define _cleanup_close_ __attribute__((cleanup(cleanup_close_p)))
#define _cleanup_file_ __attribute__((cleanup(cleanup_file_p)))
#define _cleanup_dir_ __attribute__((cleanup(cleanup_dir_p)))

static inline int steal_fd(int *fd)
{
	int r = *fd;

	*fd = -1;
	return r;
}

#define steal_ptr(p)                         \
	({                                   \
		__typeof__(*(p)) r_ = *(p);  \
		*(p) = NULL;                 \
		r_;                          \
	})

#endif
