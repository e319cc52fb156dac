/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef BRATTICE_STATUS_H
#define BRATTICE_STATUS_H

#include <jansson.h>

#include "err.h"

/*
 * A new array with an object for each VM (or for the one named): name, state
 * ("running", "starting", "unsupervised": the VMM lives but its supervisor does not,
 * "dead": only traces are left), pids, uid, bundle, and the layers with their state.
 * NULL with e set on failure; an unknown name is ENOENT.
 */
json_t *status_collect(const char *run_dir, const char *name, struct err *e);

/* Asks the supervisor of a VM to end it (SIGTERM) and waits until it is gone. */
int status_stop(const char *run_dir, const char *name, unsigned seconds, struct err *e);

#endif
