/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef BRATTICE_RECEIPT_H
#define BRATTICE_RECEIPT_H

/* Journal and receipt of a launch: brattice-bundle(5) describes both formats. */
#include "run.h"

/* Who we are and which boot this is, for both. */
int receipt_identify(struct run *run, struct err *e);
/* NAME.state: everything that will be made and would outlive us. Written and synced
 * before any of it. */
int receipt_write_journal(const struct run *run, struct err *e);
/* NAME.json: what was applied and what the kernel answered. */
int receipt_write(const struct run *run, struct err *e);
/* The directory NAME/ with its sockets. */
void receipt_remove_dir(const struct state *s, const char *name);

#endif
