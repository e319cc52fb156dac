/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef BRATTICE_FRONT_H
#define BRATTICE_FRONT_H

/*
 * The front door, "brattice": finds the sibling programs, has descriptions compiled by a
 * process that can do nothing else, keeps the bundles in a cache, and becomes the
 * launcher. Part of the program brattice only; no other program links it.
 */
#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

#include "digest.h"
#include "err.h"
#include "strbuf.h"

#define FRONT_DESCRIPTION_MAX ((size_t)1 << 20) /* bytes */
#define FRONT_INPUT_MAX ((size_t)1 << 20)  /* bytes of one profile or the host file */
#define FRONT_INPUTS_MAX 256		   /* files */
#define FRONT_OUTPUT_MAX ((size_t)1 << 18) /* bytes of messages from the compiler */
#define FRONT_TIMEOUT_MS 30000		   /* a compilation takes some 20 ms */
#define FRONT_ARTEFACTS_MAX 64		   /* files in one bundle */

/* Exit status of "run" when the VMM never started; as env(1) and brattice-confine(8). */
#define FRONT_EXIT_FAILED 125
#define FRONT_EXIT_CANNOT_EXEC 126
#define FRONT_EXIT_NOT_FOUND 127

/* The user that compiles for root: "brattice" in /etc/passwd if there is one, else this
 * id, which no distribution assigns and no VM gets (those start at 1900000000). It is not
 * "nobody", whose other processes could trace the compiler. */
#define FRONT_COMPILER_ID 1899999999u

/* A file that the compiler reads, as the bytes that were hashed. */
struct front_input {
	char *name; /* base name */
	char *data;
	size_t len;
	char digest[DIGEST_HEX];
};

struct front_inputs {
	struct front_input *v;
	size_t n;
};

/* One compilation. */
struct front_job {
	const char *compiler; /* path, for messages */
	int compiler_fd;      /* what is executed */
	char compiler_digest[DIGEST_HEX];
	struct front_input description;
	struct front_inputs profiles;
	struct front_input host; /* name NULL = there is none */
	const char *accel;	 /* "kvm" or "tcg" */
	bool sandbox;		 /* Landlock and namespaces; the rest is not optional */
	uid_t uid;
	gid_t gid;
	bool change_ids; /* started as root */
};

#define FRONT_JOB_INIT \
	{ \
		NULL, -1, "", { NULL, NULL, 0, "" }, { NULL, 0 }, { NULL, NULL, 0, "" }, \
			NULL, true, 0, 0, false \
	}

void front_job_dispose(struct front_job *job);

/* front_find.c: the path of a sibling program, caller frees: in the installed
 * directories, or, when this program itself runs from a build tree, in that tree. PATH
 * has no say. -ENOENT when it is not installed, -EPERM when others than its owner may
 * write it. */
int front_find(const char *program, char **path, struct err *e);

/* front_input.c: reads what the compiler will read, each file once. Profiles: the files
 * NAME.yaml beside the description, then those in dir, whose NAME occurs in its text; the
 * description is not parsed here. */
int front_read_description(struct front_job *job, const char *path, struct err *e);
int front_read_profiles(struct front_job *job, const char *path, const char *dir,
			struct err *e);
int front_read_host(struct front_job *job, const char *path, bool needed, struct err *e);
/* Opens and hashes the compiler's executable. */
int front_open_compiler(struct front_job *job, struct err *e);
/* The ids under which the compiler runs. */
int front_choose_ids(struct front_job *job, struct err *e);

/* front_cache.c: the bundle for a job, from the cache or freshly compiled into it. path:
 * caller frees. digest: of its manifest. messages: what the compiler said, escaped. */
int front_cache_get(const struct front_job *job, const char *cache_dir, char **path,
		    char digest[DIGEST_HEX], struct strbuf *messages, struct err *e);

/* front_install.c: checks DIR/out as untrusted input and writes what its manifest lists
 * to cachefd/NAME, synced, under the caller's own ids, in one step. */
int front_install(const struct front_job *job, const char *dir, int cachefd,
		  const char *name, struct err *e);
/* Removes dirfd/NAME and all below it; follows no link. Missing is no error. */
int front_remove_tree(int dirfd, const char *name, struct err *e);

/* front_worker.c: runs the compiler in the directory workfd, which gets a directory
 * "out". What it prints is added to messages, bytes that are not printable escaped.
 * Afterwards no process of it is left. -EINVAL: it refused the description and messages
 * say why. */
int front_compile(const struct front_job *job, int workfd, struct strbuf *messages,
		  struct err *e);
/* The names of these in the work directory. */
#define FRONT_WORK_IN "in"
#define FRONT_WORK_OUT "out"
#define FRONT_WORK_HOST "host.yaml"

/* front_sandbox.c: in the child of parent. Gives up everything that compiling does not
 * need, for good. */
int front_sandbox_enter(const struct front_job *job, int workfd, pid_t parent,
			struct err *e);

/* front.c: the only calls of exec in this folder. Return only on failure. */
int front_exec(const char *path, char *const argv[], struct err *e);
int front_exec_fd(int fd, char *const argv[], char *const env[], struct err *e);

#endif
