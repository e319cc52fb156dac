/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef BRATTICE_COLLECT_H
#define BRATTICE_COLLECT_H

/*
 * The collector: one pass over the host and its VM processes into one facts document.
 * Each object is read once; what several VMs share (cgroups, mount tables, the sockets of
 * a network namespace) is kept once. Nothing here judges.
 */
#include <jansson.h>
#include <stdbool.h>

#include "err.h"
#include "proc.h"
#include "subject.h"

struct collect_options {
	const char *run_dir; /* where receipts are */
	bool deep;	     /* dump live seccomp filters and device programs */
};

/* A mounted cgroup hierarchy. */
struct cgroup_mount {
	char *controllers; /* "v2", or the v1 controllers as mounted: "cpu,cpuacct" */
	char *point;
	char *root; /* the part of the hierarchy that is mounted */
	int fd;	    /* -1 = not opened yet */
};

struct netns_sockets;

struct collector {
	struct collect_options options;
	int procfd;
	const char *init_pid; /* "1", or "2" where pid 1 may not be looked at */
	struct proc_buf buf;  /* scratch */
	json_t *cgroups;      /* facts by "CONTROLLERS:PATH" */
	json_t *mounts;	      /* facts by mount namespace inode */
	struct cgroup_mount *hierarchies;
	size_t n_hierarchies;
	struct netns_sockets *netns; /* list */
	json_t *receipts;	     /* array of receipts with their bundles */
	bool has_lsm;		     /* attr/current answers on this kernel */
};

/* Collects everything; NULL with e set only when /proc itself can't be read. */
json_t *collect_run(const struct collect_options *o, struct err *e);

/* host.c: the kernel's settings, by path, and what is read but isn't a plain file. */
json_t *host_facts(struct collector *c);

/* receipt.c: receipts of the run directory, each with the bundle that it names. */
json_t *receipt_facts(struct collector *c);

/* cgroupfs.c */
void cgroupfs_init(struct collector *c);
void cgroupfs_dispose(struct collector *c);
/* Reads a cgroup and all its ancestors once; returns its key (new string). */
json_t *cgroupfs_add(struct collector *c, const char *controllers, const char *path);

/* device_prog.c: the BPF device programs attached to a cgroup v2 directory. */
json_t *device_prog_facts(int dirfd, bool dump);

/* mounts.c: reads the mount table into c->mounts; returns its key there (new). */
json_t *mounts_add(struct subject *s);

/* netns.c: sockets that listen, of those whose inodes the process holds. */
json_t *netns_listeners(struct subject *s);
void netns_dispose(struct collector *c);

/* fdscan.c */
json_t *fdscan_facts(struct subject *s);

/* maps.c */
json_t *maps_facts(struct subject *s);

/* exe.c: the executable, its owner and mode, and those of the directories above it. */
json_t *exe_facts(struct subject *s);

/* deep_seccomp.c: each thread's filters, dumped through ptrace. */
json_t *deep_seccomp_facts(struct subject *s);

#endif
