/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "mech.h"

#include <string.h>

static const struct {
	const char *name, *title;
} rows[MECH_COUNT] = {
#define MECH(id, title) [MECH_##id] = { #id, title },
#include "mech.def"
#undef MECH
};

const char *mech_name(enum mech m)
{
	return rows[m].name;
}

const char *mech_title(enum mech m)
{
	return rows[m].title;
}

enum mech mech_by_name(const char *name)
{
	enum mech m;

	for (m = 0; m < MECH_COUNT; m++)
		if (!strcmp(rows[m].name, name))
			break;
	return m;
}
