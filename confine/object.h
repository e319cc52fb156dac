/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef BRATTICE_OBJECT_H
#define BRATTICE_OBJECT_H

/*
 * Pinning one object of the object layer: opened once without following magic links,
 * checked on the descriptor, and never looked up by name again.
 */
#include "run.h"

int object_pin_disk(struct run *run, struct pinned *o, struct err *e);
int object_pin_file(struct run *run, struct pinned *o, struct err *e);
int object_pin_log(struct run *run, struct pinned *o, struct err *e);
int object_pin_char(struct run *run, struct pinned *o, struct err *e);
int object_pin_socket(struct run *run, struct pinned *o, struct err *e);
int object_pin_tap(struct run *run, struct pinned *o, struct err *e);

/* Unlinks a socket that a launch made, and its directory if that is called NAME and
 * empty. Returns 0, or -errno of unlink(2). */
int object_remove_socket(const char *path, const char *name);

/* Opens the object that an O_PATH descriptor pins, through /proc/self/fd. */
int object_reopen(int path_fd, int flags, struct err *e);

/* Highest size in bytes that a writable disk may grow to; 0 for block devices. */
int object_disk_limit(const struct pinned *o, uint64_t *out, struct err *e);

#endif
