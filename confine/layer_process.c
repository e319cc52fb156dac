/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * What a process inherits and nobody thinks of. Ignored signals were reset in the
 * supervisor (supervise_init()); descriptors are closed by the last lines before exec
 * (child.c).
 */
#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <signal.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/personality.h>
#include <sys/resource.h>
#include <sys/stat.h>

#include "fdio.h"
#include "jsonx.h"
#include "procfs.h"
#include "run.h"
#include "sys.h"
#include "trace.h"

static int process_load(struct run *run, const json_t *params, struct err *e)
{
	uint64_t mask = 077, oom = 0;
	const char *death = "kill";

	if (jsonx_opt_u64(params, "umask", &mask, "layer process", e) < 0 ||
	    jsonx_opt_u64(params, "oom_score_adj", &oom, "layer process", e) < 0 ||
	    jsonx_opt_string(params, "supervisor_death", &death, "layer process", e) < 0)
		return -e->code;
	if (mask > 0777 || oom > 1000)
		return err_set(e, EINVAL,
			       "layer process: umask or oom_score_adj is out of range");
	if (strcmp(death, "kill") != 0 && strcmp(death, "adopt") != 0)
		return err_set(e, EINVAL, "layer process: supervisor_death is \"%s\"",
			       death);
	run->umask = (unsigned)mask;
	run->oom_score_adj = (int)oom;
	run->adopt = !strcmp(death, "adopt");
	return 0;
}

static int process_attach(struct run *run, struct err *e)
{
	_cleanup_close_ int fd = openat(run->proc_fd, "oom_score_adj",
					O_WRONLY | O_CLOEXEC);
	char text[16];
	int n = snprintf(text, sizeof(text), "%d", run->oom_score_adj);

	if (fd < 0)
		return err_errno(e, "cannot open oom_score_adj");
	if (fdio_write_all(fd, text, (size_t)n, e) < 0)
		return err_wrap(e, "oom_score_adj");
	return 0;
}

/*
 * The one exec (launcher.md of the design notes; seccomp_exec.h): the filter lets
 * execveat pass only with a path at SECCOMP_EXEC_PATH, inside page 0. It reads as the
 * empty string here; after exec the page is gone, and without CAP_SYS_RAWIO nobody can
 * map it again.
 */
static int process_map_page_zero(struct err *e)
{
	void *p = mmap(NULL, 4096, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED, -1,
		       0);

	if (p == MAP_FAILED)
		return err_errno(e, "cannot map page 0 for the one exec");
	return 0;
}

static int process_apply(struct run *run, struct err *e)
{
	sigset_t none;

	if (setsid() < 0)
		return err_errno(e, "cannot start a session");
	umask(run->umask);
	if (setpriority(PRIO_PROCESS, 0, 0) < 0)
		return err_errno(e, "cannot reset the nice value");
	sigemptyset(&none);
	if (sigprocmask(SIG_SETMASK, &none, NULL) < 0)
		return err_errno(e, "cannot reset the signal mask");
	if (syscall(SYS_keyctl, KEYCTL_JOIN_SESSION_KEYRING, NULL) < 0)
		return err_errno(e, "cannot join a new session keyring");
	if (personality(PER_LINUX) < 0)
		return err_errno(e, "cannot reset the personality");
	return process_map_page_zero(e);
}

static int process_verify_field(const struct run *run, const char *key, const char *want,
				struct err *e)
{
	char got[32];

	if (procfs_field(run->status, key, got, sizeof(got), e) < 0)
		return -e->code;
	if (strcmp(got, want) != 0)
		return err_set(e, EINVAL, "%s is %s, not %s", key, got, want);
	return 0;
}

/* SIGKILL, SIGSTOP and the two of the C library can't be blocked or ignored; all is
 * zero. */
static int process_verify_status(const struct run *run, struct err *e)
{
	struct procfs_stat st = { 0 };
	char mask[16];

	snprintf(mask, sizeof(mask), "%04o", run->umask);
	if (procfs_stat(run->proc_fd, &st, e) < 0)
		return -e->code;
	if (!st.nice_is_zero)
		return err_set(e, EINVAL, "the nice value is not 0");
	if (process_verify_field(run, "SigBlk", "0000000000000000", e) < 0 ||
	    process_verify_field(run, "SigIgn", "0000000000000000", e) < 0 ||
	    process_verify_field(run, "SigCgt", "0000000000000000", e) < 0 ||
	    process_verify_field(run, "Umask", mask, e) < 0 ||
	    process_verify_field(run, "Threads", "1", e) < 0)
		return -e->code;
	return 0;
}

static int process_verify_file(const struct run *run, const char *name, const char *want,
			       struct err *e)
{
	_cleanup_free_ char *text = NULL;

	if (procfs_read(run->proc_fd, name, &text, NULL, e) < 0)
		return -e->code;
	text[strcspn(text, "\n")] = '\0';
	if (strcmp(text, want) != 0)
		return err_set(e, EINVAL, "%s is %s, not %s", name, text, want);
	return 0;
}

/* A list of texts as /proc shows it: each with its NUL. */
static int process_verify_list(const struct run *run, const char *name,
			       const char *const *want, struct err *e)
{
	_cleanup_free_ char *text = NULL;
	size_t len, at = 0;

	if (procfs_read(run->proc_fd, name, &text, &len, e) < 0)
		return -e->code;
	for (; *want; want++) {
		size_t n = strlen(*want) + 1;

		if (len - at < n || memcmp(text + at, *want, n) != 0)
			return err_set(e, EINVAL, "%s differs at \"%s\"", name, *want);
		at += n;
	}
	if (at != len)
		return err_set(e, EINVAL, "%s has %zu bytes too many", name, len - at);
	return 0;
}

static int process_verify_session(struct run *run, json_t *observed, struct err *e)
{
	struct procfs_stat st;

	if (procfs_stat(run->proc_fd, &st, e) < 0)
		return -e->code;
	if (st.session != (uint64_t)run->pid || st.tty_nr != 0)
		return err_set(e, EINVAL, "the VMM is in session %llu with terminal %llu",
			       (unsigned long long)st.session,
			       (unsigned long long)st.tty_nr);
	run->starttime = st.starttime;
	json_object_set_new(observed, "session", json_string("own"));
	json_object_set_new(observed, "terminal", json_null());
	return 0;
}

static int process_verify_keyring(struct run *run, json_t *observed, struct err *e)
{
	const uint64_t args[6] = { KEYCTL_GET_KEYRING_ID,
				   (uint64_t)KEY_SPEC_SESSION_KEYRING };
	int64_t got;
	long own;

	if (trace_syscall(&run->tracee, SYS_keyctl, args, &got, e) < 0)
		return -e->code;
	own = syscall(SYS_keyctl, KEYCTL_GET_KEYRING_ID, KEY_SPEC_SESSION_KEYRING, 0);
	if (got <= 0 || got == own)
		return err_set(e, EINVAL,
			       "the VMM has no session keyring of its own (%lld)",
			       (long long)got);
	json_object_set_new(observed, "keyring", json_integer((json_int_t)got));
	return 0;
}

static int process_verify_exe(const struct run *run, json_t *observed, struct err *e)
{
	struct stat want, got;

	if (fstat(run->emulator_fd, &want) < 0 ||
	    fstatat(run->proc_fd, "exe", &got, 0) < 0)
		return err_errno(e, "cannot stat the VMM's executable");
	if (want.st_dev != got.st_dev || want.st_ino != got.st_ino)
		return err_set(e, EINVAL, "the VMM's executable is not %s",
			       run->emulator);
	json_object_set_new(observed, "exe_inode", json_integer((json_int_t)got.st_ino));
	return 0;
}

static int process_verify(struct run *run, json_t *observed, struct err *e)
{
	char oom[16];

	snprintf(oom, sizeof(oom), "%d", run->oom_score_adj);
	if (process_verify_status(run, e) < 0 ||
	    process_verify_file(run, "personality", "00000000", e) < 0 ||
	    process_verify_file(run, "oom_score_adj", oom, e) < 0 ||
	    process_verify_list(run, "environ", run->env, e) < 0 ||
	    process_verify_list(run, "cmdline", run->argv, e) < 0 ||
	    process_verify_exe(run, observed, e) < 0 ||
	    process_verify_session(run, observed, e) < 0 ||
	    process_verify_keyring(run, observed, e) < 0)
		return -e->code;
	json_object_set_new(observed, "oom_score_adj", json_integer(run->oom_score_adj));
	json_object_set_new(observed, "umask", json_integer(run->umask));
	return 0;
}

static void process_plan(const struct run *run, FILE *out)
{
	size_t i;

	fprintf(out,
		"  new session without a terminal, new keyring, umask %04o, "
		"oom_score_adj %d\n",
		run->umask, run->oom_score_adj);
	fprintf(out,
		"  signals, personality and environment reset; all other descriptors "
		"closed\n");
	for (i = 0; run->env[i]; i++)
		fprintf(out, "  environment %s\n", run->env[i]);
}

const struct layer layer_process = {
	.load = process_load,
	.attach = process_attach,
	.apply = process_apply,
	.verify = process_verify,
	.plan = process_plan,
};
