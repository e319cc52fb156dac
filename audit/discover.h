/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef BRATTICE_DISCOVER_H
#define BRATTICE_DISCOVER_H

/*
 * Finding VM processes by what they are, whoever launched them: a receipt names them,
 * they hold an anon_inode:kvm-vm, or their executable is a known VMM. Without the right
 * to look at the executable, the command line is taken as a hint, so that an unprivileged
 * run reports a VM of unknown state instead of none.
 */
#include <jansson.h>
#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#include "collect.h"

enum found_by { FOUND_NOT, FOUND_RECEIPT, FOUND_KVM, FOUND_EXE, FOUND_CMDLINE };

struct candidate {
	pid_t pid;
	int procfd;
	enum found_by by;
	const char *vmm; /* "qemu", …, "unknown" */
	uint64_t starttime, ppid;
	const json_t *receipt;
};

struct discovery {
	unsigned processes, could_not_look, vanished;
	/* Called for each VM process while its descriptor is open, in the order of pids.
	 */
	void (*found)(void *ctx, const struct candidate *x);
	void *ctx;
};

/* 0 or -errno. */
int discover_run(struct collector *c, struct discovery *d, struct err *e);
const char *discover_by_name(enum found_by by);
/* The VMM that an executable's path names, or NULL. */
const char *discover_vmm(const char *path);

#endif
