/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef BRATTICE_HOST_H
#define BRATTICE_HOST_H

/* What holds for every VM of a machine: the host file, same language as a description. */
#include "model.h"
#include "problems.h"

#define HOST_FILE "/etc/brattice/host.yaml"

struct host {
	struct arena arena;
	struct loc loc;
	struct m_u64 uid_first, uid_last; /* ids are leased from this range */
	struct m_str cgroup_parent;
	struct m_list emulators, image_directories; /* empty: any */
};

#define HOST_INIT \
	{ \
		.arena = ARENA_INIT \
	}

/*
 * Reads the host file; path NULL: HOST_FILE, and its absence means the defaults. Returns
 * 0, -EINVAL after problems with the text, or another -errno when it can't be read (which
 * is a problem too).
 */
int host_read(struct host *h, const char *path, struct problems *out);

/* The same from memory; text NULL: the defaults. */
int host_parse(struct host *h, const char *file, const char *text, size_t len,
	       struct problems *out);
void host_dispose(struct host *h);

#define _cleanup_host_ __attribute__((cleanup(host_dispose)))

#endif
