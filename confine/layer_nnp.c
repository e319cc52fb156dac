/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * no_new_privs, and what must follow the last change of credentials, because the kernel
 * resets it there (commit_creds()): the parent-death signal and the dumpable flag.
 */
#include <errno.h>
#include <signal.h>
#include <string.h>
#include <sys/stat.h>

#include "jsonx.h"
#include "procfs.h"
#include "run.h"
#include "sys.h"
#include "trace.h"

static int nnp_apply(struct run *run, struct err *e)
{
	if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) < 0)
		return err_errno(e, "cannot set no_new_privs");
	if (!run->adopt && prctl(PR_SET_PDEATHSIG, SIGKILL, 0, 0, 0) < 0)
		return err_errno(e, "cannot tie the VM's life to its supervisor");
	if (prctl(PR_SET_DUMPABLE, 0, 0, 0, 0) < 0)
		return err_errno(e, "cannot clear the dumpable flag");
	return 0;
}

/* exec of a readable file makes a process dumpable again (begin_new_exec()): the VMM
 * clears the flag itself, at our request, before its first instruction. */
static int nnp_clear_dumpable(struct run *run, json_t *observed, struct err *e)
{
	const uint64_t args[6] = { PR_SET_DUMPABLE, 0 };
	struct stat st;
	int64_t got;

	if (trace_syscall(&run->tracee, SYS_prctl, args, &got, e) < 0)
		return -e->code;
	/* /proc/PID belongs to root when the process is not dumpable (proc(5)). */
	if (fstatat(run->proc_fd, "status", &st, 0) < 0)
		return err_errno(e, "cannot stat /proc/PID/status");
	if (got != 0 || st.st_uid != 0)
		return err_set(e, EINVAL, "the VMM is dumpable");
	json_object_set_new(observed, "dumpable", json_integer(0));
	return 0;
}

static int nnp_verify_death(struct run *run, json_t *observed, struct err *e)
{
	const uint64_t args[6] = { PR_GET_PDEATHSIG };
	char memory[TRACE_BUFFER] = "";
	int64_t r;
	int sig;

	if (trace_syscall_memory(&run->tracee, SYS_prctl, args, 1, memory, &r, e) < 0)
		return -e->code;
	memcpy(&sig, memory, sizeof(sig));
	if (r != 0 || sig != SIGKILL)
		return err_set(e, EINVAL, "the VM would outlive its supervisor");
	json_object_set_new(observed, "parent_death_signal", json_integer(sig));
	return 0;
}

static int nnp_verify(struct run *run, json_t *observed, struct err *e)
{
	char got[16];

	if (procfs_field(run->status, "NoNewPrivs", got, sizeof(got), e) < 0)
		return -e->code;
	if (strcmp(got, "1") != 0)
		return err_set(e, EINVAL, "NoNewPrivs is %s, not 1", got);
	json_object_set_new(observed, "no_new_privs", json_true());
	if (nnp_clear_dumpable(run, observed, e) < 0)
		return -e->code;
	return run->adopt ? 0 : nnp_verify_death(run, observed, e);
}

static void nnp_plan(const struct run *run, FILE *out)
{
	fprintf(out, "  no_new_privs, not dumpable, %s\n",
		run->adopt ? "outlives its supervisor (to be adopted by recover)"
			   : "killed when its supervisor dies");
}

const struct layer layer_nnp = {
	.apply = nnp_apply,
	.verify = nnp_verify,
	.plan = nnp_plan,
};
