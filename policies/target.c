/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <cpuid.h>

#include "compile.h"

#define CPUID_FEATURES		      7u
#define CPUID_7_EDX_ARCH_CAPABILITIES (1u << 29) /* Intel SDM vol. 2A, CPUID */

void target_probe(struct target *t)
{
	unsigned a, b, c, d = 0;

	t->lacks_arch_capabilities = !__get_cpuid_count(CPUID_FEATURES, 0, &a, &b, &c,
							&d) ||
				     !(d & CPUID_7_EDX_ARCH_CAPABILITIES);
}
