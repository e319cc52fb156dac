/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef BRATTICE_PROCFS_H
#define BRATTICE_PROCFS_H

/* Facts about a process from /proc/PID, read through a descriptor that pins the
 * process. */
#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#include "err.h"

/* Opens /proc/PID (O_PATH-like directory descriptor). */
int procfs_open(pid_t pid, struct err *e);
/* Reads a file of it, at most 1 MiB; caller frees. */
int procfs_read(int proc_fd, const char *name, char **out, size_t *len, struct err *e);
/* The value of "KEY:\tvalue" in a status-like text: copied without the blanks around
 * it. */
int procfs_field(const char *text, const char *key, char *value, size_t size,
		 struct err *e);
/* Of /proc/PID/stat (proc(5)); session as the reader's pid namespace numbers it. */
struct procfs_stat {
	char state; /* Z: dead, not yet waited for */
	uint64_t session, tty_nr;
	bool nice_is_zero;
	uint64_t starttime; /* clock ticks since boot */
};
int procfs_stat(int proc_fd, struct procfs_stat *out, struct err *e);
int procfs_starttime(int proc_fd, uint64_t *out, struct err *e);
/* A pidfd of the process that had this pid and start time, or -1 when it has ended. */
int procfs_living(int64_t pid, int64_t starttime);
/* readlink of a name below /proc/PID; 0 or -errno; cut at size. */
int procfs_readlink(int proc_fd, const char *name, char *buf, size_t size, struct err *e);

#endif
