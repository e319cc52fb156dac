/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef BRATTICE_DEVICE_GRID_H
#define BRATTICE_DEVICE_GRID_H

/*
 * Asks a VM's device control about devices that no VMM needs: programs of the unified
 * hierarchy are executed, the lists of the v1 controller are searched. A device is let
 * through when everything on the way to the root lets it through.
 */
#include "judge.h"

/* v1, v2: keys in all, or NULL when the VM is in no such hierarchy. */
enum verdict device_grid_judge(const json_t *all, const char *v1, const char *v2,
			       struct finding *f);

#endif
