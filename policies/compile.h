/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef BRATTICE_COMPILE_H
#define BRATTICE_COMPILE_H

/*
 * Description -> bundle. A compiler turns the model into the parameters of its mechanism
 * (an object in manifest.json, read by confine/layer_X.c) and into artefacts. Compilers
 * are pure: they read the model and the target, nothing else, and the same input gives
 * the same bytes. The VMM's own needs (argv, objects, device nodes, run-time files) are
 * worked out once, before any compiler runs, in struct vmm_needs.
 */
#include <jansson.h>

#include "err.h"
#include "mech.h"
#include "model.h"
#include "strbuf.h"

/* What the bundle is compiled for. Recorded in the manifest as "target". */
struct target {
	enum accel accel;	/* never ACCEL_AUTO */
	unsigned landlock_abi;	/* highest ABI the compiler knows; the launcher takes the
				 * best that the kernel has */
	bool lacks_arch_capabilities; /* see target_probe() */
};

/*
 * Fills in what this machine's CPU decides. IA32_ARCH_CAPABILITIES (MSR 0x10a) is
 * Intel's; KVM offers an emulated one on other CPUs, and QEMU before 10.1 then stops with
 * "failed to set MSR 0x10a" on kernels that refuse to set it (QEMU commit d3a24134e37d).
 * Where the CPU has none, "-cpu host" is compiled without it: nothing is lost.
 */
void target_probe(struct target *t);

/* A kernel object that the launcher opens, checks, locks and hands on. See
 * brattice-bundle(5) for each member; ids are unique. */
enum object_kind {
	OBJECT_DISK, OBJECT_FILE, OBJECT_LOG, OBJECT_SOCKET, OBJECT_TAP, OBJECT_CHAR,
};

struct object {
	const char *id;
	enum object_kind kind;
	const char *path;	/* TAP: interface name */
	bool writable, shared, allow_world_readable;
	int fd;			/* number that the VMM finds it under */
	const char *format;	/* DISK: "raw" or "qcow2" */
	uint64_t size_max;	/* DISK: 0 = from the image */
	struct loc loc;
};

/* A file or directory that appears in the VMM's root by bind mount. */
struct bind {
	const char *path;
	bool writable, exec, optional;
	bool copy; /* a small file that only root may read: the VM's root has a copy */
	struct loc loc;
};

struct device_node {
	const char *path;	/* in the VMM's root */
	char type;		/* 'c' or 'b' */
	unsigned major, minor;	/* when host is NULL */
	const char *host;	/* node on the host to take the numbers from, or NULL */
	bool writable;
};

/* A symbolic link in the VMM's root. */
struct link {
	const char *path, *target;
};

struct vmm_needs {
	struct strbuf notes;		/* what explain prints about choices made here */
	const char **argv;		/* NULL-terminated, argv[0] = emulator */
	size_t n_argv;
	const char **env;		/* NULL-terminated */
	size_t n_env;
	struct object *objects;
	size_t n_objects;
	struct bind *binds;
	size_t n_binds;
	struct device_node *nodes;
	size_t n_nodes;
	struct link *links;
	size_t n_links;
	bool needs_tmp;			/* a private, size-limited /tmp */
	uint64_t tmp_size;
	uint64_t guest_memory;		/* bytes */
	uint64_t overhead;		/* bytes the VMM itself may need */
	unsigned threads;		/* most threads the VMM starts, vCPUs included */
	unsigned descriptors;		/* most descriptors that it has open */
	uint64_t locked_memory;		/* bytes the VMM locks in memory */
	uint64_t memory_file;		/* bytes of the largest memory file (memfd) */
	uint16_t *listen_tcp;		/* ports that the VMM listens on */
	size_t n_listen_tcp;
	bool any_tcp;			/* it connects for the guest (user network) */
};

/* A VMM: one line in vmm.def, one file vmm_X.c. */
struct vmm {
	const char *name;
	/* Fills n from p; memory from p->arena. Errors point at the model. */
	int (*needs)(struct vm_policy *p, const struct target *t, struct vmm_needs *n,
		     struct err *e);
};

const struct vmm *vmm_find(const char *name); /* NULL if there is none */

/* Everything a compiler may look at, and where it puts its results. */
struct compile {
	const struct vm_policy *policy;
	const struct target *target;
	const struct vmm *vmm;
	const struct vmm_needs *needs;
	struct vmm_needs own;	/* what compile_run() points needs at */
	struct artefact {
		char *name, *data;
		size_t len;
	} *artefacts;
	size_t n_artefacts;
	json_t *params[MECH_COUNT];
};

/* Takes ownership of data (malloc'ed). */
void compile_add_artefact(struct compile *c, const char *name, char *data, size_t len);

struct compiler {
	/* Returns the parameters of the layer (a new reference), or NULL with e set. */
	json_t *(*compile)(struct compile *c, struct err *e);
	/* One paragraph for "explain": what this mechanism will do for this VM and which
	 * line of the description asked for it. */
	void (*explain)(const struct compile *c, struct strbuf *out);
};

#define MECH(id, title) extern const struct compiler compiler_##id;
#include "mech.def"
#undef MECH

/* For explain(): " (web01.yaml:7)", or " (default)" for a place that nobody wrote. */
void compile_from(struct strbuf *out, const struct loc *loc);

/* Runs the VMM's needs() and every compiler in the order of mech.def. */
int compile_run(struct compile *c, struct vm_policy *p, const struct target *t,
		struct err *e);
void compile_dispose(struct compile *c);
const struct compiler *compiler_of(enum mech m);

/* The manifest as JSON, a new reference. */
json_t *compile_manifest(const struct compile *c, json_t *inputs);

/* Writes the bundle directory atomically: everything into DIR.tmp-PID, fsync, rename
 * (an existing DIR that is a bundle is replaced, anything else is refused). inputs: JSON
 * array of {"name","sha256"}. digest receives the manifest's SHA-256. */
int bundle_write(const struct compile *c, json_t *inputs, const char *dir, char *digest,
		 struct err *e);

#endif
