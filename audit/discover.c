/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "discover.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#include "alloc.h"
#include "num.h"

#define KVM_VM_LINK "anon_inode:kvm-vm"

/* Executables by base name; a trailing '*' matches any ending. */
static const struct {
	const char *pattern, *vmm;
} vmm_names[] = {
	{ "qemu-system-*", "qemu" },
	{ "qemu-kvm", "qemu" },
	{ "cloud-hypervisor*", "cloud-hypervisor" },
	{ "crosvm", "crosvm" },
	{ "firecracker*", "firecracker" },
	{ "kvmtool", "kvmtool" },
	{ "lkvm*", "kvmtool" },
	{ "dragonball*", "dragonball" },
	{ "stratovirt*", "stratovirt" },
};

const char *discover_vmm(const char *path)
{
	const char *base = strrchr(path, '/');
	size_t i, n;

	base = base ? base + 1 : path;
	for (i = 0; i < ARRAY_SIZE(vmm_names); i++) {
		const char *p = vmm_names[i].pattern;

		n = strlen(p);
		if (p[n - 1] == '*' ? !strncmp(base, p, n - 1) : !strcmp(base, p))
			return vmm_names[i].vmm;
	}
	return NULL;
}

const char *discover_by_name(enum found_by by)
{
	static const char *const names[] = { "nothing", "receipt", "kvm-vm descriptor",
					     "executable", "command line" };

	return names[by];
}

/* 1 if a descriptor is a KVM VM, 0 if none, -errno if the table can't be read. */
static int holds_kvm_vm(int procfd)
{
	_cleanup_dir_ DIR *d = NULL;
	struct dirent *de;
	int fd = openat(procfd, "fd", O_RDONLY | O_DIRECTORY | O_CLOEXEC);

	if (fd < 0)
		return -errno;
	d = fdopendir(fd);
	if (!d) {
		close(fd);
		return -ENOMEM;
	}
	while ((de = readdir(d))) {
		char link[sizeof(KVM_VM_LINK)];
		ssize_t n;

		if (de->d_name[0] == '.')
			continue;
		n = readlinkat(fd, de->d_name, link, sizeof(link));
		if (n == (ssize_t)sizeof(link) - 1 &&
		    !memcmp(link, KVM_VM_LINK, (size_t)n))
			return 1;
	}
	return 0;
}

static const json_t *receipt_of(const struct collector *c, pid_t pid, uint64_t starttime)
{
	const json_t *entry;
	size_t i;

	json_array_foreach(c->receipts, i, entry) {
		const json_t *vmm =
			json_object_get(json_object_get(entry, "receipt"), "vmm");

		if (json_integer_value(json_object_get(vmm, "pid")) == pid &&
		    json_integer_value(json_object_get(vmm, "starttime")) ==
			    (json_int_t)starttime)
			return entry;
	}
	return NULL;
}

/* The hint that is left when neither executable nor descriptors may be looked at. */
static const char *vmm_by_cmdline(struct collector *c, int procfd)
{
	if (proc_read(procfd, "cmdline", PROC_CMDLINE_MAX, &c->buf) < 0 || !c->buf.len)
		return NULL;
	return discover_vmm(c->buf.s);
}

/* " (deleted)" is the kernel's mark and no part of the name. */
static void strip_deleted(struct proc_buf *b)
{
	static const char mark[] = " (deleted)";
	size_t n = sizeof(mark) - 1;

	if (b->len > n && !strcmp(b->s + b->len - n, mark))
		b->s[b->len -= n] = '\0';
}

static int examine(struct collector *c, struct discovery *d, struct candidate *x)
{
	int r = proc_readlink(x->procfd, "exe", &c->buf), kvm;

	if (r == -ENOENT) /* a kernel thread or a zombie */
		return 0;
	if (r == -ESRCH)
		return r;
	if (!r) {
		strip_deleted(&c->buf);
		x->vmm = discover_vmm(c->buf.s);
	}
	/* of a known VMM the object probe reads the descriptors anyway */
	kvm = x->vmm ? 0 : holds_kvm_vm(x->procfd);
	if (kvm == -ESRCH || kvm == -ENOENT)
		return -ESRCH;
	if (r < 0 || kvm < 0)
		d->could_not_look++;
	if (r < 0)
		x->vmm = vmm_by_cmdline(c, x->procfd);
	if (kvm == 1)
		x->by = FOUND_KVM;
	else if (x->vmm)
		x->by = r < 0 ? FOUND_CMDLINE : FOUND_EXE;
	if (x->by == FOUND_NOT && !json_array_size(c->receipts))
		return 0;
	r = proc_starttime(x->procfd, &c->buf, &x->starttime, &x->ppid);
	if (r < 0)
		return -ESRCH;
	x->receipt = receipt_of(c, x->pid, x->starttime);
	if (x->receipt)
		x->by = FOUND_RECEIPT;
	if (!x->vmm)
		x->vmm = "unknown";
	return 0;
}

static void discover_one(struct collector *c, struct discovery *d, const char *name,
			 uint64_t pid)
{
	struct candidate x = { .pid = (pid_t)pid, .by = FOUND_NOT };

	d->processes++;
	x.procfd = openat(c->procfd, name, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (x.procfd < 0) {
		if (errno == ENOENT || errno == ESRCH)
			d->vanished++;
		else
			d->could_not_look++;
		return;
	}
	if (examine(c, d, &x) < 0)
		d->vanished++;
	else if (x.by != FOUND_NOT)
		d->found(d->ctx, &x);
	close(x.procfd);
}

int discover_run(struct collector *c, struct discovery *d, struct err *e)
{
	_cleanup_dir_ DIR *dir = NULL;
	struct dirent *de;
	int fd = openat(c->procfd, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);

	dir = fd < 0 ? NULL : fdopendir(fd);
	if (!dir) {
		err_errno(e, "cannot list /proc");
		if (fd >= 0)
			close(fd);
		return -e->code;
	}
	while ((de = readdir(dir))) {
		uint64_t pid;

		if (num_u64(de->d_name, &pid) < 0 || !pid || pid > INT32_MAX ||
		    (pid_t)pid == getpid())
			continue;
		discover_one(c, d, de->d_name, pid);
	}
	return 0;
}
