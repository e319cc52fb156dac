/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Namespaces are made by clone3(2) itself, so the process is never outside of them;
 * only the user namespace comes later (layer identity), because mapping page 0 and
 * mounting need capabilities in the initial one.
 */
#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <string.h>
#include <sys/utsname.h>

#include "jsonx.h"
#include "procfs.h"
#include "run.h"
#include "sys.h"
#include "trace.h"

static const struct {
	const char *key, *link;
	uint64_t flag;
} spaces[] = {
	{ "mount", "ns/mnt", CLONE_NEWNS },   { "pid", "ns/pid", CLONE_NEWPID },
	{ "ipc", "ns/ipc", CLONE_NEWIPC },    { "uts", "ns/uts", CLONE_NEWUTS },
	{ "net", "ns/net", CLONE_NEWNET },    { "cgroup", "ns/cgroup", CLONE_NEWCGROUP },
	{ "user", "ns/user", CLONE_NEWUSER },
};

static int namespace_load(struct run *run, const json_t *params, struct err *e)
{
	size_t i;

	for (i = 0; i < ARRAY_SIZE(spaces); i++) {
		bool on;

		if (jsonx_need_bool(params, spaces[i].key, &on, "layer namespace", e) < 0)
			return -e->code;
		if (on && spaces[i].flag == CLONE_NEWUSER)
			run->user_ns = true;
		else if (on)
			run->clone_flags |= spaces[i].flag;
	}
	/* The rest of the launch is built on these two: no half measures. */
	if (!(run->clone_flags & CLONE_NEWNS) || !(run->clone_flags & CLONE_NEWPID))
		return err_set(e, EINVAL, "layer namespace: mount and pid can't be off");
	return jsonx_opt_string(params, "hostname", &run->hostname, "layer namespace", e);
}

static int namespace_apply(struct run *run, struct err *e)
{
	if (!(run->clone_flags & CLONE_NEWUTS))
		return 0;
	if (run->hostname && sethostname(run->hostname, strlen(run->hostname)) < 0)
		return err_errno(e, "cannot set the host name");
	if (setdomainname("(none)", 6) < 0)
		return err_errno(e, "cannot set the domain name");
	return 0;
}

static int namespace_verify_names(struct run *run, json_t *observed, struct err *e)
{
	const uint64_t args[6] = { 0 };
	char memory[TRACE_BUFFER] = "";
	struct utsname u;
	int64_t r;

	if (!(run->clone_flags & CLONE_NEWUTS) || !run->hostname)
		return 0;
	if (trace_syscall_memory(&run->tracee, SYS_uname, args, 0, memory, &r, e) < 0)
		return -e->code;
	memcpy(&u, memory, sizeof(u));
	if (r != 0 || strcmp(u.nodename, run->hostname) != 0 ||
	    strcmp(u.domainname, "(none)") != 0)
		return err_set(e, EINVAL, "the VM's host name is not %s", run->hostname);
	json_object_set_new(observed, "hostname", json_string(u.nodename));
	return 0;
}

static int namespace_verify(struct run *run, json_t *observed, struct err *e)
{
	size_t i;

	for (i = 0; i < ARRAY_SIZE(spaces); i++) {
		bool want = spaces[i].flag == CLONE_NEWUSER
				    ? run->user_ns
				    : (run->clone_flags & spaces[i].flag);
		char own[64], of_vmm[64], name[32];
		ssize_t n;

		snprintf(name, sizeof(name), "/proc/self/%s", spaces[i].link);
		n = readlink(name, own, sizeof(own) - 1);
		if (n < 0)
			return err_errno(e, "cannot read %s", name);
		own[n] = '\0';
		if (procfs_readlink(run->proc_fd, spaces[i].link, of_vmm, sizeof(of_vmm),
				    e) < 0)
			return -e->code;
		if (want == !strcmp(own, of_vmm))
			return err_set(e, EINVAL, "the %s namespace is %s the host's",
				       spaces[i].key, want ? "still" : "not");
		json_object_set_new(observed, spaces[i].key, json_string(of_vmm));
	}
	return namespace_verify_names(run, observed, e);
}

static void namespace_plan(const struct run *run, FILE *out)
{
	size_t i;

	for (i = 0; i < ARRAY_SIZE(spaces); i++) {
		bool on = spaces[i].flag == CLONE_NEWUSER
				  ? run->user_ns
				  : (run->clone_flags & spaces[i].flag);

		fprintf(out, "  %s: %s\n", spaces[i].key, on ? "own" : "the host's");
	}
}

const struct layer layer_namespace = {
	.load = namespace_load,
	.apply = namespace_apply,
	.verify = namespace_verify,
	.plan = namespace_plan,
};
