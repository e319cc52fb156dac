/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef BRATTICE_VMM_QEMU_H
#define BRATTICE_VMM_QEMU_H

/* The parts of vmm_qemu.c. QEMU 7.2 or later; options: qemu-system-x86_64(1). */
#include "vmm.h"

/* Adds s as a value of a QEMU option string: each comma doubled. */
void qemu_add_value(struct strbuf *b, const char *s);
/* The text of an option string as an argument; empties s. */
void qemu_arg_take(struct vmm_build *b, struct strbuf *s);

bool qemu_machine_is_q35(const struct vm_policy *p);
bool qemu_machine_is_pc(const struct vm_policy *p); /* i440FX */
bool qemu_uses_bus(const struct vm_policy *p, enum disk_bus bus);
/* Nothing to boot from but the network. */
bool qemu_boots_from_network(const struct vm_policy *p);

/* Each adds the arguments and needs of its part; -EINVAL with the place on nonsense. */
int qemu_add_disks(struct vmm_build *b, struct err *e);
int qemu_add_firmware(struct vmm_build *b, struct err *e);
int qemu_add_network(struct vmm_build *b, struct err *e);
int qemu_add_consoles(struct vmm_build *b, struct err *e);
int qemu_add_vnc(struct vmm_build *b, struct err *e);
int qemu_add_vfio(struct vmm_build *b, struct err *e);
void qemu_add_small_devices(struct vmm_build *b);

/* Files and devices of the VMM's root, and the estimates. */
void qemu_add_runtime(struct vmm_build *b);

#endif
