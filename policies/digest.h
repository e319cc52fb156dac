/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef BRATTICE_DIGEST_H
#define BRATTICE_DIGEST_H

/* SHA-256 (FIPS 180-4) through libmd, as 64 lower-case hex digits. */
#include <stddef.h>

#define DIGEST_HEX 65 /* with the NUL */

void digest_bytes(const void *p, size_t n, char hex[DIGEST_HEX]);

#endif
