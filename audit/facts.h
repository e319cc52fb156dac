/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef BRATTICE_FACTS_H
#define BRATTICE_FACTS_H

/*
 * The facts document: what was observed, without any verdict. Canonical JSON, versioned;
 * its strings are printable ASCII (foreign bytes are escaped as \xNN). A thing that could
 * not be read is {"unreadable": ERRNO}; a file that the kernel doesn't have is
 * {"absent": true}. The schema is described in brattice-audit(8).
 */
#include <jansson.h>
#include <stdbool.h>

#include "err.h"

#define FACTS_FORMAT "brattice-facts"
#define FACTS_VERSION 1
#define FACTS_MAX ((size_t)1 << 30)

json_t *facts_new(void);
/* Reads and checks a facts document; path "-" is standard input. NULL with e set. */
json_t *facts_load(const char *path, struct err *e);
/* Writes atomically; path "-" is standard output. 0 or -errno. */
int facts_save(const json_t *facts, const char *path, struct err *e);

/* Walks "a/b/c" through objects; NULL if a step is missing. Keys have no '/'. */
const json_t *facts_at(const json_t *o, const char *path);
/* True for {"unreadable": ERRNO}; *error may be NULL. */
bool facts_unreadable(const json_t *f, int *error);
bool facts_absent(const json_t *f);

#endif
