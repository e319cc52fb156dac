/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef BRATTICE_FDIO_H
#define BRATTICE_FDIO_H

/* Files relative to a directory descriptor: bounded reads, atomic writes. */
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "err.h"

/*
 * openat2(2) (Linux 5.6). resolve is a RESOLVE_* mask; RESOLVE_NO_MAGICLINKS is always
 * added, so that no name leads through /proc/PID/{fd,root,cwd}. O_CLOEXEC is always
 * added. Returns a descriptor or -errno with e set.
 */
int fdio_openat(int dirfd, const char *path, int flags, uint64_t resolve, struct err *e);

/*
 * Reads all of fd (from its current offset) into memory that the caller frees; a NUL
 * follows the last byte. More than max bytes is -EFBIG. *len may be NULL.
 */
int fdio_read_all(int fd, size_t max, char **out, size_t *len, struct err *e);
int fdio_read_file(int dirfd, const char *path, size_t max, char **out, size_t *len,
		   struct err *e);

int fdio_write_all(int fd, const void *p, size_t n, struct err *e);

/*
 * Writes dirfd/name atomically: ".NAME.tmp-PID", fsync if asked, rename. On failure the
 * old file is untouched and no temporary file stays.
 */
int fdio_write_file(int dirfd, const char *name, const void *p, size_t n, mode_t mode,
		    int sync, struct err *e);

#endif
