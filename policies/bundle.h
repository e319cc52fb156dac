/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef BRATTICE_BUNDLE_H
#define BRATTICE_BUNDLE_H

/*
 * A bundle: a directory with manifest.json and the artefacts it lists by size and
 * SHA-256. Format: brattice-bundle(5). Read by the launcher and the auditor, written by
 * bundle_write.c (compiler only).
 */
#include <jansson.h>
#include <stdbool.h>

#include "digest.h"
#include "err.h"
#include "mech.h"

#define BUNDLE_FORMAT "brattice-bundle"
#define BUNDLE_VERSION 1
#define BUNDLE_MANIFEST_MAX ((size_t)1 << 20)
#define BUNDLE_ARTEFACT_MAX ((size_t)4 << 20)
#define BUNDLE_NAME_MAX 64 /* bytes of a VM's name, without the NUL */

struct bundle {
	int dirfd;
	json_t *manifest;
	const char *name; /* borrowed from the manifest */
	char digest[DIGEST_HEX]; /* of manifest.json: the bundle's identity */
};

#define BUNDLE_INIT                                                                      \
	{                                                                                \
		-1, NULL, NULL, ""                                                       \
	}

/*
 * Opens and checks a bundle: directory and manifest are not links; with trusted, both and
 * every artefact belong to root or the caller and are writable by nobody else; the format
 * and version are known; the name is valid; every mechanism has exactly one layer, in the
 * order of mech.def. Errors: -EINVAL format, -EPERM trust, else errno.
 */
int bundle_open(struct bundle *b, const char *path, bool trusted, struct err *e);
/* The same from the bytes of a manifest, without a directory: dirfd is -1 and there are
 * no artefacts. */
int bundle_parse(struct bundle *b, const char *text, size_t len, struct err *e);
void bundle_close(struct bundle *b);

/* The parameters of a mechanism: an object; borrowed. Never NULL after bundle_open(). */
const json_t *bundle_params(const struct bundle *b, enum mech m);

/* Reads an artefact and checks size and digest against the manifest; caller frees. */
int bundle_artefact(const struct bundle *b, const char *name, bool trusted, char **data,
		    size_t *len, struct err *e);

/* A VM's name: [A-Za-z0-9][A-Za-z0-9._-]*, at most BUNDLE_NAME_MAX bytes, no "..". */
bool bundle_name_valid(const char *name);

#endif
