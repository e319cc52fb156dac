/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef BRATTICE_PARSE_H
#define BRATTICE_PARSE_H

/*
 * Description -> model. Reading collects problems and never stops at the first; a model
 * is only to be used when there were none. Format: brattice.vm(5).
 */
#include "host.h"
#include "model.h"
#include "problems.h"

/*
 * Reads the description at path ("-": standard input), the profile it inherits, defaults
 * and contradictions. Returns 0, -EINVAL after problems with the text, or another -errno
 * when a file can't be read (which is a problem too). policy_dispose() frees the model in
 * every case; it must outlive the use of "out", which borrows file names.
 */
int description_read(struct vm_policy *p, const char *path, const struct host *h,
		     struct problems *out);

/* The same from memory. directory: where profiles are looked for first; NULL: profiles
 * are refused and no file is touched. */
int description_parse(struct vm_policy *p, const char *file, const char *text, size_t len,
		      const char *directory, const struct host *h, struct problems *out);

void policy_dispose(struct vm_policy *p);
#define _cleanup_policy_ __attribute__((cleanup(policy_dispose)))

#endif
