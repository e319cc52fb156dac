/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef BRATTICE_ROOTFS_H
#define BRATTICE_ROOTFS_H

/*
 * The VMM's root: a small tmpfs that is made and filled by the supervisor while it is
 * still detached from every mount namespace (fsmount(2), open_tree(2), Linux 5.2), so
 * that no path on the host ever shows it and nothing has to be cleaned up.
 */
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* A file that everybody may read by owner and mode, and that no Landlock rule grants. */
#define ROOTFS_PROBE "/.landlock-probe"

struct root_bind {
	const char *path; /* on the host and in the VMM's root */
	bool writable, exec, optional;
	bool copy; /* a small file that is copied into the root, not mounted */
	bool present; /* false: optional and not on this host */
	int tree; /* detached mount, -1 until prepared */
};

struct rootfs_plan {
	uint64_t size_max, tmp_size;
	bool proc;
	struct root_bind *binds;
	size_t n_binds;
	int root, tmp; /* detached mounts */
};

#endif
