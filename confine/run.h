/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef BRATTICE_RUN_H
#define BRATTICE_RUN_H

/*
 * One launch: bundle -> confined VMM. All that the layers share. Owned by the supervisor;
 * the VMM's process has a copy until it execs.
 */
#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#include "bundle.h"
#include "layer.h"
#include "state.h"
#include "trace.h"

#define RUN_MAX_OBJECTS 256
#define RUN_MAX_CGROUPS 16

enum need { NEED_AUTO, NEED_REQUIRED, NEED_OFF };

struct pinned { /* one entry of the object layer */
	const char *id, *kind, *path; /* borrowed from the manifest */
	bool writable, shared, world_readable;
	const char *format;
	uint64_t size_max;
	int target; /* descriptor number in the VMM */
	int fd; /* ours; -1 until prepared */
	dev_t dev, rdev;
	ino_t ino;
	mode_t mode;
	uint64_t size;
	char *resolved; /* where the path led */
	bool made; /* a socket file that undo must remove */
};

struct cgroup_dir {
	const char *controller; /* "v2" or the name of a v1 controller */
	char *path;
	bool made;
};

struct run {
	struct bundle bundle;
	const char *bundle_path;
	struct state state;
	bool leftover; /* undo was not complete: recover has work */
	bool owns_name; /* journal, receipt and lock are ours to remove */
	char **extra_argv; /* NULL-terminated, from the command line */

	const char **argv, **env; /* of the VMM, NULL-terminated */
	const char *emulator;
	int emulator_fd; /* O_PATH, pinned */
	bool kvm; /* compiled for KVM: /dev/kvm must work */

	uint64_t own_starttime; /* of the supervisor */
	char boot_id[37];
	pid_t pid; /* the VMM */
	int pidfd, proc_fd; /* proc_fd: /proc/PID */
	uint64_t starttime; /* clock ticks since boot, /proc/PID/stat field 22 */
	char *status; /* /proc/PID/status while verify runs */
	struct tracee tracee;
	int report_fd, go_fd; /* child: where errors go, what it waits on */

	enum layer_state layer_state[MECH_COUNT];
	char layer_note[MECH_COUNT][400];
	json_t *observed[MECH_COUNT];

	/* object */
	struct pinned objects[RUN_MAX_OBJECTS];
	size_t n_objects;
	/* cgroup */
	struct cgroup_dir cgroups[RUN_MAX_CGROUPS];
	size_t n_cgroups;
	int cgroup_fd; /* v2 directory for CLONE_INTO_CGROUP, or -1 */
	struct cgroup_plan *cgroup;
	/* namespace */
	uint64_t clone_flags;
	bool user_ns;
	const char *hostname;
	/* rootfs */
	struct rootfs_plan *rootfs;
	/* rlimit */
	uint64_t rlimits[16];
	uint64_t fsize_min;
	bool fsize_fixed;
	/* process */
	unsigned umask;
	int oom_score_adj;
	bool adopt;
	/* memory */
	enum need mdwe;
	bool ksm, thp_off;
	bool use_mdwe, has_ksm_control;
	/* speculation */
	enum need speculation[4]; /* order of speculation_names in layer_speculation.c */
	bool use_speculation[4];
	/* selinux, apparmor */
	enum need selinux, apparmor;
	/* identity */
	uint32_t uid, gid, uid_first, uid_last;
	bool uid_fixed;
	bool uid_leased;
	/* landlock */
	enum need landlock;
	int landlock_abi;
	const json_t *landlock_params;
	/* seccomp */
	struct sock_filter *filter;
	const char *filter_name; /* of the artefact */
	size_t filter_len; /* instructions */
	bool seccomp_log;
};

struct run_options {
	const char *bundle; /* directory */
	const char *run_dir;
	const char *expect; /* digest that the manifest must have, or NULL */
	char **extra_argv; /* NULL-terminated */
};

#define CONFINE_FAILED 125 /* exit status: the VMM never ran */

/*
 * Launches, supervises, cleans up. *status receives the exit status for the caller: the
 * VMM's own, or 128 + signal. Returns 0, or -errno with e set when the VMM never ran.
 */
int run_vm(const struct run_options *o, int *status, struct err *e);

/* The parts of run_load(): an empty run; what is executed, from the manifest. */
void run_init(struct run *run, char **extra_argv);
int run_load_exec(struct run *run, struct err *e);

/* Opens the bundle and loads every layer; changes nothing. */
int run_load(struct run *run, const struct run_options *o, struct err *e);
void run_dispose(struct run *run);

/* Marks a layer as weaker than "applied", for the receipt. */
void run_note(struct run *run, enum mech m, enum layer_state s, const char *fmt, ...)
	_printf_(4, 5);

/* "auto", "required" or "off" of params; missing = off. */
int run_need(const json_t *params, const char *key, enum need *out, const char *what,
	     struct err *e);

#endif
