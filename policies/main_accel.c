/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Which accelerator this machine has. KVM counts when it really makes a VM: in a nested
 * machine /dev/kvm can exist and not work. */
#include <errno.h>
#include <fcntl.h>
#include <linux/kvm.h>
#include <string.h>
#include <sys/ioctl.h>

#include "main.h"

/* 0 if /dev/kvm makes a VM, else -errno. */
static int kvm_try(void)
{
	_cleanup_close_ int fd = open("/dev/kvm", O_RDWR | O_CLOEXEC);
	_cleanup_close_ int vm = -1;

	if (fd < 0)
		return -errno;
	if (ioctl(fd, KVM_GET_API_VERSION, 0UL) != KVM_API_VERSION)
		return -ENOSYS;
	do
		vm = ioctl(fd, KVM_CREATE_VM, 0UL);
	while (vm < 0 && errno == EINTR);
	return vm < 0 ? -errno : 0;
}

enum accel main_accel_asked(const struct cli *c, const struct vm_policy *p)
{
	const char *word = cli_value(c, "accel");

	if (p->accel.v != ACCEL_AUTO || !word)
		return (enum accel)p->accel.v;
	return !strcmp(word, "kvm") ? ACCEL_KVM :
	       !strcmp(word, "tcg") ? ACCEL_TCG :
				      ACCEL_AUTO;
}

enum accel main_accel(const struct cli *c, const struct vm_policy *p)
{
	enum accel asked = main_accel_asked(c, p);
	int r;

	if (asked != ACCEL_AUTO)
		return asked;
	r = kvm_try();
	if (r == -EACCES || r == -EPERM) {
		fprintf(stderr, "brattice-compile: note: /dev/kvm can't be tried without "
				"privilege; "
				"compiling for KVM, the launcher verifies it\n");
		return ACCEL_KVM;
	}
	return r == 0 ? ACCEL_KVM : ACCEL_TCG;
}

int main_accel_check(const struct cli *c)
{
	static const char *const words[] = { "auto", "kvm", "tcg" };
	const char *word = cli_value(c, "accel");
	struct err e = ERR_INIT;
	size_t i;

	for (i = 0; i < ARRAY_SIZE(words); i++)
		if (!word || !strcmp(word, words[i]))
			return 0;
	err_set(&e, EINVAL, "--accel: expected auto, kvm or tcg, found \"%s\"", word);
	cli_error(c, &e);
	return MAIN_USAGE;
}
