/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef BRATTICE_MAIN_H
#define BRATTICE_MAIN_H

/* What the verbs of brattice-compile share. */
#include "cli.h"
#include "host.h"
#include "model.h"
#include "problems.h"

enum { MAIN_OK = 0, MAIN_INVALID = 1, MAIN_USAGE = 2, MAIN_SYSTEM = 4 };

/* Everything that was read for one description. */
struct main_input {
	struct host host;
	struct vm_policy policy;
	struct problems problems; /* its sources: the host file's come first, n_host of them */
	size_t n_host;
};

#define MAIN_INPUT_INIT { .host = HOST_INIT }

/* Reads the host file (option --host) and a description; prints problems. */
int main_read(const struct cli *c, const char *path, struct main_input *in);
void main_input_dispose(struct main_input *in);
#define _cleanup_input_ __attribute__((cleanup(main_input_dispose)))

int main_exit_status(int r);

#endif
