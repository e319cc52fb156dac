/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Other processes, and rights of our own that were taken away. */
#include <errno.h>
#include <fcntl.h>
#include <linux/capability.h>
#include <linux/keyctl.h>
#include <linux/prctl.h>
#include <linux/sched.h>
#include <linux/sched/types.h>
#include <linux/securebits.h>
#include <signal.h>
#include <sys/ptrace.h>
#include <sys/resource.h>
#include <sys/uio.h>

#include "raw.h"

#define T const struct target *t
#define UNUSED ((void)t)
#define NO_PID 1 /* when no foreign process was named: init of whatever we see */

static long other(T)
{
	return t->pid ? t->pid : NO_PID;
}

static long ptrace_attach(T) { return raw(__NR_ptrace, PTRACE_ATTACH, other(t), 0, 0); }
static long ptrace_seize(T) { return raw(__NR_ptrace, PTRACE_SEIZE, other(t), 0, 0); }
static long ptrace_me(T) { UNUSED; return raw(__NR_ptrace, PTRACE_TRACEME, 0, 0, 0); }

static long vm_read(T)
{
	char byte;
	struct iovec here = { &byte, 1 }, there = { (void *)0x400000, 1 };

	return raw(__NR_process_vm_readv, other(t), &here, 1, &there, 1, 0);
}

static long vm_write(T)
{
	char byte = 0;
	struct iovec here = { &byte, 1 }, there = { (void *)0x400000, 1 };

	return raw(__NR_process_vm_writev, other(t), &here, 1, &there, 1, 0);
}

static long pidfd_of_other(T) { return raw(__NR_pidfd_open, t->pid, 0); }

static long pidfd_take_fd(T)
{
	long fd = raw(__NR_pidfd_open, other(t), 0);

	return fd < 0 ? fd : raw(__NR_pidfd_getfd, fd, 0, 0);
}

static long kill_other(T) { return raw(__NR_kill, t->pid ? t->pid : -1, 0); }
static long kill_all(T) { UNUSED; return raw(__NR_kill, -1, 0); }
static long kill_group_zero(T) { return raw(__NR_kill, t->pid ? -t->pid : -2, 0); }
static long tgkill_other(T) { return raw(__NR_tgkill, t->pid, t->pid, 0); }
static long tkill_other(T) { return raw(__NR_tkill, t->pid, 0); }

static long setuid_root(T) { UNUSED; return raw(__NR_setuid, 0); }
static long setresuid_root(T) { UNUSED; return raw(__NR_setresuid, 0, 0, 0); }
static long setgid_root(T) { UNUSED; return raw(__NR_setgid, 0); }
static long setgroups_root(T) { gid_t g = 0; UNUSED; return raw(__NR_setgroups, 1, &g); }
static long setfsuid_root(T)
{
	UNUSED; /* answers the old id, never an error: ask twice */
	raw(__NR_setfsuid, 0);
	return raw(__NR_setfsuid, -1) == 0 ? 0 : -EPERM;
}

static long capset_all(T)
{
	struct __user_cap_header_struct h = { _LINUX_CAPABILITY_VERSION_3, 0 };
	struct __user_cap_data_struct d[2] = { { ~0U, ~0U, ~0U }, { ~0U, ~0U, ~0U } };

	UNUSED;
	return raw(__NR_capset, &h, d);
}

static long cap_ambient(T)
{
	UNUSED;
	return raw(__NR_prctl, PR_CAP_AMBIENT, PR_CAP_AMBIENT_RAISE, CAP_SYS_ADMIN, 0, 0);
}

static long dumpable(T) { UNUSED; return raw(__NR_prctl, PR_SET_DUMPABLE, 1, 0, 0, 0); }
static long dumpable_high_bits(T)
{
	UNUSED;
	return raw(__NR_prctl, 0x100000000L + PR_SET_DUMPABLE, 1, 0, 0, 0);
}
static long securebits(T)
{
	UNUSED;
	return raw(__NR_prctl, PR_SET_SECUREBITS, 0, 0, 0, 0);
}
static long set_ptracer(T)
{
	UNUSED;
	return raw(__NR_prctl, PR_SET_PTRACER, -1L, 0, 0, 0);
}
static long pdeathsig(T) { UNUSED; return raw(__NR_prctl, PR_SET_PDEATHSIG, 0, 0, 0, 0); }
static long keep_caps(T) { UNUSED; return raw(__NR_prctl, PR_SET_KEEPCAPS, 1, 0, 0, 0); }
static long subreaper(T)
{
	UNUSED;
	return raw(__NR_prctl, PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0);
}

static long speculation_on(T)
{
	UNUSED;
	return raw(__NR_prctl, PR_SET_SPECULATION_CTRL, PR_SPEC_STORE_BYPASS,
		   PR_SPEC_ENABLE, 0, 0);
}

static long core_sched(T)
{
	UNUSED;
	return raw(__NR_prctl, PR_SCHED_CORE, PR_SCHED_CORE_CREATE, 0,
		   PR_SCHED_CORE_SCOPE_THREAD_GROUP, 0);
}

static long core_sched_share(T)
{
	return raw(__NR_prctl, PR_SCHED_CORE, PR_SCHED_CORE_SHARE_FROM, other(t),
		   PR_SCHED_CORE_SCOPE_THREAD, 0);
}

/* PR_SET_MDWE (65, Linux 6.3): clearing it is refused by the kernel once set */
static long mdwe_off(T) { UNUSED; return raw(__NR_prctl, 65, 0, 0, 0, 0); }
static long ksm_on(T) { UNUSED; return raw(__NR_prctl, 67, 1, 0, 0, 0); }

static long raise_limit(long which)
{
	struct rlimit r = { RLIM_INFINITY, RLIM_INFINITY };

	return raw(__NR_prlimit64, 0, which, &r, NULL);
}

static long raise_nofile(T)
{
	struct rlimit r = { 1 << 20, 1 << 20 };

	UNUSED;
	return raw(__NR_prlimit64, 0, RLIMIT_NOFILE, &r, NULL);
}

static long raise_memlock(T) { UNUSED; return raise_limit(RLIMIT_MEMLOCK); }
static long raise_core(T) { UNUSED; return raise_limit(RLIMIT_CORE); }
static long raise_fsize(T) { UNUSED; return raise_limit(RLIMIT_FSIZE); }
static long raise_old_call(T)
{
	struct rlimit r = { RLIM_INFINITY, RLIM_INFINITY };

	UNUSED;
	return raw(__NR_setrlimit, RLIMIT_CORE, &r);
}

static long limit_other(T)
{
	struct rlimit r;

	return raw(__NR_prlimit64, t->pid ? t->pid : -1, RLIMIT_CORE, NULL, &r);
}

static long nice_up(T) { UNUSED; return raw(__NR_setpriority, 0, 0, -20); }

static long realtime(T)
{
	int priority = 1;

	UNUSED;
	return raw(__NR_sched_setscheduler, 0, 1, &priority);
}

static long affinity_of_other(T)
{
	unsigned long mask = 1;

	return raw(__NR_sched_setaffinity, t->pid ? t->pid : -1, sizeof(mask), &mask);
}

static long persona(T) { UNUSED; return raw(__NR_personality, 0x0400000); }
static long persona_high_bits(T) { UNUSED; return raw(__NR_personality, 0x100400000L); }

static long key_join(T)
{
	UNUSED;
	return raw(__NR_keyctl, KEYCTL_JOIN_SESSION_KEYRING, NULL);
}

static long key_user_ring(T)
{
	UNUSED;
	return raw(__NR_keyctl, KEYCTL_GET_KEYRING_ID, KEY_SPEC_USER_KEYRING, 1);
}

static long key_add(T)
{
	UNUSED;
	return raw(__NR_add_key, "user", "brattice-test", "x", 1,
		   KEY_SPEC_PROCESS_KEYRING);
}

static long key_request(T)
{
	UNUSED;
	return raw(__NR_request_key, "user", "brattice-none", NULL, 0);
}

const struct attack attacks_process[] = {
	{ "ptrace_attach", ptrace_attach, "KILL", "EPERM|ESRCH" },
	{ "ptrace_seize", ptrace_seize, "KILL", "EPERM|ESRCH" },
	{ "ptrace_traceme", ptrace_me, "KILL", "-" },
	{ "process_vm_readv", vm_read, "KILL", "EPERM|ESRCH" },
	{ "process_vm_writev", vm_write, "KILL", "EPERM|ESRCH" },
	{ "pidfd_open_other", pidfd_of_other, "KILL", "ESRCH" },
	{ "pidfd_getfd", pidfd_take_fd, "KILL", "EPERM|ESRCH" },
	{ "kill_other", kill_other, "KILL", "ESRCH" },
	{ "kill_all", kill_all, "KILL", "ESRCH|EPERM" },
	{ "kill_group", kill_group_zero, "KILL", "ESRCH" },
	{ "tgkill_other", tgkill_other, "ESRCH|EPERM|KILL", "ESRCH" },
	{ "tkill_other", tkill_other, "KILL", "ESRCH" },
	{ "setuid_root", setuid_root, "KILL", "EPERM" },
	{ "setresuid_root", setresuid_root, "KILL", "EPERM" },
	{ "setgid_root", setgid_root, "KILL", "EPERM" },
	{ "setgroups", setgroups_root, "KILL", "EPERM" },
	{ "setfsuid_root", setfsuid_root, "KILL", "EPERM" },
	{ "capset", capset_all, "KILL", "EPERM" },
	{ "cap_ambient", cap_ambient, "KILL", "EPERM" },
	{ "prctl_dumpable", dumpable, "KILL", "-" },
	{ "prctl_dumpable_high_bits", dumpable_high_bits, "KILL", "-" },
	{ "prctl_securebits", securebits, "KILL", "EPERM" },
	{ "prctl_set_ptracer", set_ptracer, "KILL", "-" },
	{ "prctl_pdeathsig", pdeathsig, "KILL", "-" },
	{ "prctl_keepcaps", keep_caps, "KILL", "EPERM" },
	{ "prctl_subreaper", subreaper, "KILL", "-" },
	{ "prctl_speculation", speculation_on, "KILL", "EPERM|ENXIO|EINVAL|ENODEV" },
	{ "prctl_core_sched", core_sched, "KILL", "-" },
	{ "prctl_core_sched_share", core_sched_share, "KILL", "-" },
	{ "prctl_mdwe_off", mdwe_off, "KILL", "-" },
	{ "prctl_ksm_on", ksm_on, "KILL", "-" },
	{ "rlimit_nofile", raise_nofile, "KILL", "EPERM" },
	{ "rlimit_memlock", raise_memlock, "KILL", "EPERM" },
	{ "rlimit_core", raise_core, "KILL", "EPERM" },
	{ "rlimit_fsize", raise_fsize, "KILL", "EPERM" },
	{ "setrlimit_core", raise_old_call, "KILL", "EPERM" },
	{ "prlimit_other", limit_other, "KILL|ESRCH|EPERM", "ESRCH" },
	{ "setpriority", nice_up, "KILL", "EACCES|EPERM" },
	{ "sched_realtime", realtime, "KILL", "EPERM" },
	{ "sched_affinity_other", affinity_of_other, "KILL|ESRCH", "ESRCH" },
	{ "personality", persona, "KILL", "-" },
	{ "personality_high_bits", persona_high_bits, "KILL", "-" },
	{ "keyctl_join", key_join, "KILL", "-" },
	{ "keyctl_user_keyring", key_user_ring, "KILL", "-" },
	{ "add_key", key_add, "KILL", "-" },
	{ "request_key", key_request, "KILL", "-" },
	{ NULL, NULL, NULL, NULL },
};
