/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "utf8.h"

size_t utf8_decode(const char *p, size_t left, uint32_t *c)
{
	static const uint32_t least[] = { 0, 0, 0x80, 0x800, 0x10000 };
	unsigned char b = (unsigned char)*p;
	size_t n = b < 0x80 ? 1 :
		   b < 0xc0 ? 0 :
		   b < 0xe0 ? 2 :
		   b < 0xf0 ? 3 :
		   b < 0xf8 ? 4 :
			      0,
	       i;
	uint32_t v = n == 1 ? b : b & (0x7fU >> n);

	if (!n || n > left)
		return 0;
	for (i = 1; i < n; i++) {
		b = (unsigned char)p[i];
		if ((b & 0xc0) != 0x80)
			return 0;
		v = v << 6 | (b & 0x3f);
	}
	if (v < least[n] || v > 0x10ffff || (v >= 0xd800 && v < 0xe000))
		return 0;
	*c = v;
	return n;
}

bool utf8_is_control(uint32_t c)
{
	return c < 0x20 || (c >= 0x7f && c < 0xa0) || c == 0xfeff ||
	       (c >= 0x200e && c <= 0x200f) || (c >= 0x2028 && c <= 0x202e) ||
	       (c >= 0x2066 && c <= 0x2069);
}
