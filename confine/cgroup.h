/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef BRATTICE_CGROUP_H
#define BRATTICE_CGROUP_H

/*
 * Control groups of one VM: PARENT/NAME in every hierarchy that has a part in its
 * limits. Works with cgroup v2, with v1, and with both at once (hybrid): each limit is
 * written where its controller lives; a limit whose controller is nowhere is an error.
 */
#include <jansson.h>
#include <stdbool.h>
#include <stdint.h>

#include "run.h"

struct hierarchy {
	char *mount; /* mount point */
	char *root; /* path within the hierarchy that is mounted there */
	char *controllers; /* ",memory,pids," */
	bool v2;
};

#define CGROUP_MAX_SETTINGS 64
#define CGROUP_MAX_RULES 256

struct cgroup_setting { /* one file to write and to read back */
	unsigned dir; /* index in run->cgroups */
	const char *file;
	char value[128]; /* what is written */
	char expect[128]; /* what must be read; a whole line of the file */
};

struct cgroup_plan {
	const char *parent;
	const json_t *params;
	struct hierarchy *hierarchies;
	size_t n_hierarchies;
	unsigned dir_of[RUN_MAX_CGROUPS]; /* hierarchy of run->cgroups[i] */
	struct cgroup_setting settings[CGROUP_MAX_SETTINGS];
	size_t n_settings;
	uint32_t prog_id; /* device program, 0 = none */
	int prog_fd;
};

/* hierarchy.c: what is mounted, from /proc/self/mountinfo. */
int hierarchy_read(struct hierarchy **out, size_t *n, struct err *e);
void hierarchy_free(struct hierarchy *h, size_t n);
/* The one that has the controller, v2 first; NULL if none has. */
const struct hierarchy *hierarchy_of(const struct hierarchy *h, size_t n,
				     const char *controller);
const struct hierarchy *hierarchy_v2(const struct hierarchy *h, size_t n);

/* cgroup_limit.c: params -> settings; adds the directories that they need. */
int cgroup_limits(struct run *run, struct err *e);
/* Index in run->cgroups of the VM's group in h, added if it is not there yet; or
 * -errno. */
int cgroup_dir_in(struct run *run, const struct hierarchy *h, const char *controller,
		  struct err *e);
int cgroup_add_setting(struct run *run, unsigned dir, const char *file, const char *value,
		       const char *expect, struct err *e);

/* cgroup_device.c */
int cgroup_device_prepare(struct run *run, struct err *e);
/* Once the VM's v2 group exists and is open. */
int cgroup_device_attach(struct run *run, struct err *e);
int cgroup_device_verify(const struct run *run, json_t *observed, struct err *e);

/* cgroup_fs.c: writes one value with a single write(2); reads a file of a group. */
int cgroup_write(const char *dir, const char *file, const char *value, struct err *e);
int cgroup_read(const char *dir, const char *file, char **out, struct err *e);
/* Makes every missing directory of path below the mount point. */
int cgroup_mkdirs(const char *mount, const char *path, struct err *e);
/* Kills what is left in a group (never the caller) and removes it; waits at most 5 s.
 * 0 if it is gone. */
int cgroup_destroy(const char *path, struct err *e);
/* Removes empty parents of path up to (not including) the mount point. */
void cgroup_remove_parents(const char *path, const char *parent);

#endif
