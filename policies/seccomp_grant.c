/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "seccomp_grant.h"

#include <asm/ioctls.h>
#include <errno.h>
#include <linux/if_tun.h>
#include <string.h>

#include "num.h"
#include "syscall_table.h"

static const struct {
	const char *name, *reason;
} refused_calls[] = {
#define REFUSED(name, reason) { #name, reason },
#include "seccomp_refused.def"
#undef REFUSED
};

static const struct {
	uint32_t request;
	const char *name, *reason;
} refused_ioctls[] = {
	{ TIOCSTI, "TIOCSTI", "it types into the terminal of whoever started the VM" },
	{ TIOCLINUX, "TIOCLINUX", "it types into the console" },
	{ TIOCSETD, "TIOCSETD", "it loads line disciplines into the kernel" },
	{ TIOCCONS, "TIOCCONS", "it takes the console's output" },
	{ TIOCSCTTY, "TIOCSCTTY", "it takes a controlling terminal" },
	{ TUNSETIFF, "TUNSETIFF", "it attaches to other VMs' interfaces" },
};

static int grant_call(struct sc_set *s, const struct m_str *name, struct err *e)
{
	const struct sc_clause allow = { .action = SECCOMP_RET_ALLOW,
					 .text = "",
					 .why = "grants.syscalls" };
	int nr = syscall_table_number(name->v);
	const char *near;
	size_t i;

	for (i = 0; i < ARRAY_SIZE(refused_calls); i++)
		if (strcmp(refused_calls[i].name, name->v) == 0)
			return err_at(e, &name->loc, EPERM,
				      "system call \"%s\" cannot be granted: %s", name->v,
				      refused_calls[i].reason);
	if (nr < 0) {
		near = syscall_table_suggest(name->v);
		return err_at(e, &name->loc, EINVAL,
			      "x86-64 has no system call \"%s\"%s%s%s", name->v,
			      near ? " (did you mean \"" : "", near ? near : "",
			      near ? "\"?)" : "");
	}
	sc_set_add(s, nr, &allow);
	return 0;
}

static int grant_ioctl(struct sc_set *s, const struct m_str *number, struct err *e)
{
	struct sc_clause allow = { .action = SECCOMP_RET_ALLOW,
				   .n_cond = 1,
				   .why = "grants.ioctls" };
	uint64_t request;
	size_t i;

	if (strncmp(number->v, "0x", 2) != 0 || num_hex64(number->v + 2, &request) < 0 ||
	    request > UINT32_MAX)
		return err_at(e, &number->loc, EINVAL,
			      "\"%s\" is no ioctl request: 0x and at most 8 hex digits",
			      number->v);
	for (i = 0; i < ARRAY_SIZE(refused_ioctls); i++)
		if (refused_ioctls[i].request == request)
			return err_at(e, &number->loc, EPERM,
				      "ioctl %s (0x%x) cannot be granted: %s",
				      refused_ioctls[i].name, refused_ioctls[i].request,
				      refused_ioctls[i].reason);
	allow.cond[0] = (struct sc_cond){ 1, UINT32_MAX, request };
	allow.text = arena_printf(&s->arena, "0x%x", (unsigned)request);
	sc_set_add(s, syscall_table_number("ioctl"), &allow);
	return 0;
}

int sc_grants_apply(struct sc_set *s, const struct vm_policy *p, struct err *e)
{
	size_t i;

	for (i = 0; i < p->grants.syscalls.n; i++)
		if (grant_call(s, &p->grants.syscalls.v[i], e) < 0)
			return -e->code;
	for (i = 0; i < p->grants.ioctls.n; i++)
		if (grant_ioctl(s, &p->grants.ioctls.v[i], e) < 0)
			return -e->code;
	return 0;
}
