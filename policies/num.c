/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "num.h"

#include <errno.h>
#include <string.h>

static int digit_value(char c, unsigned base)
{
	int v = -1;

	if (c >= '0' && c <= '9')
		v = c - '0';
	else if (c >= 'a' && c <= 'f')
		v = c - 'a' + 10;
	else if (c >= 'A' && c <= 'F')
		v = c - 'A' + 10;
	return v >= 0 && (unsigned)v < base ? v : -1;
}

/* Reads digits; *end is the first byte that is none. */
static int num_digits(const char *s, unsigned base, uint64_t *out, const char **end)
{
	uint64_t n = 0;
	int v;

	if (digit_value(*s, base) < 0)
		return -EINVAL;
	for (; (v = digit_value(*s, base)) >= 0; s++) {
		if (__builtin_mul_overflow(n, (uint64_t)base, &n) ||
		    __builtin_add_overflow(n, (uint64_t)v, &n))
			return -ERANGE;
	}
	*out = n;
	*end = s;
	return 0;
}

static int num_whole(const char *s, unsigned base, uint64_t *out)
{
	const char *end;
	uint64_t n;
	int r = num_digits(s, base, &n, &end);

	if (r < 0)
		return r;
	if (*end)
		return -EINVAL;
	*out = n;
	return 0;
}

int num_u64(const char *s, uint64_t *out)
{
	return num_whole(s, 10, out);
}

int num_hex64(const char *s, uint64_t *out)
{
	return num_whole(s, 16, out);
}

int num_u32(const char *s, uint32_t *out)
{
	uint64_t n;
	int r = num_u64(s, &n);

	if (r < 0)
		return r;
	if (n > UINT32_MAX)
		return -ERANGE;
	*out = (uint32_t)n;
	return 0;
}

int num_size(const char *s, uint64_t *out)
{
	static const char units[] = "KMGT";
	const char *end, *u;
	uint64_t n;
	int r = num_digits(s, 10, &n, &end);

	if (r < 0)
		return r;
	u = *end ? strchr(units, *end) : NULL;
	if (u) {
		unsigned shift = 10 * (unsigned)(u - units + 1);

		if (n > UINT64_MAX >> shift)
			return -ERANGE;
		n <<= shift;
		end++;
		if (!strcmp(end, "iB"))
			end += 2;
	}
	if (*end)
		return -EINVAL;
	*out = n;
	return 0;
}
