/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Which features a description asks for. */
#include "compile.h"
#include "seccomp_set.h"

static const struct {
	const char *name, *why;
} features[] = {
#define FEATURE(id, why) { #id, why },
#include "seccomp_feature.def"
#undef FEATURE
};

const char *sc_feature_name(enum sc_feature f)
{
	return features[f].name;
}

const char *sc_feature_why(enum sc_feature f)
{
	return features[f].why;
}

static void disk_features(const struct vm_policy *p, bool *feature)
{
	size_t i;

	feature[SC_DISK] = p->n_disks || p->nvram.v;
	for (i = 0; i < p->n_disks; i++) {
		const struct m_disk *d = &p->disks[i];

		feature[SC_DISCARD] |= d->discard.v;
		feature[SC_AIO_NATIVE] |= d->aio.v == AIO_NATIVE;
		feature[SC_IO_URING] |= d->aio.v == AIO_IO_URING;
	}
}

static void nic_features(const struct vm_policy *p, bool *feature)
{
	size_t i;

	for (i = 0; i < p->n_network; i++) {
		const struct m_nic *n = &p->network[i];

		if (n->type.v == NIC_TAP) {
			feature[SC_TAP] = true;
			feature[SC_VHOST] |= n->vhost.v;
		} else if (!n->restricted.v) {
			/* In a network namespace of its own the sockets would lead
			 * nowhere; the guest's packets end in EAFNOSUPPORT there. */
			feature[SC_SLIRP] |= p->namespaces.net.v == NETNS_HOST;
		}
	}
}

void sc_features(const struct vm_policy *p, const struct target *t,
		 bool feature[SC_FEATURE_COUNT])
{
	feature[SC_BASE] = true;
	feature[SC_KVM] = t->accel == ACCEL_KVM;
	feature[SC_TCG] = t->accel == ACCEL_TCG;
	disk_features(p, feature);
	nic_features(p, feature);
	feature[SC_SOCKET] = p->qmp.enabled.v || p->serial.type.v == SERIAL_SOCKET;
	feature[SC_VNC] = p->vnc.listen.v != NULL;
	feature[SC_VFIO] = p->vfio.n > 0;
	feature[SC_MEM_SHARED] = p->memory_shared.v;
	feature[SC_MEM_LOCKED] = p->memory_locked.v;
	feature[SC_KSM] = p->mem.ksm.v;
}
