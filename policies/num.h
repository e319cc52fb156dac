/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef BRATTICE_NUM_H
#define BRATTICE_NUM_H

/*
 * The only way from text to integers. The whole text must be the number: no sign, no
 * blanks, no trailing bytes, no overflow. Each returns 0, -EINVAL or -ERANGE.
 */
#include <stdint.h>

#include "cleanup.h"

int num_u64(const char *s, uint64_t *out) _must_check_;		/* decimal */
int num_u32(const char *s, uint32_t *out) _must_check_;		/* decimal */
int num_hex64(const char *s, uint64_t *out) _must_check_;	/* hex digits, no 0x */
/* Decimal with an optional suffix K, M, G, T (powers of 1024, also KiB …): bytes. */
int num_size(const char *s, uint64_t *out) _must_check_;

#endif
