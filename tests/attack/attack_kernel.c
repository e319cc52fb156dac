/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The kernel itself: namespaces, programs, modules, clocks, memory rights. Arguments are
 * such that a missing wall does no harm to the machine that runs the tests. */
#include <errno.h>
#include <fcntl.h>
#include <linux/bpf.h>
#include <linux/perf_event.h>
#include <linux/sched.h>
#include <linux/seccomp.h>
#include <sys/mman.h>

#include "raw.h"

#define T const struct target *t
#define UNUSED ((void)t)
#define RWX (PROT_READ | PROT_WRITE | PROT_EXEC)
#define ANON (MAP_PRIVATE | MAP_ANONYMOUS)

static long unshare_user(T) { UNUSED; return raw(__NR_unshare, CLONE_NEWUSER); }
static long unshare_mount(T) { UNUSED; return raw(__NR_unshare, CLONE_NEWNS); }
static long unshare_net(T) { UNUSED; return raw(__NR_unshare, CLONE_NEWNET); }
static long set_ns(T) { return raw(__NR_setns, t->fd, 0); }
static long set_ns_pidfd(T)
{
	long fd = raw(__NR_pidfd_open, t->pid ? t->pid : 1, 0);

	return fd < 0 ? fd : raw(__NR_setns, fd, CLONE_NEWNS);
}

static long bpf_map(T)
{
	union bpf_attr a = { .map_type = BPF_MAP_TYPE_ARRAY };

	UNUSED;
	a.key_size = 4;
	a.value_size = 4;
	a.max_entries = 1;
	return raw(__NR_bpf, BPF_MAP_CREATE, &a, sizeof(a));
}

static long bpf_detach(T)
{
	union bpf_attr a = { .target_fd = 0 };

	UNUSED;
	a.attach_type = BPF_CGROUP_DEVICE;
	return raw(__NR_bpf, BPF_PROG_DETACH, &a, sizeof(a));
}

static long perf_open(T)
{
	struct perf_event_attr a = { .type = PERF_TYPE_SOFTWARE, .size = sizeof(a) };

	UNUSED;
	return raw(__NR_perf_event_open, &a, -1, 0, -1, 0);
}

static long uffd(T) { UNUSED; return raw(__NR_userfaultfd, 0); }
static long uffd_user_mode(T) { UNUSED; return raw(__NR_userfaultfd, 1); }

static long uring_setup(T)
{
	uint32_t params[30] = { 0 };

	UNUSED;
	return raw(__NR_io_uring_setup, 4, params);
}

static long uring_enter(T) { return raw(__NR_io_uring_enter, t->fd, 1, 0, 0, NULL, 0); }
static long uring_register(T) { return raw(__NR_io_uring_register, t->fd, 0, NULL, 0); }

static long kexec(T) { UNUSED; return raw(__NR_kexec_load, 0, 0, NULL, 0xffff0000L); }
static long kexec_file(T)
{
	UNUSED;
	return raw(__NR_kexec_file_load, -1, -1, 0, NULL, 0);
}
static long module_init(T) { UNUSED; return raw(__NR_init_module, NULL, 0, ""); }
static long module_finit(T) { return raw(__NR_finit_module, t->fd, "", 0); }
static long module_delete(T)
{
	UNUSED;
	return raw(__NR_delete_module, "brattice_none", 0);
}
static long io_ports(T) { UNUSED; return raw(__NR_iopl, 3); }
static long io_perm(T) { UNUSED; return raw(__NR_ioperm, 0x80, 1, 1); }
static long ldt(T) { char b[16]; UNUSED; return raw(__NR_modify_ldt, 0, b, sizeof(b)); }

/* An invalid time: past the permission check the answer would be EINVAL. */
static long set_clock(T)
{
	long now[2] = { 0, -1 };

	UNUSED;
	return raw(__NR_clock_settime, 0, now);
}

static long set_time(T)
{
	int zone[2] = { 16 * 60, 0 };

	UNUSED;
	return raw(__NR_settimeofday, NULL, zone);
}

static long adjust_clock(T)
{
	unsigned char tx[208] = { 0 };

	UNUSED;
	tx[0] = 0x02; /* ADJ_FREQUENCY */
	return raw(__NR_adjtimex, tx);
}

static long adjust_clock_by_id(T)
{
	unsigned char tx[208] = { 0 };

	UNUSED;
	tx[0] = 0x02;
	return raw(__NR_clock_adjtime, 0, tx);
}

static long reboot_bad_magic(T) { UNUSED; return raw(__NR_reboot, 0, 0, 0, NULL); }
static long host_name(T) { UNUSED; return raw(__NR_sethostname, "pwned", 5); }
static long domain_name(T) { UNUSED; return raw(__NR_setdomainname, "pwned", 5); }
static long kernel_log(T)
{
	char b[64];
	UNUSED;
	return raw(__NR_syslog, 3, b, sizeof(b));
}
static long hangup(T) { UNUSED; return raw(__NR_vhangup); }
static long migrate(T)
{
	return raw(__NR_migrate_pages, t->pid ? t->pid : -1, 1, "", "");
}
static long move_pages_of(T)
{
	return raw(__NR_move_pages, t->pid ? t->pid : -1, 0, NULL, NULL, NULL, 0);
}
static long compare(T) { return raw(__NR_kcmp, 1, t->pid ? t->pid : -1, 0, 0, 0); }
static long advise_other(T)
{
	return raw(__NR_process_madvise, t->fd, NULL, 0, 0, 0);
}

static long more_seccomp(T)
{
	UNUSED;
	return raw(__NR_seccomp, SECCOMP_SET_MODE_STRICT, 1, NULL);
}

static long notify_listener(T)
{
	unsigned long filter[1] = { 0x7fff000000000006UL }; /* return ALLOW */
	struct {
		unsigned short len;
		void *code;
	} p = { 1, filter };

	UNUSED;
	return raw(__NR_seccomp, SECCOMP_SET_MODE_FILTER,
		   SECCOMP_FILTER_FLAG_NEW_LISTENER, &p);
}

static long wx_map(T) { UNUSED; return raw(__NR_mmap, 0, 4096, RWX, ANON, -1, 0); }
static long wx_map_high_bits(T)
{
	UNUSED;
	return raw(__NR_mmap, 0, 4096, 0x100000000L + RWX, ANON, -1, 0);
}

static long wx_protect(T)
{
	long p = raw(__NR_mmap, 0, 4096, PROT_READ | PROT_WRITE, ANON, -1, 0);

	UNUSED;
	return raw(__NR_mprotect, p, 4096, RWX);
}

static long wx_pkey(T)
{
	long p = raw(__NR_mmap, 0, 4096, PROT_READ | PROT_WRITE, ANON, -1, 0);

	UNUSED;
	return raw(__NR_pkey_mprotect, p, 4096, RWX, -1);
}

/* Write first, make executable afterwards: only MDWE (prctl) stops this. */
static long write_then_exec(T)
{
	long p = raw(__NR_mmap, 0, 4096, PROT_READ | PROT_WRITE, ANON, -1, 0);

	UNUSED;
	*(volatile char *)p = (char)0xc3;
	return raw(__NR_mprotect, p, 4096, PROT_READ | PROT_EXEC);
}

static long remap_pages(T)
{
	UNUSED;
	return raw(__NR_remap_file_pages, 0, 4096, 0, 0, 0);
}
static long secret_memory(T) { UNUSED; return raw(__NR_memfd_secret, 0); }
static long shm_exec(T)
{
	long id = raw(__NR_shmget, 0, 4096, 01600);

	UNUSED;
	return id < 0 ? id : raw(__NR_shmat, id, 0, 0100000);
}

/* Above every number that the policy knows: new calls must look absent, not fatal. */
static long future_call(T) { UNUSED; return raw(511L + 400, 0, 0, 0, 0, 0, 0); }
static long old_uselib(T) { UNUSED; return raw(__NR_uselib, "/x"); }
static long old_sysctl(T) { UNUSED; return raw(__NR__sysctl, NULL); }
static long old_nfs(T) { UNUSED; return raw(__NR_nfsservctl, 0, NULL, NULL); }

const struct attack attacks_kernel[] = {
	{ "unshare_user", unshare_user, "KILL", "-" },
	{ "unshare_mount", unshare_mount, "KILL", "EPERM" },
	{ "unshare_net", unshare_net, "KILL", "EPERM" },
	{ "setns", set_ns, "KILL", "EINVAL|EPERM|EBADF" },
	{ "setns_pidfd", set_ns_pidfd, "KILL", "EPERM|ESRCH" },
	{ "bpf_map", bpf_map, "KILL", "EPERM" },
	{ "bpf_detach", bpf_detach, "KILL", "EPERM|EBADF|EINVAL" },
	{ "perf_event_open", perf_open, "KILL", "EPERM|EACCES|ENOSYS" },
	{ "userfaultfd", uffd, "KILL", "EPERM|ENOSYS" },
	{ "userfaultfd_user_mode", uffd_user_mode, "KILL", "-" },
	{ "io_uring_setup", uring_setup, "KILL|ENOSYS|EPERM", "-" },
	{ "io_uring_enter", uring_enter, "KILL|ENOSYS|EPERM", "EOPNOTSUPP|EBADF|EINVAL" },
	{ "io_uring_register", uring_register, "KILL|ENOSYS|EPERM", "-" },
	{ "kexec_load", kexec, "KILL", "EPERM|ENOSYS" },
	{ "kexec_file_load", kexec_file, "KILL", "EPERM|ENOSYS" },
	{ "init_module", module_init, "KILL", "EPERM|ENOSYS" },
	{ "finit_module", module_finit, "KILL", "EPERM|ENOSYS" },
	{ "delete_module", module_delete, "KILL", "EPERM|ENOSYS" },
	{ "iopl", io_ports, "KILL", "EPERM|ENOSYS" },
	{ "ioperm", io_perm, "KILL", "EPERM|ENOSYS" },
	{ "modify_ldt", ldt, "KILL", "-" },
	{ "clock_settime", set_clock, "KILL", "EPERM|EINVAL" },
	{ "settimeofday", set_time, "KILL", "EPERM" },
	{ "adjtimex", adjust_clock, "KILL", "EPERM" },
	{ "clock_adjtime", adjust_clock_by_id, "KILL", "EPERM" },
	{ "reboot", reboot_bad_magic, "KILL", "EPERM" },
	{ "sethostname", host_name, "KILL", "EPERM" },
	{ "setdomainname", domain_name, "KILL", "EPERM" },
	{ "syslog", kernel_log, "KILL", "-" },
	{ "vhangup", hangup, "KILL", "EPERM" },
	{ "migrate_pages", migrate, "KILL", "ESRCH|EPERM|EFAULT|EINVAL" },
	{ "move_pages", move_pages_of, "KILL", "ESRCH|EPERM|ENODEV" },
	{ "kcmp", compare, "KILL", "ESRCH|EPERM|ENOSYS" },
	{ "process_madvise", advise_other, "KILL", "EBADF|EINVAL" },
	{ "seccomp_strict", more_seccomp, "KILL|EINVAL|EPERM", "EINVAL|EPERM" },
	{ "seccomp_listener", notify_listener, "KILL|EPERM", "-" },
	{ "mmap_wx", wx_map, "KILL", "EACCES" },
	{ "mmap_wx_high_bits", wx_map_high_bits, "KILL", "EACCES" },
	{ "mprotect_wx", wx_protect, "KILL", "EACCES" },
	{ "pkey_mprotect_wx", wx_pkey, "KILL", "EACCES|ENOSYS" },
	{ "mprotect_write_then_exec", write_then_exec, "EACCES", "EACCES" },
	{ "remap_file_pages", remap_pages, "KILL", "EINVAL" },
	{ "memfd_secret", secret_memory, "KILL|ENOSYS", "-" },
	{ "shmat_exec", shm_exec, "KILL", "-" },
	{ "future_call", future_call, "ENOSYS", "ENOSYS" },
	{ "uselib", old_uselib, "KILL", "ENOSYS" },
	{ "sysctl", old_sysctl, "KILL", "ENOSYS" },
	{ "nfsservctl", old_nfs, "KILL", "ENOSYS" },
	{ NULL, NULL, NULL, NULL },
};
