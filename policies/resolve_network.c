/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "resolve.h"

#include <string.h>
#include <strings.h>

static void check_user(const struct vm_policy *p, const struct m_nic *n,
		       struct problems *out)
{
	if (n->ifname.v)
		problems_add(out, &n->ifname.loc,
			     "network.ifname: only a tap interface has a name");
	if (n->vhost.v)
		problems_add(out, &n->vhost.loc, "network.vhost: needs type: tap");
	if (n->queues.v > 1)
		problems_add(out, &n->queues.loc,
			     "network.queues: more than one needs type: tap");
	if (!n->restricted.v && p->namespaces.net.v == NETNS_OWN &&
	    RESOLVE_CLEAN(out, p->namespaces))
		problems_add(
			out, n->type.set ? &n->type.loc : &n->loc,
			"network: user networking "
			"inside its own network namespace reaches nothing; set restrict: "
			"true, or use a tap, or set namespaces: {net: host}");
}

static void check_tap(const struct vm_policy *p, const struct m_nic *n,
		      struct problems *out)
{
	bool virtio = n->model.v == NIC_MODEL_VIRTIO;

	if (!n->ifname.v)
		problems_add(out, &n->loc,
			     "network: type tap needs ifname, an interface that "
			     "exists on the host");
	if (n->restricted.set)
		problems_add(out, &n->restricted.loc,
			     "network.restrict: only for type: user; filter a "
			     "tap on the host");
	if (n->vhost.v && !virtio)
		problems_add(out, &n->vhost.loc, "network.vhost: needs model: virtio");
	if (n->queues.v > 1 && !virtio)
		problems_add(out, &n->queues.loc,
			     "network.queues: more than one needs model: virtio");
	if (n->queues.v > p->cpus.v && RESOLVE_CLEAN(out, p->cpus))
		problems_add(out, &n->queues.loc,
			     "network.queues: more queues than virtual CPUs "
			     "(%llu)",
			     (unsigned long long)p->cpus.v);
}

static void check_doubles(const struct vm_policy *p, size_t i, struct problems *out)
{
	const struct m_nic *n = &p->network[i], *o;

	for (o = p->network; o < n; o++) {
		if (n->mac.v && o->mac.v && !strcasecmp(n->mac.v, o->mac.v))
			problems_add(out, &n->mac.loc,
				     "network.mac: the same address stands in line "
				     "%u",
				     o->mac.loc.line);
		if (n->ifname.v && o->ifname.v && !strcmp(n->ifname.v, o->ifname.v))
			problems_add(out, &n->ifname.loc,
				     "network.ifname: %s is used twice, first in "
				     "line %u",
				     n->ifname.v, o->ifname.loc.line);
	}
}

void resolve_network(struct vm_policy *p, struct problems *out)
{
	size_t i;

	for (i = 0; i < p->n_network; i++) {
		const struct m_nic *n = &p->network[i];

		check_doubles(p, i, out);
		if (!RESOLVE_CLEAN(out, *n) || !n->type.set)
			continue;
		if (n->type.v == NIC_TAP)
			check_tap(p, n, out);
		else
			check_user(p, n, out);
	}
}
