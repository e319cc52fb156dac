/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef BRATTICE_STATE_H
#define BRATTICE_STATE_H

/*
 * The run directory (default /run/brattice, 0755, root's): for each VM
 *   NAME.lock   flock'ed by the supervisor as long as it lives
 *   NAME.state  journal: all that a launch is about to make, written before any of it
 *   NAME.json   receipt, written when the VMM has passed every check
 *   NAME/       sockets, 0700
 *   uid/N       lease of uid N; the text is the VM's name
 * A name whose lock is free and whose journal exists is what "recover" works on.
 */
#include <jansson.h>
#include <stdbool.h>

#include "err.h"

#define STATE_RUN_DIR "/run/brattice"

struct state {
	int dirfd; /* the run directory */
	int lock_fd; /* -1 = not held */
	bool fresh; /* the lock file was made now: no launch of this name died */
	char *dir;
	char *name;
};

#define STATE_INIT                                                                       \
	{                                                                                \
		-1, -1, false, NULL, NULL                                                \
	}

/* Opens (and with create makes) the run directory; it must be root's and not writable by
 * others. */
int state_open(struct state *s, const char *dir, bool create, struct err *e);
/* Takes the lock of a VM; -EBUSY when it is held: the VM runs. */
int state_lock(struct state *s, const char *name, struct err *e);
/* Removes the lock file and gives the lock up. */
void state_unlock(struct state *s);
void state_close(struct state *s);

/* Files NAME.SUFFIX. write is atomic; sync also makes it last. */
int state_write(const struct state *s, const char *suffix, const json_t *j, bool sync,
		struct err *e);
/* *out NULL when there is none. */
int state_read(const struct state *s, const char *name, const char *suffix, json_t **out,
	       struct err *e);
void state_remove(const struct state *s, const char *suffix);

/* Calls fn for each NAME that has a lock file, journal or receipt; stops at an error. */
int state_each(const struct state *s,
	       int (*fn)(const char *name, void *arg, struct err *e), void *arg,
	       struct err *e);

/* 1 if the lock of name is held by somebody, 0 if not. */
int state_is_locked(const struct state *s, const char *name);

/* Kernel's boot id into a buffer of 37 bytes, "" if it can't be read. */
void state_boot_id(char id[37]);

#endif
