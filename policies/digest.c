/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "digest.h"

#include <sha2.h>
#include <stdint.h>

void digest_bytes(const void *p, size_t n, char hex[DIGEST_HEX])
{
	static const char digits[] = "0123456789abcdef";
	uint8_t sum[SHA256_DIGEST_LENGTH];
	SHA2_CTX ctx;
	size_t i;

	SHA256Init(&ctx);
	SHA256Update(&ctx, p, n);
	SHA256Final(sum, &ctx);
	for (i = 0; i < sizeof(sum); i++) {
		hex[2 * i] = digits[sum[i] >> 4];
		hex[2 * i + 1] = digits[sum[i] & 15];
	}
	hex[2 * sizeof(sum)] = '\0';
}
