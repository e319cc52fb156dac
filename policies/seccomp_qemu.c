/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The table of QEMU. Another VMM is one more file like this. */
#include <asm/prctl.h>
#include <asm/termbits.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/falloc.h>
#include <linux/fs.h>
#include <linux/if_tun.h>
#include <linux/kvm.h>
#include <linux/prctl.h>
#include <linux/sched.h>
#include <linux/vfio.h>
#include <linux/vhost.h>
#include <signal.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/socket.h>

#include "seccomp_exec.h"
#include "seccomp_set.h"

/* Younger than the headers of Debian 12. */
#ifndef ARCH_GET_XCOMP_GUEST_PERM
#define ARCH_GET_XCOMP_GUEST_PERM 0x1024 /* Linux 5.17 */
#define ARCH_REQ_XCOMP_GUEST_PERM 0x1025
#endif
#ifndef MADV_POPULATE_WRITE
#define MADV_POPULATE_WRITE 23 /* Linux 5.14 */
#endif
#ifndef MADV_UNMERGEABLE
#define MADV_UNMERGEABLE 13
#endif
#ifndef PR_SET_VMA
#define PR_SET_VMA 0x53564d41 /* Linux 5.17 */
#endif
#ifndef F_ADD_SEALS
#define F_ADD_SEALS 1033
#define F_GET_SEALS 1034
#endif

/* xfs_fs.h: _IOR('X', 30, struct dioattr), three __u32. */
#define SC_XFS_IOC_DIOINFO _IOC(_IOC_READ, 'X', 30, 12)

/*
 * clone(2) uses the low half of its flags. A thread shares memory, files, signals and
 * undo lists; what remains free says only where ids and the thread pointer are stored
 * (CLONE_DETACHED: musl, no effect). The low byte, the signal at exit, is 0.
 */
#define SC_THREAD_FLAGS \
	(CLONE_VM | CLONE_FS | CLONE_FILES | CLONE_SIGHAND | CLONE_THREAD | CLONE_SYSVSEM)
#define SC_THREAD_OPTIONAL                                         \
	(CLONE_SETTLS | CLONE_PARENT_SETTID | CLONE_CHILD_SETTID | \
	 CLONE_CHILD_CLEARTID | CLONE_DETACHED)

_Static_assert((SIGABRT ^ SIGBUS) == 1, "one masked compare covers both");

#define INT(a, v) { a, 0xffffffffU, (uint32_t)(v) }
#define BITS(a, m, v) { a, (uint32_t)(m), (uint32_t)(v) }
#define LONG(a, v) { a, ~0ULL, (uint64_t)(v) }
/* socket(2): the type without SOCK_CLOEXEC and SOCK_NONBLOCK; those bits only. */
#define SOCKTYPE(t) BITS(1, ~(uint32_t)(SOCK_CLOEXEC | SOCK_NONBLOCK), t)

#define N_COND(...) (sizeof((struct sc_cond[]){ __VA_ARGS__ }) / sizeof(struct sc_cond))
#define ERRNO(n) (SECCOMP_RET_ERRNO | (n))

/* Names are made into strings here, before anything expands them. */
#define ROW(f, call, act, why, text, ...) \
	{ SC_##f, call, { act, N_COND(__VA_ARGS__), { __VA_ARGS__ }, false, text, why } },
#define PLAIN(f, call, act, why) \
	{ SC_##f, call, { act, 0, { { 0, 0, 0 } }, false, "", why } },
#define ALLOW(f, call, why) PLAIN(f, #call, SECCOMP_RET_ALLOW, why)
#define SOFT(f, call, n, why) PLAIN(f, #call, ERRNO(n), why)
#define IF(f, call, why, ...) \
	ROW(f, #call, SECCOMP_RET_ALLOW, why, #__VA_ARGS__, __VA_ARGS__)
#define SOFT_IF(f, call, n, why, ...) \
	ROW(f, #call, ERRNO(n), why, #__VA_ARGS__, __VA_ARGS__)
#define REQUEST(f, request, name, is_hot, why) \
	{ SC_##f,                              \
	  "ioctl",                             \
	  { SECCOMP_RET_ALLOW, 1, { INT(1, request) }, is_hot, name, why } },
#define IOCTL(f, request, why) REQUEST(f, request, #request, false, why)
#define IOCTL_HOT(f, request, why) REQUEST(f, request, #request, true, why)

static const struct sc_row rows[] = {
#include "seccomp_ioctl.def"
#include "seccomp_qemu.def"
};

const struct sc_vmm sc_vmm_qemu = { "qemu", rows, ARRAY_SIZE(rows) };
