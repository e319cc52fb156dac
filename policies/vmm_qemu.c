/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * QEMU: description -> argv, objects and files. All of the host's objects are descriptors
 * that the launcher opened: disks and firmware through fd sets (-add-fd), sockets and
 * taps by number. What QEMU can only open by name (kernel, initrd, ROMs) is bound into
 * its root.
 *
 * -sandbox is not used: the launcher's filter allows less, and QEMU's own would need the
 * seccomp syscall inside it. -run-with is not used: the launcher changes root and uid.
 */
#include "vmm_qemu.h"

#include <errno.h>
#include <string.h>

#define QEMU_DEFAULT_MACHINE "q35"
/* MiB of translated code; without it QEMU takes an eighth of the host's memory. */
#define QEMU_TB_SIZE 128

void qemu_add_value(struct strbuf *b, const char *s)
{
	for (; *s; s++) {
		strbuf_putc(b, *s);
		if (*s == ',')
			strbuf_putc(b, ',');
	}
}

void qemu_arg_take(struct vmm_build *b, struct strbuf *s)
{
	vmm_arg(b, arena_strdup(&b->p->arena, strbuf_str(s)));
	strbuf_dispose(s);
}

static const char *qemu_machine(const struct vm_policy *p)
{
	return p->machine.v ? p->machine.v : QEMU_DEFAULT_MACHINE;
}

bool qemu_machine_is_q35(const struct vm_policy *p)
{
	const char *m = qemu_machine(p);

	return !strcmp(m, "q35") || !strncmp(m, "pc-q35-", 7);
}

bool qemu_machine_is_pc(const struct vm_policy *p)
{
	const char *m = qemu_machine(p);

	return !strcmp(m, "pc") || !strncmp(m, "pc-i440fx-", 10);
}

bool qemu_uses_bus(const struct vm_policy *p, enum disk_bus bus)
{
	size_t i;

	for (i = 0; i < p->n_disks; i++)
		if (p->disks[i].bus.v == (int)bus)
			return true;
	return false;
}

bool qemu_boots_from_network(const struct vm_policy *p)
{
	return !p->n_disks && !p->kernel.v && !p->firmware.v && p->n_network;
}

/* Text that ends up in argv: no control characters, so that it can be printed and logged.
 */
static int qemu_check_text(const struct m_str *s, const char *key, struct err *e)
{
	const unsigned char *c = (const unsigned char *)s->v;

	for (; c && *c; c++)
		if (*c < 0x20 || *c == 0x7f)
			return err_at(e, &s->loc, EINVAL,
				      "%s: contains the control character 0x%02x", key,
				      *c);
	return 0;
}

static int qemu_check_texts(const struct vm_policy *p, struct err *e)
{
	const struct {
		const struct m_str *s;
		const char *key;
	} texts[] = {
		{ &p->name, "name" },
		{ &p->emulator, "emulator" },
		{ &p->machine, "machine" },
		{ &p->cpu, "cpu" },
		{ &p->firmware, "firmware" },
		{ &p->nvram, "nvram" },
		{ &p->kernel, "kernel" },
		{ &p->initrd, "initrd" },
		{ &p->append, "append" },
		{ &p->vnc.listen, "vnc.listen" },
		{ &p->vnc.password_file, "vnc.password_file" },
		{ &p->serial.path, "serial.path" },
		{ &p->qmp.path, "qmp.path" },
	};
	size_t i;
	int r = 0;

	for (i = 0; i < ARRAY_SIZE(texts) && r == 0; i++)
		r = qemu_check_text(texts[i].s, texts[i].key, e);
	for (i = 0; i < p->n_disks && r == 0; i++)
		r = qemu_check_text(&p->disks[i].serial, "disks.serial", e);
	for (i = 0; i < p->argv.n && r == 0; i++)
		r = qemu_check_text(&p->argv.v[i], "argv", e);
	return r;
}

static int qemu_check(const struct vm_policy *p, struct err *e)
{
	int r = qemu_check_texts(p, e);

	if (r < 0)
		return r;
	if (!p->name.v)
		return err_at(e, &p->loc, EINVAL, "name: is missing");
	if (!p->memory.v)
		return err_at(e, &p->loc, EINVAL, "memory: is missing");
	if (p->memory.v % (1u << 20))
		return err_at(e, &p->memory.loc, EINVAL,
			      "memory: not a multiple of 1 MiB");
	if (p->machine.v && strchr(p->machine.v, ','))
		return err_at(e, &p->machine.loc, EINVAL,
			      "machine: a type only; further options belong in argv");
	if (!p->kernel.v && (p->initrd.v || p->append.v))
		return err_at(e, p->initrd.v ? &p->initrd.loc : &p->append.loc, EINVAL,
			      "%s: needs a kernel", p->initrd.v ? "initrd" : "append");
	return 0;
}

/* The least hardware that a modern guest expects of this machine. */
static void qemu_add_machine(struct vmm_build *b)
{
	_cleanup_strbuf_ struct strbuf s = STRBUF_INIT;
	const struct vm_policy *p = b->p;

	strbuf_printf(&s, "type=%s,mem-merge=%s,dump-guest-core=off,usb=off",
		      qemu_machine(p), p->mem.ksm.v ? "on" : "off");
	if (qemu_machine_is_q35(p) || qemu_machine_is_pc(p))
		strbuf_puts(&s, ",vmport=off,smbus=off");
	if (qemu_machine_is_q35(p) && !qemu_uses_bus(p, BUS_SATA) &&
	    !qemu_uses_bus(p, BUS_IDE))
		strbuf_puts(&s, ",sata=off");
	if (p->memory_shared.v)
		strbuf_puts(&s, ",memory-backend=mem0");
	if (p->firmware.v)
		strbuf_puts(&s, ",pflash0=firmware");
	if (p->nvram.v)
		strbuf_puts(&s, ",pflash1=nvram");
	vmm_arg(b, "-machine");
	qemu_arg_take(b, &s);
}

static const char *qemu_cpu(const struct vmm_build *b)
{
	const struct vm_policy *p = b->p;
	bool kvm = b->t->accel == ACCEL_KVM;
	const char *cpu = p->cpu.v ? p->cpu.v : kvm ? "host" : "max";

	/* see target_probe() */
	if (kvm && b->t->lacks_arch_capabilities &&
	    (!strcmp(cpu, "host") || !strcmp(cpu, "max")))
		return arena_printf(&b->p->arena, "%s,arch-capabilities=off", cpu);
	return cpu;
}

static void qemu_add_accel(struct vmm_build *b)
{
	const struct vm_policy *p = b->p;
	bool kvm = b->t->accel == ACCEL_KVM;

	vmm_arg(b, "-accel");
	if (kvm)
		vmm_arg(b, "kvm");
	else
		vmm_argf(b, "tcg,split-wx=on,thread=multi,tb-size=%d", QEMU_TB_SIZE);
	/* split-wx keeps the code buffer in a memfd, which RLIMIT_FSIZE counts. */
	if (!kvm && b->n->memory_file < (uint64_t)QEMU_TB_SIZE << 20)
		b->n->memory_file = (uint64_t)QEMU_TB_SIZE << 20;
	vmm_arg(b, "-cpu");
	vmm_arg(b, qemu_cpu(b));
	vmm_arg(b, "-smp");
	vmm_argf(b, "cpus=%llu", (unsigned long long)(p->cpus.v ? p->cpus.v : 1));
}

static void qemu_add_memory(struct vmm_build *b)
{
	const struct vm_policy *p = b->p;
	unsigned long long mib = (unsigned long long)p->memory.v >> 20;

	vmm_arg(b, "-m");
	vmm_argf(b, "size=%lluM", mib);
	if (p->memory_shared.v) {
		vmm_arg(b, "-object");
		vmm_argf(b, "memory-backend-memfd,id=mem0,size=%lluM,share=on,merge=off,"
			    "dump=off", mib);
		if (b->n->memory_file < p->memory.v)
			b->n->memory_file = p->memory.v;
	}
	if (p->memory_locked.v) {
		vmm_arg(b, "-overcommit");
		vmm_arg(b, "mem-lock=on");
	}
	b->n->guest_memory = p->memory.v;
}

static void qemu_add_kernel(struct vmm_build *b)
{
	const struct vm_policy *p = b->p;
	const struct {
		const char *option;
		const struct m_str *v;
	} files[] = {
		{ "-kernel", &p->kernel },
		{ "-initrd", &p->initrd },
	};
	size_t i;

	for (i = 0; i < ARRAY_SIZE(files); i++) {
		if (!files[i].v->v)
			continue;
		/* read with fopen(3), which knows no fd sets */
		vmm_arg(b, files[i].option);
		vmm_arg(b, files[i].v->v);
		vmm_bind(b, files[i].v->v, 0, &files[i].v->loc);
	}
	if (p->append.v) {
		vmm_arg(b, "-append");
		vmm_arg(b, p->append.v);
	}
}

static void qemu_add_start(struct vmm_build *b)
{
	_cleanup_strbuf_ struct strbuf s = STRBUF_INIT;

	vmm_arg(b, b->p->emulator.v ? b->p->emulator.v : "/usr/bin/qemu-system-x86_64");
	vmm_arg(b, "-nodefaults");
	vmm_arg(b, "-no-user-config");
	strbuf_puts(&s, "guest=");
	qemu_add_value(&s, b->p->name.v);
	strbuf_puts(&s, ",debug-threads=off");
	vmm_arg(b, "-name");
	qemu_arg_take(b, &s);
	qemu_add_machine(b);
	qemu_add_accel(b);
	qemu_add_memory(b);
	vmm_arg(b, "-boot");
	vmm_arg(b, "menu=off,strict=on");
}

static int qemu_needs(struct vm_policy *p, const struct target *t, struct vmm_needs *n,
		      struct err *e)
{
	struct vmm_build b = { p, t, n };
	size_t i;
	int r = qemu_check(p, e);

	if (r < 0)
		return r;
	qemu_add_start(&b);
	r = qemu_add_firmware(&b, e);
	if (r == 0)
		r = qemu_add_disks(&b, e);
	if (r == 0)
		r = qemu_add_network(&b, e);
	if (r == 0)
		r = qemu_add_consoles(&b, e);
	if (r == 0)
		r = qemu_add_vnc(&b, e);
	if (r == 0)
		r = qemu_add_vfio(&b, e);
	if (r < 0)
		return r;
	qemu_add_kernel(&b);
	qemu_add_small_devices(&b);
	for (i = 0; i < p->argv.n; i++)
		vmm_arg(&b, p->argv.v[i].v);
	for (i = 0; i < p->environment.n; i++)
		vmm_env(&b, p->environment.v[i].v);
	qemu_add_runtime(&b);
	return 0;
}

const struct vmm vmm_qemu = { "qemu", qemu_needs };
