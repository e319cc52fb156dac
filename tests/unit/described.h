/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef BRATTICE_TEST_DESCRIBED_H
#define BRATTICE_TEST_DESCRIBED_H

/* For tests of the compilers: a description in a string, compiled. */
#include "compile.h"
#include "host.h"
#include "parse.h"

/* The keys that every description must have; memory is 256 MiB. */
#define HEAD "name: web01\nemulator: /usr/bin/qemu-system-x86_64\nmemory: 256M\n"
#define DISK "disks:\n- {path: /img/a.raw, format: raw}\n"

struct described {
	struct host host;
	struct problems problems;
	struct vm_policy policy;
	struct target target;
	struct compile compile;
	struct err e;
	int r; /* of compile_run() */
};

/* The text must be a valid description; what compile_run() says is in r and e. */
void described_open(struct described *d, const char *text, enum accel accel);
void described_close(struct described *d);

/* The parameters of a layer; r must be 0. */
const json_t *described_params(const struct described *d, enum mech m);

/* The argument after the first one that equals option; NULL if there is none. */
const char *described_arg(const struct described *d, const char *option, size_t nth);

/* What explain prints about a mechanism; the caller frees. */
char *described_explain(const struct described *d, enum mech m);

#endif
