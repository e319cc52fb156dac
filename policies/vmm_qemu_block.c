/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * QEMU disks and flash. Every node of a chain is declared: format driver over protocol
 * driver over /dev/fdset/N. Where no backing image is declared, the one that a qcow2
 * header names stays in force; it isn't in the VMM's root, so QEMU ends with an error
 * rather than reading what a guest wrote into its header.
 */
#include "vmm_qemu.h"

#include <errno.h>
#include <string.h>

#define QEMU_IDE_DISKS	4 /* PIIX: two channels, two units */
#define QEMU_SATA_DISKS 6 /* ICH9 */

static const char *const formats[] = { WORDS_FORMAT };
static const char *const aios[] = { WORDS_AIO };

static const char *qemu_fdset(struct vmm_build *b, const struct object *o)
{
	vmm_arg(b, "-add-fd");
	vmm_argf(b, "fd=%d,set=%d,opaque=%s", o->fd, o->fd, o->id);
	return arena_printf(&b->p->arena, "/dev/fdset/%d", o->fd);
}

/* "file" is for regular files only, "host_device" for block devices only. The compiler
 * looks at no host, so the path decides; QEMU refuses if the object is of the other kind.
 */
static const char *qemu_protocol_driver(const char *path)
{
	bool device = !strncmp(path, "/dev/", 5) && strncmp(path, "/dev/shm/", 9) != 0;

	return device ? "host_device" : "file";
}

static json_t *qemu_cache(const struct m_disk *d)
{
	int c = d->cache.v;

	return json_pack("{s:b, s:b}", "direct", c == CACHE_NONE || c == CACHE_DIRECTSYNC,
			 "no-flush", c == CACHE_UNSAFE);
}

static void qemu_common(json_t *node, const struct m_disk *d, bool writable)
{
	json_object_set_new(node, "read-only", json_boolean(!writable));
	json_object_set_new(node, "auto-read-only", json_false());
	json_object_set_new(node, "cache", qemu_cache(d));
	json_object_set_new(node, "discard",
			    json_string(writable && d->discard.v ? "unmap" : "ignore"));
}

/* One image: object, fd set, format node over protocol node. */
static json_t *qemu_image(struct vmm_build *b, const struct m_disk *d, const char *id,
			  const struct m_str *path, int format, bool writable)
{
	struct object *o = vmm_object(b, OBJECT_DISK, id, path);
	json_t *file = json_pack("{s:s, s:s, s:s+}", "driver",
				 qemu_protocol_driver(path->v), "aio", aios[d->aio.v],
				 "node-name", id, "-file");
	json_t *node = json_pack("{s:s, s:s}", "driver", formats[format], "node-name",
				 id);

	o->writable = writable;
	o->shared = d->shared.v;
	o->allow_world_readable = d->allow_world_readable.v;
	o->format = formats[format];
	json_object_set_new(file, "filename", json_string(qemu_fdset(b, o)));
	qemu_common(file, d, writable);
	qemu_common(node, d, writable);
	json_object_set_new(node, "file", file);
	return node;
}

/* The declared chain below image i, outermost first. */
static void qemu_chain(struct vmm_build *b, const struct m_disk *d, const char *id,
		       json_t *top)
{
	size_t i;

	for (i = 0; i < d->n_backing; i++) {
		const struct m_backing *below = &d->backing[i];
		const char *name = arena_printf(&b->p->arena, "%s-backing%zu", id, i);
		json_t *node = qemu_image(b, d, name, &below->path, below->format.v,
					  false);

		json_object_set_new(top, "backing", node);
		top = node;
	}
}

static void qemu_blockdev(struct vmm_build *b, json_t *node)
{
	char *text = json_dumps(node, JSON_COMPACT | JSON_SORT_KEYS);

	vmm_arg(b, "-blockdev");
	vmm_arg(b, arena_strdup(&b->p->arena, text));
	free(text);
	json_decref(node);
}

/* On AHCI: SATA, and IDE where the machine has no PIIX. */
static bool qemu_disk_is_ahci(const struct vm_policy *p, const struct m_disk *d)
{
	return d->bus.v == BUS_SATA || (d->bus.v == BUS_IDE && !qemu_machine_is_pc(p));
}

static void qemu_disk_frontend(const struct vm_policy *p, const struct m_disk *d,
			       unsigned unit, struct strbuf *s)
{
	/* IDE knows no read-only disk: it is a CD-ROM then */
	const char *ide = d->readonly.v ? "ide-cd" : "ide-hd";

	if (qemu_disk_is_ahci(p, d))
		strbuf_printf(s, "%s,bus=%s.%u", ide,
			      qemu_machine_is_q35(p) ? "ide" : "ahci0", unit);
	else if (d->bus.v == BUS_IDE)
		strbuf_printf(s, "%s,bus=ide.%u,unit=%u", ide, unit / 2, unit % 2);
	else if (d->bus.v == BUS_SCSI)
		strbuf_puts(s, "scsi-hd,bus=scsi0.0");
	else
		strbuf_puts(s, d->bus.v == BUS_NVME ? "nvme" : "virtio-blk-pci");
}

static void qemu_disk_device(struct vmm_build *b, const struct m_disk *d, size_t i,
			     unsigned unit)
{
	_cleanup_strbuf_ struct strbuf s = STRBUF_INIT;
	bool write_through = d->cache.v == CACHE_WRITETHROUGH ||
			     d->cache.v == CACHE_DIRECTSYNC;

	qemu_disk_frontend(b->p, d, unit, &s);
	strbuf_printf(&s, ",id=disk%zu-device,drive=disk%zu,bootindex=%zu,write-cache=%s",
		      i, i, i + 1, write_through ? "off" : "on");
	if (d->shared.v)
		strbuf_puts(&s, ",share-rw=on");
	if (d->serial.v || d->bus.v == BUS_NVME) {
		strbuf_puts(&s, ",serial=");
		qemu_add_value(&s, d->serial.v ? d->serial.v : "brattice");
	}
	vmm_arg(b, "-device");
	qemu_arg_take(b, &s);
}

static int qemu_check_disk(const struct vm_policy *p, const struct m_disk *d,
			   unsigned unit, struct err *e)
{
	bool direct = d->cache.v == CACHE_NONE || d->cache.v == CACHE_DIRECTSYNC;
	bool ide = d->bus.v == BUS_IDE || d->bus.v == BUS_SATA;
	unsigned max = d->bus.v == BUS_IDE && qemu_machine_is_pc(p) ? QEMU_IDE_DISKS
								    : QEMU_SATA_DISKS;

	if (!d->path.v)
		return err_at(e, &d->loc, EINVAL, "disk: path is missing");
	if (!d->format.set)
		return err_at(e, &d->loc, EINVAL, "disk %s: format is missing",
			      d->path.v);
	if (d->n_backing && d->format.v != FORMAT_QCOW2)
		return err_at(e, &d->backing[0].path.loc, EINVAL,
			      "disk %s: a raw image has no backing image", d->path.v);
	if (d->aio.v == AIO_NATIVE && !direct)
		return err_at(e, &d->aio.loc, EINVAL,
			      "disk %s: aio native needs cache none or directsync",
			      d->path.v);
	if (ide && unit >= max)
		return err_at(e, &d->loc, EINVAL,
			      "disk %s: no place left on the bus (at most %u)", d->path.v,
			      max);
	return 0;
}

/* Controllers that the machine doesn't have by itself. */
static void qemu_add_controllers(struct vmm_build *b)
{
	if (qemu_uses_bus(b->p, BUS_SCSI)) {
		vmm_arg(b, "-device");
		vmm_arg(b, "virtio-scsi-pci,id=scsi0");
	}
	if (!qemu_machine_is_q35(b->p) &&
	    (qemu_uses_bus(b->p, BUS_SATA) ||
	     (qemu_uses_bus(b->p, BUS_IDE) && !qemu_machine_is_pc(b->p)))) {
		vmm_arg(b, "-device");
		vmm_arg(b, "ich9-ahci,id=ahci0");
	}
}

int qemu_add_disks(struct vmm_build *b, struct err *e)
{
	unsigned units[2] = { 0, 0 }; /* IDE, AHCI */
	size_t i;

	qemu_add_controllers(b);
	for (i = 0; i < b->p->n_disks; i++) {
		const struct m_disk *d = &b->p->disks[i];
		const char *id = arena_printf(&b->p->arena, "disk%zu", i);
		bool ahci = qemu_disk_is_ahci(b->p, d);
		unsigned unit = units[ahci];
		json_t *node;
		int r = qemu_check_disk(b->p, d, unit, e);

		if (r < 0)
			return r;
		units[ahci] += ahci || d->bus.v == BUS_IDE;
		node = qemu_image(b, d, id, &d->path, d->format.v, !d->readonly.v);
		b->n->objects[b->n->n_objects - 1].size_max = d->size_max.v;
		qemu_chain(b, d, id, node);
		qemu_blockdev(b, node);
		qemu_disk_device(b, d, i, unit);
	}
	return 0;
}

static void qemu_flash(struct vmm_build *b, const char *id, const struct m_str *path,
		       bool writable)
{
	struct object *o = vmm_object(b, OBJECT_FILE, id, path);
	json_t *node;

	o->writable = writable;
	o->allow_world_readable = !writable; /* the code is the same for everybody */
	node = json_pack("{s:s, s:s, s:b, s:b, s:{s:s, s:s+, s:s, s:b, s:b}}", "driver",
			 "raw", "node-name", id, "read-only", !writable, "auto-read-only",
			 0, "file", "driver", "file", "node-name", id, "-file",
			 "filename", qemu_fdset(b, o), "read-only", !writable,
			 "auto-read-only", 0);
	qemu_blockdev(b, node);
}

int qemu_add_firmware(struct vmm_build *b, struct err *e)
{
	const struct vm_policy *p = b->p;

	if (p->nvram.v && !p->firmware.v)
		return err_at(e, &p->nvram.loc, EINVAL, "nvram: needs firmware");
	if (p->firmware.v)
		qemu_flash(b, "firmware", &p->firmware, false);
	if (p->nvram.v)
		qemu_flash(b, "nvram", &p->nvram, true);
	return 0;
}
