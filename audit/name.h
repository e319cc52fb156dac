/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef BRATTICE_NAME_H
#define BRATTICE_NAME_H

/* Names of VMs: from the receipt, else -name on the command line, else COMM-PID. Two VMs
 * that claim one name are told apart by their pid. */
#include <jansson.h>

void name_vms(json_t *vms);

#endif
