/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef BRATTICE_SUBJECT_H
#define BRATTICE_SUBJECT_H

/*
 * One VM process while its facts are collected, and the probes that collect them. A
 * process is held by its /proc directory descriptor, so that a pid that is used again
 * can't be mistaken for it: operations on the descriptor of a dead process fail with
 * ESRCH.
 */
#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "err.h"
#include "mech.h"
#include "proc.h"

/* Which lines of /proc/PID/task/TID/status were there. */
enum thread_line {
	THREAD_UID = 1 << 0,
	THREAD_GID = 1 << 1,
	THREAD_GROUPS = 1 << 2,
	THREAD_CAPS = 1 << 3,	  /* all five sets */
	THREAD_NNP = 1 << 4,	  /* Linux 4.10 */
	THREAD_SECCOMP = 1 << 5,  /* Linux 3.8 */
	THREAD_FILTERS = 1 << 6,  /* Linux 5.9 */
	THREAD_SSB = 1 << 7,	  /* Linux 4.17 */
	THREAD_INDIRECT = 1 << 8, /* Linux 5.11 */
	THREAD_TRACER = 1 << 9,
	THREAD_THP = 1 << 10, /* Linux 5.0 */
};

enum thread_cap {
	CAP_SET_INH,
	CAP_SET_PRM,
	CAP_SET_EFF,
	CAP_SET_BND,
	CAP_SET_AMB,
	CAP_SETS
};

/* Threads whose isolation is the same in every line we read form one group. */
struct thread_group {
	unsigned have;		 /* THREAD_* mask */
	uint32_t uid[4], gid[4]; /* real, effective, saved, file system */
	uint64_t caps[CAP_SETS];
	uint64_t nnp, seccomp, filters, tracer, thp;
	char ssb[40], indirect[40];
	char *groups; /* supplementary groups, blanks between */
	size_t groups_len;
	unsigned count; /* threads in this group */
	json_t *tids;	/* the first THREAD_TIDS_MAX */
};

#define THREAD_TIDS_MAX 32
#define THREADS_MAX 65536

struct threads {
	struct thread_group *v;
	size_t n;
	unsigned total, vanished, unreadable;
	int error; /* of the first that was unreadable */
	uint64_t swap_kb;
	bool truncated, have_swap;
};

struct collector;

struct subject {
	struct collector *c;
	pid_t pid;
	int procfd;
	uint64_t starttime, ppid;
	struct threads threads;
	const json_t *receipt;	 /* or NULL */
	uint64_t mnt_ns, net_ns; /* 0 = could not be read; set by the namespace probe */
	uint64_t *sockets;	 /* inodes of its sockets; set by the object probe */
	size_t n_sockets;
};

/*
 * Adds what the kernel says about one mechanism to the facts of a VM. What can't be read
 * becomes an explicit fact. Returns 0, or -ESRCH when the process is gone.
 */
struct probe {
	int (*observe)(struct subject *s, json_t *facts, struct err *e);
};

#define MECH(id, title) extern const struct probe probe_##id;
#include "mech.def"
#undef MECH

const struct probe *probe_of(enum mech m);

/* Reads task/TID/status of every thread. 0 or -errno. */
int threads_read(int procfd, struct threads *t, struct proc_buf *b);
void threads_dispose(struct threads *t);
/* {"total":…,"groups":[{"count","tids"}]}: the frame that probes fill with their lines.
 */
json_t *threads_fact(const struct threads *t);
/* Sets a member in each group's object: fn gives the value, or NULL for none. */
void threads_fill(const struct subject *s, json_t *facts, const char *key, unsigned needs,
		  json_t *(*fn)(const struct thread_group *g));

#endif
