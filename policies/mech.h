/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef BRATTICE_MECH_H
#define BRATTICE_MECH_H

/* Names of the mechanisms. Names only: the tables of compilers, layers and probes are
 * expanded from mech.def by their own folders, so that the launcher links no compiler. */
enum mech {
#define MECH(id, title) MECH_##id,
#include "mech.def"
#undef MECH
	MECH_COUNT
};

const char *mech_name(enum mech m);
const char *mech_title(enum mech m);
/* MECH_COUNT when there is none of that name. */
enum mech mech_by_name(const char *name);

#endif
