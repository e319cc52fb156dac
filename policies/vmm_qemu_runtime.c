/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * What QEMU finds in its root, and how much it may need. On Debian that is its libraries
 * and modules, and the ROMs; found by running QEMU 7.2 with nothing else. Paths that a
 * distribution lacks are optional; if one that matters is missing QEMU doesn't start.
 */
#include "vmm_qemu.h"

#include <string.h>

#define MIB ((uint64_t)1 << 20)

static const struct {
	const char *path;
	unsigned flags;
} runtime[] = {
	{ "/usr/lib/x86_64-linux-gnu", BIND_EXEC | BIND_OPTIONAL },
	{ "/usr/lib64", BIND_EXEC | BIND_OPTIONAL },
	{ "/usr/share/qemu", BIND_OPTIONAL },
	{ "/usr/share/seabios", BIND_OPTIONAL },
};

static void qemu_add_binds(struct vmm_build *b)
{
	const struct vm_policy *p = b->p;
	size_t i;

	vmm_bind(b, b->n->argv[0], BIND_EXEC, &p->emulator.loc);
	for (i = 0; i < p->runtime.n; i++)
		vmm_bind(b, p->runtime.v[i].v, BIND_EXEC, &p->runtime.v[i].loc);
	for (i = 0; i < ARRAY_SIZE(runtime) && !p->runtime.n; i++)
		vmm_bind(b, runtime[i].path, runtime[i].flags, NULL);
	if (qemu_boots_from_network(p) && !p->runtime.n)
		vmm_bind(b, "/usr/lib/ipxe", BIND_OPTIONAL, NULL);
	for (i = 0; i < p->grants.n_files; i++) {
		const struct m_grant_file *f = &p->grants.files[i];

		vmm_bind(b, f->path.v,
			 (f->access.v == ACCESS_RW ? BIND_WRITABLE : 0u) |
				 (f->exec.v ? BIND_EXEC : 0u),
			 &f->loc);
	}
	vmm_link(b, "/lib", "usr/lib");
	vmm_link(b, "/lib64", "usr/lib64");
}

static void qemu_add_nodes(struct vmm_build *b)
{
	const struct vm_policy *p = b->p;
	size_t i;

	/* util/osdep.c tries file locks on it */
	vmm_node(b, "/dev/null", 1, 3, true);
	/* g_rand_new() of libslirp and of names that QEMU makes up for itself; without
	 * the node it asks for getppid(2), which is not allowed */
	vmm_node(b, "/dev/urandom", 1, 9, false);
	if (b->t->accel == ACCEL_KVM)
		vmm_node(b, "/dev/kvm", 10, 232, true);
	if (p->vfio.n)
		vmm_node(b, "/dev/vfio/vfio", 10, 196, true);
	for (i = 0; i < p->grants.devices.n; i++)
		vmm_node_host(b, p->grants.devices.v[i].v);
}

/*
 * Memory beside the guest's, in MiB: 192 for code, libraries, ROMs and heap; 1/64 of the
 * guest for page tables and KVM's own; 4 per vCPU; 48 per disk for requests in flight and
 * qcow2's cache of tables (32 at most, block/qcow2.h); 16 per network card; 64 for a
 * display; with TCG the translated code and 32 more. Page cache isn't in it: the kernel
 * takes it back. Locked memory is all resident, libraries and thread stacks too: 256 and
 * 8 per thread more.
 */
static uint64_t qemu_overhead(const struct vmm_build *b)
{
	const struct vm_policy *p = b->p;
	uint64_t mib = 192 + (p->memory.v >> 20) / 64 + 4 * (p->cpus.v ? p->cpus.v : 1) +
		       48 * p->n_disks + 16 * p->n_network;

	if (p->vnc.listen.v || (p->vga.v && strcmp(p->vga.v, "none") != 0))
		mib += 64;
	if (b->t->accel == ACCEL_TCG)
		mib += 128 + 32;
	if (p->memory_locked.v)
		mib += 256 + 8 * b->n->threads;
	return mib * MIB;
}

/* vCPUs; the pool that QEMU does blocking work in (64 at most, util/thread-pool.c); main,
 * RCU, display and signal threads; the kernel's io_uring workers. */
static unsigned qemu_threads(const struct vm_policy *p)
{
	size_t i;
	unsigned n = (unsigned)(p->cpus.v ? p->cpus.v : 1) + 64 + 16;

	for (i = 0; i < p->n_disks; i++)
		if (p->disks[i].aio.v == AIO_IO_URING)
			return n + 64;
	return n;
}

/* 256 for files, chardevs and the main loop; one for each vCPU and two (an event each
 * way) for each of its queues in each device; two for each image; four for each queue of
 * a card. */
static unsigned qemu_descriptors(const struct vmm_build *b)
{
	const struct vm_policy *p = b->p;
	uint64_t cpus = p->cpus.v ? p->cpus.v : 1;
	uint64_t n = 256 + cpus * (1 + 2 * (p->n_disks + 1)) + 2 * b->n->n_objects;
	size_t i;

	for (i = 0; i < p->n_network; i++)
		n += 4 * (p->network[i].queues.v ? p->network[i].queues.v : 1) + 16;
	n += 64 * p->vfio.n;
	return (unsigned)(n < 65536 ? (n + 63) / 64 * 64 : 65536);
}

void qemu_add_runtime(struct vmm_build *b)
{
	const struct vm_policy *p = b->p;
	struct vmm_needs *n = b->n;

	qemu_add_binds(b);
	qemu_add_nodes(b);
	n->threads = qemu_threads(p);
	n->overhead = qemu_overhead(b);
	n->descriptors = qemu_descriptors(b);
	if (p->memory_locked.v)
		n->locked_memory = p->memory.v + n->overhead + 1024 * MIB;
	else if (p->vfio.n)
		n->locked_memory = p->memory.v + 1024 * MIB;
}
