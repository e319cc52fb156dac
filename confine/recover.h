/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef BRATTICE_RECOVER_H
#define BRATTICE_RECOVER_H

/*
 * Clearing up after a supervisor that died: kills what is left in the VM's groups,
 * removes groups, sockets, uid lease, temporary files, journal, receipt and lock.
 * Idempotent. A VM that is to be adopted (supervisor_death: adopt) and lives gets a new
 * supervisor instead.
 */
#include <jansson.h>

#include "state.h"

/*
 * The caller holds the lock of name. With a NULL report (before a launch) a living VM
 * that may be adopted is -EBUSY; else an entry is added to report, and *report's
 * "adopt" member tells that the caller must adopt it (recover_adopt()).
 */
int recover_name(struct state *s, const char *name, json_t *report, struct err *e);

/* All names whose lock is free, then leases without an owner. */
int recover_all(const char *run_dir, json_t *report, struct err *e);

#endif
