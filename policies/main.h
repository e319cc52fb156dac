/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef BRATTICE_MAIN_H
#define BRATTICE_MAIN_H

/* What the verbs of brattice-compile share. */
#include <jansson.h>

#include "cli.h"
#include "compile.h"
#include "host.h"
#include "model.h"
#include "problems.h"

enum { MAIN_OK = 0, MAIN_INVALID = 1, MAIN_USAGE = 2, MAIN_SYSTEM = 4 };

/* Everything that was read for one description. */
struct main_input {
	struct host host;
	struct vm_policy policy;
	struct problems
		problems; /* its sources: the host file's come first, n_host of them */
	size_t n_host;
	struct target target;
};

#define MAIN_INPUT_INIT \
	{ \
		.host = HOST_INIT \
	}

/* Reads the host file (option --host) and a description; prints problems. */
int main_read(const struct cli *c, const char *path, struct main_input *in);
void main_input_dispose(struct main_input *in);
#define _cleanup_input_ __attribute__((cleanup(main_input_dispose)))

int main_exit_status(int r);

/* The accelerator to compile for: the description's, and where that is auto, the option
 * --accel (perhaps auto). */
enum accel main_accel_asked(const struct cli *c, const struct vm_policy *p);
/* The same, where auto means what works on this machine. */
enum accel main_accel(const struct cli *c, const struct vm_policy *p);
int main_accel_check(const struct cli *c); /* 0, or the exit status */

/* Compiles what main_read() read; prints problems. Returns 0 or the exit status; *out is
 * to be disposed in both cases. */
int main_compile(struct main_input *in, enum accel accel, struct compile *out);
json_t *main_inputs(const struct cli *c, const struct main_input *in);

/* Verbs. */
int main_build(struct cli *c);
int main_show(struct cli *c);

#endif
