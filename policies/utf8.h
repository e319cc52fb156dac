/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef BRATTICE_UTF8_H
#define BRATTICE_UTF8_H

/* UTF-8 (RFC 3629), strictly: no overlong forms, no surrogates, nothing over U+10FFFF. */
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Decodes the character at p (left > 0 bytes are there). Returns its length, or 0 if the
 * bytes are not UTF-8. */
size_t utf8_decode(const char *p, size_t left, uint32_t *c);

/* C0 and C1 controls, DEL, line and paragraph separators, byte order mark, and the
 * direction marks that make a text look different from what it is (CVE-2021-42574). */
bool utf8_is_control(uint32_t c);

#endif
