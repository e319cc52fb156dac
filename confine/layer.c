/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "layer.h"

static const struct layer *const table[MECH_COUNT] = {
#define MECH(id, title) [MECH_##id] = &layer_##id,
#include "mech.def"
#undef MECH
};

const struct layer *layer_of(enum mech m)
{
	return table[m];
}

const char *layer_state_name(enum layer_state s)
{
	static const char *const names[] = { "applied", "inactive", "unavailable",
					     "off" };

	return names[s];
}
