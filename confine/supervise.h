/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef BRATTICE_SUPERVISE_H
#define BRATTICE_SUPERVISE_H

/* The small process that stays: forwards signals, waits, cleans up. */
#include "run.h"

/* Makes this process safe to launch from, whatever it inherited: descriptors, signals,
 * limits, umask, working directory. */
int supervise_init(struct err *e);

int supervise_signal_fd(void);
/* The next pending signal, or 0. */
int supervise_next_signal(void);

/* What is left to do needs no capability but CAP_KILL and CAP_DAC_OVERRIDE. */
int supervise_drop_privileges(struct err *e);

/* Until the VMM ends; its exit status, or 128 + signal. */
int supervise(struct run *run);

/* The same for a VM that is not our child (adopted): until its pidfd says it is gone. */
void supervise_adopted(int pidfd);

#endif
