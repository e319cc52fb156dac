/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef BRATTICE_SECCOMP_TEXT_H
#define BRATTICE_SECCOMP_TEXT_H

/* A set of system calls in the words of others. */
#include <jansson.h>

#include "seccomp_set.h"
#include "strbuf.h"

/* "allow", "errno 38 (ENOSYS)", "kill_process", "log". */
void sc_action_text(struct strbuf *out, uint32_t action);

/* Pseudo filter code, in the manner of libseccomp's, with the reason of each line. */
void sc_pfc(const struct sc_set *s, const char *name, struct strbuf *out);

/*
 * LinuxSeccomp of the OCI run-time specification. Two differences from the filter itself,
 * since the format has no words for them: a run-time execs the VMM with execve(2) after
 * it loaded the filter, so execve is allowed; and calls newer than the filter get the
 * default action, unless the run-time adds the ENOSYS rule itself, as runc and crun do.
 * log: ask for SECCOMP_FILTER_FLAG_LOG. Returns a new reference.
 */
json_t *sc_oci(const struct sc_set *s, bool log);

#endif
