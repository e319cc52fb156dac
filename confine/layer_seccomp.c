/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The compiled filter, last of all: after it the process may do nothing but the one exec
 * (seccomp_exec.h). Read back byte by byte with PTRACE_SECCOMP_GET_FILTER (Linux 4.4).
 */
#include <errno.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <string.h>
#include <sys/ptrace.h>

#include "alloc.h"
#include "jsonx.h"
#include "procfs.h"
#include "run.h"
#include "sys.h"

static int seccomp_load(struct run *run, const json_t *params, struct err *e)
{
	const char *artefact;
	char *data;
	size_t len;

	if (jsonx_need_string(params, "artefact", &artefact, "layer seccomp", e) < 0 ||
	    jsonx_opt_bool(params, "log", &run->seccomp_log, "layer seccomp", e) < 0 ||
	    bundle_artefact(&run->bundle, artefact, true, &data, &len, e) < 0)
		return -e->code;
	run->filter_name = artefact;
	run->filter = (struct sock_filter *)(void *)data;
	run->filter_len = len / sizeof(struct sock_filter);
	if (!len || len % sizeof(struct sock_filter) || run->filter_len > BPF_MAXINSNS)
		return err_set(e, EINVAL, "%s is not a seccomp program (%zu bytes)",
			       artefact, len);
	return 0;
}

static int seccomp_prepare(struct run *run, struct err *e)
{
	(void)run;
	/* The kernel refuses PTRACE_SECCOMP_GET_FILTER to a tracer with a filter of its
	 * own. */
	if (prctl(PR_GET_SECCOMP, 0, 0, 0, 0) != 0)
		return err_set(e, EPERM,
			       "an inherited seccomp filter prevents reading the VMM's "
			       "filter back; start brattice-confine without one");
	return 0;
}

static int seccomp_apply(struct run *run, struct err *e)
{
	struct sock_fprog prog = { (unsigned short)run->filter_len, run->filter };
	unsigned flags = run->seccomp_log ? SECCOMP_FILTER_FLAG_LOG : 0;

	if (syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER, flags, &prog) < 0)
		return err_errno(e, "cannot install the seccomp filter");
	return 0;
}

static int seccomp_verify_program(struct run *run, struct err *e)
{
	size_t size = run->filter_len * sizeof(struct sock_filter);
	_cleanup_free_ struct sock_filter *got = xmalloc(BPF_MAXINSNS * sizeof(*got));
	long n = ptrace((enum __ptrace_request)PTRACE_SECCOMP_GET_FILTER, run->pid,
			(void *)0, got);

	if (n < 0)
		return err_errno(e, "cannot read the seccomp filter back");
	if ((size_t)n != run->filter_len || memcmp(got, run->filter, size) != 0)
		return err_set(
			e, EINVAL,
			"the kernel runs another seccomp filter (%ld instructions)", n);
	if (ptrace((enum __ptrace_request)PTRACE_SECCOMP_GET_FILTER, run->pid, (void *)1,
		   NULL) >= 0 ||
	    errno != ENOENT)
		return err_set(e, EINVAL, "the VMM has a second seccomp filter");
	return 0;
}

static int seccomp_verify(struct run *run, json_t *observed, struct err *e)
{
	char mode[16], count[16];

	if (procfs_field(run->status, "Seccomp", mode, sizeof(mode), e) < 0)
		return -e->code;
	if (strcmp(mode, "2") != 0)
		return err_set(e, EINVAL, "Seccomp is %s, not 2 (filter)", mode);
	/* Linux 5.9 */
	if (procfs_field(run->status, "Seccomp_filters", count, sizeof(count), e) < 0)
		return -e->code;
	if (strcmp(count, "1") != 0)
		return err_set(e, EINVAL, "%s seccomp filters, not 1", count);
	if (seccomp_verify_program(run, e) < 0)
		return -e->code;
	json_object_set_new(observed, "mode", json_integer(2));
	json_object_set_new(observed, "filters", json_integer(1));
	json_object_set_new(observed, "instructions",
			    json_integer((json_int_t)run->filter_len));
	/* The bytes are those that bundle_artefact() found to have this digest. */
	json_object_set(
		observed, "sha256",
		json_object_get(json_object_get(json_object_get(run->bundle.manifest,
								"artefacts"),
						run->filter_name),
				"sha256"));
	return 0;
}

static void seccomp_undo(struct run *run)
{
	free(run->filter);
	run->filter = NULL;
}

static void seccomp_plan(const struct run *run, FILE *out)
{
	fprintf(out, "  filter of %zu instructions, checked against its digest\n",
		run->filter_len);
}

const struct layer layer_seccomp = {
	.load = seccomp_load,
	.prepare = seccomp_prepare,
	.apply = seccomp_apply,
	.verify = seccomp_verify,
	.undo = seccomp_undo,
	.plan = seccomp_plan,
};
