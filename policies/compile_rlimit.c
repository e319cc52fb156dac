/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Resource limits.
 * memlock: what the VMM locks: guest memory and 1 GiB for VFIO's DMA maps, all of the
 * VMM's address space (vmm_needs.locked_memory) with "memory_locked"; else
 *          RLIMIT_MEMLOCK_BASE.
 * fsize:   counts memfd pages too (mm/shmem.c), so it must cover guest memory in a memfd;
 *          the launcher raises it to the size of the largest writable disk.
 * core:    0, since a core file holds the guest's memory.
 */
#include "compile.h"

#define RLIMIT_MEMLOCK_BASE ((uint64_t)64 << 10)

static uint64_t rlimit_memlock(const struct compile *c)
{
	if (c->policy->rlimits.memlock.set)
		return c->policy->rlimits.memlock.v;
	return c->needs->locked_memory ? c->needs->locked_memory : RLIMIT_MEMLOCK_BASE;
}

static uint64_t rlimit_nofile(const struct compile *c)
{
	const struct m_u64 *nofile = &c->policy->rlimits.nofile;

	return nofile->set ? nofile->v : c->needs->descriptors;
}

static uint64_t rlimit_nproc(const struct compile *c)
{
	const struct m_u64 *pids = &c->policy->cgroup.pids_max;

	return pids->set ? pids->v : c->needs->threads;
}

static json_t *rlimit_compile(struct compile *c, _unused_ struct err *e)
{
	json_t *o = json_pack("{s:I, s:I, s:I, s:i, s:I}", "nofile",
			      (json_int_t)rlimit_nofile(c), "nproc",
			      (json_int_t)rlimit_nproc(c), "memlock",
			      (json_int_t)rlimit_memlock(c), "core", 0, "fsize_min",
			      (json_int_t)c->needs->memory_file);

	if (c->policy->rlimits.fsize.set)
		json_object_set_new(o, "fsize",
				    json_integer((json_int_t)c->policy->rlimits.fsize.v));
	return o;
}

static void rlimit_explain(const struct compile *c, struct strbuf *out)
{
	const struct vm_policy *p = c->policy;

	strbuf_printf(out, "At most %llu descriptors",
		      (unsigned long long)rlimit_nofile(c));
	compile_from(out, &p->rlimits.nofile.loc);
	strbuf_printf(out, ", %llu threads", (unsigned long long)rlimit_nproc(c));
	compile_from(out, &p->cgroup.pids_max.loc);
	strbuf_printf(out, ", %llu KiB of locked memory",
		      (unsigned long long)rlimit_memlock(c) >> 10);
	compile_from(out, &p->rlimits.memlock.loc);
	if (p->rlimits.fsize.set)
		strbuf_printf(out, ", files of %llu bytes",
			      (unsigned long long)p->rlimits.fsize.v);
	else
		strbuf_puts(out, ", files as large as the largest writable disk");
	compile_from(out, &p->rlimits.fsize.loc);
	strbuf_puts(out, "; no core files.\n");
}

const struct compiler compiler_rlimit = { rlimit_compile, rlimit_explain };
