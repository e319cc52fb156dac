/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "resolve.h"

#include <string.h>

/* Ids that a VM must never have: root, nobody (65534), the 16-bit "no id" (65535). */
static bool check_id(const struct m_u64 *id, const char *what, struct problems *out)
{
	if (!id->set)
		return true;
	if (id->v == 0)
		problems_add(out, &id->loc,
			     "identity.%s: 0 is root; a VMM never runs as root", what);
	else if (id->v == 65534 || id->v == 65535)
		problems_add(out, &id->loc,
			     "identity.%s: %llu is \"nobody\", which others share", what,
			     (unsigned long long)id->v);
	else
		return true;
	return false;
}

static void check_lease(const struct vm_policy *p, const struct m_u64 *id,
			const char *what, struct problems *out)
{
	if (id->set && id->v >= p->identity.first.v && id->v <= p->identity.last.v)
		problems_add(out, &id->loc,
			     "identity.%s: %llu lies in the range that ids are leased "
			     "from (%llu to %llu): another VM could get it",
			     what, (unsigned long long)id->v,
			     (unsigned long long)p->identity.first.v,
			     (unsigned long long)p->identity.last.v);
}

static void check_range(const struct vm_policy *p, struct problems *out)
{
	const struct loc *loc = p->identity.first.set ? &p->identity.first.loc :
				p->identity.last.set  ? &p->identity.last.loc :
							&p->identity.loc;

	if (p->identity.first.v > p->identity.last.v)
		problems_add(out, loc,
			     "identity: the range is empty: first is larger than last");
	if (p->identity.first.v < 65536 && p->identity.first.set)
		problems_add(out, &p->identity.first.loc,
			     "identity.first: the range must begin at "
			     "65536 or later: ids below belong to users and services of "
			     "the host");
}

static void resolve_identity(struct vm_policy *p, const struct host *h,
			     struct problems *out)
{
	bool ok;

	if (!RESOLVE_CLEAN(out, p->identity))
		return;
	ok = check_id(&p->identity.uid, "uid", out);
	ok = check_id(&p->identity.gid, "gid", out) && ok;
	if (p->identity.gid.set && !p->identity.uid.set)
		problems_add(out, &p->identity.gid.loc, "identity.gid: needs uid");
	if (p->identity.uid.set && !p->identity.gid.set)
		p->identity.gid = p->identity.uid;
	if (p->identity.uid.set && (p->identity.first.set || p->identity.last.set))
		problems_add(out, &p->identity.uid.loc,
			     "identity: uid is one id, first and last are a range; give "
			     "one of both");
	if (!p->identity.first.set)
		p->identity.first.v = h->uid_first.v;
	if (!p->identity.last.set)
		p->identity.last.v = h->uid_last.v;
	check_range(p, out);
	if (ok)
		check_lease(p, &p->identity.uid, "uid", out);
}

/* A limit must leave room for guest memory and the VMM's own. */
static void check_room(const struct vm_policy *p, const struct m_u64 *limit,
		       const char *what, struct problems *out)
{
	uint64_t least = p->memory.v + RESOLVE_OVERHEAD;

	if (limit->set && limit->v < least)
		problems_add(out, &limit->loc,
			     "%s: too small: guest memory and what the VMM needs "
			     "are at least %lluM",
			     what, (unsigned long long)(least >> 20));
}

static void resolve_memory(struct vm_policy *p, struct problems *out)
{
	bool pinned = p->vfio.n || p->memory_locked.v;

	if (p->memory.set && RESOLVE_CLEAN(out, p->memory)) {
		if (p->memory.v % ((uint64_t)1 << 20))
			problems_add(out, &p->memory.loc,
				     "memory: must be in whole MiB, like %lluM",
				     (unsigned long long)(p->memory.v >> 20));
		check_room(p, &p->cgroup.memory_max, "cgroup.memory_max", out);
		if (pinned)
			check_room(p, &p->rlimits.memlock, "rlimits.memlock", out);
		if (p->rlimits.fsize.set && p->rlimits.fsize.v < p->memory.v)
			problems_add(out, &p->rlimits.fsize.loc,
				     "rlimits.fsize: smaller than the "
				     "guest memory, which is a memory file");
	}
	if (p->mem.ksm.v && p->memory_shared.v)
		problems_add(out, &p->mem.ksm.loc,
			     "mem.ksm: shared memory is never merged; "
			     "contradicts memory_shared: true");
	if (p->mem.ksm.v && pinned)
		problems_add(out, &p->mem.ksm.loc,
			     "mem.ksm: contradicts %s, which pins guest memory",
			     p->vfio.n ? "vfio" : "memory_locked: true");
	if (p->balloon.v && pinned)
		problems_add(out, &p->balloon.loc,
			     "balloon: contradicts %s, which pins guest memory",
			     p->vfio.n ? "vfio" : "memory_locked: true");
}

static void check_list_doubles(const struct m_list *l, const char *what,
			       struct problems *out)
{
	size_t i, k;

	for (i = 1; i < l->n; i++) {
		for (k = 0; k < i && strcmp(l->v[i].v, l->v[k].v) != 0; k++)
			;
		if (k < i)
			problems_add(out, &l->v[i].loc,
				     "%s: %s is listed twice, first in line %u", what,
				     problems_quote(out, l->v[i].v, strlen(l->v[i].v)),
				     l->v[k].loc.line);
	}
}

static void resolve_cgroup(struct vm_policy *p, const struct host *h,
			   struct problems *out)
{
	size_t i, k;

	if (!p->cgroup.parent.v && RESOLVE_CLEAN(out, p->cgroup.parent))
		p->cgroup.parent.v = h->cgroup_parent.v;
	for (i = 0; i < p->cgroup.n_io; i++) {
		const struct m_io_limit *l = &p->cgroup.io[i];

		if (!RESOLVE_CLEAN(out, *l) || !l->device.v)
			continue;
		if (!l->rbps.set && !l->wbps.set && !l->riops.set && !l->wiops.set)
			problems_add(out, &l->loc,
				     "cgroup.io: no limit for %s; give rbps, wbps, riops "
				     "or wiops",
				     l->device.v);
		for (k = 0; k < i; k++)
			if (p->cgroup.io[k].device.v &&
			    !strcmp(p->cgroup.io[k].device.v, l->device.v))
				problems_add(out, &l->device.loc,
					     "cgroup.io: %s is listed twice, first "
					     "in line %u",
					     l->device.v, p->cgroup.io[k].loc.line);
	}
}

void resolve_limits(struct vm_policy *p, const struct host *h, struct problems *out)
{
	resolve_identity(p, h, out);
	resolve_memory(p, out);
	resolve_cgroup(p, h, out);
	check_list_doubles(&p->vfio, "vfio", out);
	check_list_doubles(&p->grants.devices, "grants.devices", out);
	check_list_doubles(&p->grants.syscalls, "grants.syscalls", out);
}
