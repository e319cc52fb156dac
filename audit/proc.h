/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef BRATTICE_PROC_H
#define BRATTICE_PROC_H

/*
 * Reading /proc, sysfs and cgroupfs relative to a directory descriptor into a buffer that
 * is used again and again, and turning what was read into facts. Text of other processes
 * is foreign: it enters the facts only escaped (proc_fact_text), so that no later printer
 * can be made to emit a control sequence.
 */
#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/stat.h>

#include "cleanup.h"

#define PROC_SMALL_MAX ((size_t)64 << 10)
#define PROC_CMDLINE_MAX ((size_t)1 << 20)
#define PROC_LARGE_MAX ((size_t)32 << 20) /* maps of 32,000 threads are about 8 MiB */

struct proc_buf {
	char *s; /* NUL-terminated after a successful read */
	size_t len, size;
};

#define PROC_BUF_INIT                                                                    \
	{                                                                                \
		NULL, 0, 0                                                               \
	}

void proc_buf_dispose(struct proc_buf *b);

/* Reads all of dirfd/path. 0 or -errno; more than max bytes is -EFBIG. */
int proc_read(int dirfd, const char *path, size_t max, struct proc_buf *b);
/* The same for small files that the kernel writes at one go, so that a short read is the
 * end of the file and needs no second read to tell (single_open(), /proc/PID/status). */
int proc_read_small(int dirfd, const char *path, struct proc_buf *b);
/* The target of a link, as bytes, NUL-terminated in b. 0 or -errno. */
int proc_readlink(int dirfd, const char *path, struct proc_buf *b);

/* Field 22 of /proc/PID/stat, the start time in clock ticks; the only name of a process
 * that isn't used again (proc(5)). b is scratch. 0 or -errno. */
int proc_starttime(int procfd, struct proc_buf *b, uint64_t *out, uint64_t *ppid);

/* Printable ASCII as it is, \ as \\, everything else as \xNN. */
json_t *proc_fact_text(const char *s, size_t len);
/* The explicit fact that something could not be read: {"unreadable": errno}. */
json_t *proc_fact_unreadable(int error);
/* The file's text without its last newline, or the unreadable fact; _small as above. */
json_t *proc_fact_file(int dirfd, const char *path, size_t max, struct proc_buf *b);
json_t *proc_fact_small(int dirfd, const char *path, struct proc_buf *b);
/* "MAJOR:MINOR". */
json_t *proc_fact_dev(dev_t dev);

/* json_object_set_new() that can't fail quietly: ends the program when memory is out. */
void proc_set(json_t *object, const char *key, json_t *value);
void proc_append(json_t *array, json_t *value);

/* The next line of text: sets *line and its length, moves *cursor on; false at the end.
 */
bool proc_next_line(char **cursor, char **line, size_t *len);

#endif
