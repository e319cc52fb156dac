/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* QEMU's network cards, consoles, display and small devices. */
#include "vmm_qemu.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "digest.h"
#include "num.h"

#define QEMU_VNC_PORT 5900

/* 52:54:00 is QEMU's prefix; the rest comes from the VM's name and the card's number, so
 * that two VMs on one network differ and one VM stays the same. */
static const char *qemu_mac(struct vmm_build *b, const struct m_nic *nic, size_t i)
{
	char hex[DIGEST_HEX];
	const char *seed;

	if (nic->mac.v)
		return nic->mac.v;
	seed = arena_printf(&b->p->arena, "%s/%zu", b->p->name.v, i);
	digest_bytes(seed, strlen(seed), hex);
	return arena_printf(&b->p->arena, "52:54:00:%.2s:%.2s:%.2s", hex, hex + 2,
			    hex + 4);
}

static uint64_t qemu_queues(const struct m_nic *nic)
{
	return nic->queues.v ? nic->queues.v : 1;
}

/* "fd=3" or "fds=3:5", one descriptor for each queue. */
static void qemu_tap_fds(struct vmm_build *b, const struct m_nic *nic, size_t i,
			 bool vhost, struct strbuf *s)
{
	static const struct m_str vhost_net = { "/dev/vhost-net", { NULL, 0, 0 } };
	uint64_t q, n = qemu_queues(nic);

	strbuf_printf(s, vhost ? ",vhost=on,vhostfd%s=" : ",fd%s=", n > 1 ? "s" : "");
	for (q = 0; q < n; q++) {
		const char *id = arena_printf(&b->p->arena, "net%zu-%s%llu", i,
					      vhost ? "vhost" : "tap",
					      (unsigned long long)q);
		struct object *o = vmm_object(b, vhost ? OBJECT_CHAR : OBJECT_TAP, id,
					      vhost ? &vhost_net : &nic->ifname);

		o->writable = true;
		o->allow_world_readable = vhost;
		o->loc = vhost ? nic->vhost.loc : nic->ifname.loc;
		strbuf_printf(s, "%s%d", q ? ":" : "", o->fd);
	}
}

static int qemu_check_nic(const struct m_nic *nic, struct err *e)
{
	if (nic->type.v == NIC_TAP && !nic->ifname.v)
		return err_at(e, &nic->loc, EINVAL, "network: tap needs ifname");
	if (nic->vhost.v && nic->type.v != NIC_TAP)
		return err_at(e, &nic->vhost.loc, EINVAL,
			      "network: vhost needs type tap");
	if (qemu_queues(nic) > 1 && nic->type.v != NIC_TAP)
		return err_at(e, &nic->queues.loc, EINVAL,
			      "network: queues needs type tap");
	if (qemu_queues(nic) > 1 && nic->model.v != NIC_MODEL_VIRTIO)
		return err_at(e, &nic->queues.loc, EINVAL,
			      "network: queues needs model virtio");
	return 0;
}

static void qemu_netdev(struct vmm_build *b, const struct m_nic *nic, size_t i)
{
	_cleanup_strbuf_ struct strbuf s = STRBUF_INIT;

	if (nic->type.v == NIC_USER) {
		strbuf_printf(&s, "user,id=net%zu,restrict=%s", i,
			      nic->restricted.v ? "on" : "off");
		b->n->any_tcp |= !nic->restricted.v;
	} else {
		strbuf_printf(&s, "tap,id=net%zu", i);
		qemu_tap_fds(b, nic, i, false, &s);
		if (nic->vhost.v)
			qemu_tap_fds(b, nic, i, true, &s);
	}
	vmm_arg(b, "-netdev");
	qemu_arg_take(b, &s);
}

int qemu_add_network(struct vmm_build *b, struct err *e)
{
	size_t i;

	for (i = 0; i < b->p->n_network; i++) {
		const struct m_nic *nic = &b->p->network[i];
		_cleanup_strbuf_ struct strbuf s = STRBUF_INIT;
		int r = qemu_check_nic(nic, e);

		if (r < 0)
			return r;
		qemu_netdev(b, nic, i);
		strbuf_printf(&s, "%s,id=net%zu-device,netdev=net%zu,mac=%s",
			      nic->model.v == NIC_MODEL_VIRTIO ? "virtio-net-pci"
							       : "e1000e",
			      i, i, qemu_mac(b, nic, i));
		if (qemu_queues(nic) > 1)
			strbuf_printf(&s, ",mq=on,vectors=%llu",
				      2 * (unsigned long long)qemu_queues(nic) + 2);
		/* where nothing boots from the network, no boot ROM either */
		if (!qemu_boots_from_network(b->p))
			strbuf_puts(&s, ",romfile=");
		vmm_arg(b, "-device");
		qemu_arg_take(b, &s);
	}
	return 0;
}

static struct m_str qemu_socket_path(struct vmm_build *b, const struct m_str *path,
				     const char *what)
{
	struct m_str r = *path;

	if (!r.v)
		r.v = arena_printf(&b->p->arena, "/run/brattice/%s/%s.sock", b->p->name.v,
				   what);
	return r;
}

static void qemu_add_qmp(struct vmm_build *b)
{
	struct m_str path = qemu_socket_path(b, &b->p->qmp.path, "qmp");
	struct object *o;

	if (!b->p->qmp.enabled.v && !b->p->qmp.path.v)
		return;
	o = vmm_object(b, OBJECT_SOCKET, "qmp", &path);
	o->writable = true;
	vmm_arg(b, "-chardev");
	vmm_argf(b, "socket,id=qmp,fd=%d,server=on,wait=off", o->fd);
	vmm_arg(b, "-mon");
	vmm_arg(b, "chardev=qmp,mode=control");
}

static void qemu_serial_chardev(struct vmm_build *b)
{
	struct m_str path = qemu_socket_path(b, &b->p->serial.path, "serial");
	bool file = b->p->serial.type.v == SERIAL_FILE;
	struct object *o;

	vmm_arg(b, "-chardev");
	if (b->p->serial.type.v == SERIAL_STDIO) {
		vmm_arg(b, "stdio,id=serial0,signal=off");
		return;
	}
	o = vmm_object(b, file ? OBJECT_LOG : OBJECT_SOCKET, "serial", &path);
	o->writable = true;
	if (!file) {
		vmm_argf(b, "socket,id=serial0,fd=%d,server=on,wait=off", o->fd);
		return;
	}
	vmm_argf(b, "file,id=serial0,path=/dev/fdset/%d,append=on", o->fd);
	vmm_arg(b, "-add-fd");
	vmm_argf(b, "fd=%d,set=%d,opaque=serial", o->fd, o->fd);
}

int qemu_add_consoles(struct vmm_build *b, struct err *e)
{
	int type = b->p->serial.type.v;

	qemu_add_qmp(b);
	if (type == SERIAL_NONE)
		return 0;
	if (type == SERIAL_FILE && !b->p->serial.path.v)
		return err_at(e, &b->p->serial.loc, EINVAL, "serial: path is missing");
	qemu_serial_chardev(b);
	vmm_arg(b, "-serial");
	vmm_arg(b, "chardev:serial0");
	return 0;
}

static bool qemu_is_loopback(const char *host, size_t len)
{
	static const char *const names[] = { "127.0.0.1", "[::1]" };
	size_t i;

	for (i = 0; i < ARRAY_SIZE(names); i++)
		if (strlen(names[i]) == len && !strncmp(host, names[i], len))
			return true;
	return false;
}

int qemu_add_vnc(struct vmm_build *b, struct err *e)
{
	_cleanup_strbuf_ struct strbuf s = STRBUF_INIT;
	const struct m_str *listen = &b->p->vnc.listen, *file = &b->p->vnc.password_file;
	const char *colon;
	uint32_t display;

	vmm_arg(b, "-display");
	vmm_arg(b, "none");
	if (!listen->v)
		return file->v ? err_at(e, &file->loc, EINVAL, "vnc: listen is missing")
			       : 0;
	colon = strrchr(listen->v, ':');
	if (!colon || colon == listen->v || num_u32(colon + 1, &display) < 0 ||
	    display > UINT16_MAX - QEMU_VNC_PORT)
		return err_at(
			e, &listen->loc, EINVAL,
			"vnc.listen: not ADDRESS:DISPLAY, with a display from 0 to %d",
			UINT16_MAX - QEMU_VNC_PORT);
	if (!file->v && !qemu_is_loopback(listen->v, (size_t)(colon - listen->v)))
		return err_at(
			e, &listen->loc, EINVAL,
			"vnc.listen: without a password only on 127.0.0.1 or [::1]");
	if (file->v) {
		strbuf_puts(&s, "secret,id=vnc-password,file=");
		qemu_add_value(&s, file->v);
		vmm_arg(b, "-object");
		qemu_arg_take(b, &s);
		vmm_bind(b, file->v, BIND_COPY, &file->loc);
	}
	qemu_add_value(
		&s, arena_strndup(&b->p->arena, listen->v, (size_t)(colon - listen->v)));
	strbuf_printf(&s, ":%u%s", display,
		      file->v ? ",password-secret=vnc-password" : "");
	vmm_arg(b, "-vnc");
	qemu_arg_take(b, &s);
	vmm_listen_tcp(b, (uint16_t)(display + QEMU_VNC_PORT));
	return 0;
}

/* /dev/vfio/GROUP must be granted: only the host knows the number of a device's group. */
static bool qemu_vfio_group_granted(const struct vm_policy *p)
{
	size_t i;

	for (i = 0; i < p->grants.devices.n; i++)
		if (!strncmp(p->grants.devices.v[i].v, "/dev/vfio/", 10))
			return true;
	return false;
}

int qemu_add_vfio(struct vmm_build *b, struct err *e)
{
	const struct m_list *vfio = &b->p->vfio;
	size_t i;

	if (vfio->n && !qemu_vfio_group_granted(b->p))
		return err_at(
			e, &vfio->v[0].loc, EINVAL,
			"vfio: grants.devices must name the device's group /dev/vfio/N; "
			"N is the last part of /sys/bus/pci/devices/%s/iommu_group",
			vfio->v[0].v);
	for (i = 0; i < vfio->n; i++) {
		vmm_arg(b, "-device");
		vmm_argf(b, "vfio-pci,id=vfio%zu,host=%s", i, vfio->v[i].v);
		vmm_bind(b,
			 arena_printf(&b->p->arena, "/sys/bus/pci/devices/%s",
				      vfio->v[i].v),
			 0, &vfio->v[i].loc);
	}
	return 0;
}

static void qemu_add_vga(struct vmm_build *b)
{
	const char *vga = b->p->vga.v ? b->p->vga.v : "none";

	vmm_arg(b, "-vga");
	vmm_arg(b, vga);
}

void qemu_add_small_devices(struct vmm_build *b)
{
	qemu_add_vga(b);
	if (b->p->rng.v) {
		/* getrandom(2), so that /dev/urandom isn't needed */
		vmm_arg(b, "-object");
		vmm_arg(b, "rng-builtin,id=rng0");
		vmm_arg(b, "-device");
		vmm_arg(b, "virtio-rng-pci,id=rng0-device,rng=rng0");
	}
	if (b->p->balloon.v) {
		vmm_arg(b, "-device");
		vmm_arg(b, "virtio-balloon-pci,id=balloon0");
	}
}
