/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "run.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/kvm.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/stat.h>

#include "alloc.h"
#include "fdio.h"
#include "jsonx.h"
#include "launch.h"
#include "num.h"
#include "receipt.h"
#include "recover.h"
#include "supervise.h"
#include "sys.h"

#define MIN_MMAP_ADDR 4096

void run_note(struct run *run, enum mech m, enum layer_state s, const char *fmt, ...)
{
	va_list ap;

	run->layer_state[m] = s;
	va_start(ap, fmt);
	vsnprintf(run->layer_note[m], sizeof(run->layer_note[m]), fmt, ap);
	va_end(ap);
}

int run_need(const json_t *params, const char *key, enum need *out, const char *what,
	     struct err *e)
{
	static const char *const words[] = { "auto", "required", "off" };
	const char *word = "off";
	size_t i;

	if (jsonx_opt_string(params, key, &word, what, e) < 0)
		return -e->code;
	for (i = 0; i < ARRAY_SIZE(words); i++) {
		if (!strcmp(word, words[i])) {
			*out = (enum need)i;
			return 0;
		}
	}
	return err_set(e, EINVAL, "%s: %s is \"%s\"", what, key, word);
}

static const char **run_strings(const json_t *list, char **extra, struct err *e)
{
	size_t n = json_array_size(list), k = 0, i;
	const char **out;

	while (extra && extra[k])
		k++;
	out = xcalloc(n + k + 1, sizeof(*out));
	for (i = 0; i < n; i++) {
		out[i] = json_string_value(json_array_get(list, i));
		if (!out[i]) {
			err_set(e, EINVAL,
				"manifest.json: exec: a value is not a string");
			free(out);
			return NULL;
		}
	}
	for (i = 0; i < k; i++)
		out[n + i] = extra[i];
	return out;
}

int run_load_exec(struct run *run, struct err *e)
{
	json_t *exec, *argv, *env, *target;
	const char *accel = "";

	if (jsonx_need_object(run->bundle.manifest, "exec", &exec, "manifest.json", e) <
		    0 ||
	    jsonx_need_string(exec, "emulator", &run->emulator, "manifest.json: exec",
			      e) < 0 ||
	    jsonx_need_array(exec, "argv", &argv, "manifest.json: exec", e) < 0 ||
	    jsonx_need_array(exec, "env", &env, "manifest.json: exec", e) < 0 ||
	    jsonx_need_object(run->bundle.manifest, "target", &target, "manifest.json",
			      e) < 0 ||
	    jsonx_opt_string(target, "accel", &accel, "manifest.json: target", e) < 0)
		return -e->code;
	if (json_array_size(argv) == 0)
		return err_set(e, EINVAL, "manifest.json: exec: argv is empty");
	run->kvm = !strcmp(accel, "kvm");
	run->argv = run_strings(argv, run->extra_argv, e);
	run->env = run->argv ? run_strings(env, NULL, e) : NULL;
	return run->env ? 0 : -e->code;
}

void run_init(struct run *run, char **extra_argv)
{
	run->pidfd = run->proc_fd = run->report_fd = run->go_fd = -1;
	run->cgroup_fd = run->emulator_fd = -1;
	run->extra_argv = extra_argv;
	run->state = (struct state)STATE_INIT;
}

int run_load(struct run *run, const struct run_options *o, struct err *e)
{
	enum mech m;

	run_init(run, o->extra_argv);
	run->bundle_path = o->bundle;
	if (bundle_open(&run->bundle, o->bundle, true, e) < 0)
		return -e->code;
	if (o->expect && strcmp(o->expect, run->bundle.digest) != 0)
		return err_set(e, EINVAL,
			       "bundle %s has the digest %s, not the expected %s",
			       o->bundle, run->bundle.digest, o->expect);
	if (run_load_exec(run, e) < 0)
		return -e->code;
	for (m = 0; m < MECH_COUNT; m++) {
		const struct layer *l = layer_of(m);

		if (l->load && l->load(run, bundle_params(&run->bundle, m), e) < 0)
			return err_wrap(e, "load");
	}
	return 0;
}

static void run_undo(struct run *run)
{
	enum mech m = MECH_COUNT;

	while (m-- > 0)
		if (layer_of(m)->undo)
			layer_of(m)->undo(run);
}

void run_dispose(struct run *run)
{
	enum mech m;

	run_undo(run);
	for (m = 0; m < MECH_COUNT; m++) {
		json_decref(run->observed[m]);
		run->observed[m] = NULL;
	}
	free(run->argv);
	free(run->env);
	free(run->status);
	run->argv = run->env = NULL;
	run->status = NULL;
	if (run->emulator_fd >= 0)
		close(run->emulator_fd);
	if (run->proc_fd >= 0)
		close(run->proc_fd);
	if (run->pidfd >= 0)
		close(run->pidfd);
	run->emulator_fd = run->proc_fd = run->pidfd = -1;
	bundle_close(&run->bundle);
}

/* The one exec rests on nobody being able to map page 0. */
static int run_check_host(struct err *e)
{
	_cleanup_free_ char *text = NULL;
	uint64_t v;

	if (geteuid() != 0)
		return err_set(e, EPERM, "must be started by root");
	if (fdio_read_file(AT_FDCWD, "/proc/sys/vm/mmap_min_addr", 64, &text, NULL, e) <
	    0)
		return -e->code;
	text[strcspn(text, "\n")] = '\0';
	if (num_u64(text, &v) < 0 || v < MIN_MMAP_ADDR)
		return err_set(e, EPERM,
			       "vm.mmap_min_addr is %s; at least %d is needed, or a VMM "
			       "could exec a second time",
			       text, MIN_MMAP_ADDR);
	return 0;
}

static int run_check_kvm(const struct run *run, struct err *e)
{
	_cleanup_close_ int fd = -1, vm = -1;
	int version;

	if (!run->kvm)
		return 0;
	fd = fdio_openat(AT_FDCWD, "/dev/kvm", O_RDWR, 0, e);
	if (fd < 0)
		return err_wrap(e, "the bundle was compiled for KVM");
	version = ioctl(fd, KVM_GET_API_VERSION, 0);
	if (version != KVM_API_VERSION)
		return err_set(e, EOPNOTSUPP,
			       "the bundle was compiled for KVM, and /dev/kvm has "
			       "API version %d, not %d",
			       version, KVM_API_VERSION);
	vm = ioctl(fd, KVM_CREATE_VM, 0);
	if (vm < 0)
		return err_errno(
			e, "the bundle was compiled for KVM, but KVM can't make a VM");
	return 0;
}

static int run_pin_emulator(struct run *run, struct err *e)
{
	struct stat st;

	run->emulator_fd = fdio_openat(AT_FDCWD, run->emulator, O_PATH, 0, e);
	if (run->emulator_fd < 0)
		return err_wrap(e, "emulator");
	if (fstat(run->emulator_fd, &st) < 0)
		return err_errno(e, "cannot stat %s", run->emulator);
	if (!S_ISREG(st.st_mode) || !(st.st_mode & S_IXOTH))
		return err_set(e, EACCES,
			       "%s is not a program that everybody may execute",
			       run->emulator);
	if (st.st_uid != 0 || (st.st_mode & (S_IWGRP | S_IWOTH)))
		return err_set(e, EPERM,
			       "%s must belong to root and be writable by nobody else "
			       "(uid %u, mode %04o)",
			       run->emulator, st.st_uid, st.st_mode & 07777);
	if (st.st_mode & (S_ISUID | S_ISGID))
		return err_set(e, EPERM, "%s is setuid or setgid", run->emulator);
	return 0;
}

/*
 * Descriptors 3, 4, … are promised to the VMM. Placeholders keep them free of ours, so
 * that the child can put the objects there without losing anything.
 */
static int run_reserve_descriptors(struct run *run, struct err *e)
{
	int first_own = 3 + (int)run->n_objects, fd;

	close(steal_fd(&run->bundle.dirfd));
	do {
		fd = fcntl(STDERR_FILENO, F_DUPFD_CLOEXEC, 3);
		if (fd < 0)
			return err_errno(e, "cannot reserve descriptors");
	} while (fd < first_own);
	close(fd);
	return 0;
}

static int run_prepare(struct run *run, struct err *e)
{
	enum mech m;

	if (receipt_identify(run, e) < 0 || receipt_write_journal(run, e) < 0)
		return err_wrap(e, "journal");
	for (m = 0; m < MECH_COUNT; m++) {
		const struct layer *l = layer_of(m);

		if (l->prepare && l->prepare(run, e) < 0)
			return err_wrap(e, "prepare %s", mech_name(m));
	}
	return 0;
}

/* Everything up to the running, verified VMM. */
static int run_start(struct run *run, const struct run_options *o, struct err *e)
{
	if (run_load(run, o, e) < 0)
		return -e->code;
	if (run_check_host(e) < 0 || run_check_kvm(run, e) < 0 ||
	    run_reserve_descriptors(run, e) < 0 || run_pin_emulator(run, e) < 0)
		return err_wrap(e, "check");
	if (state_open(&run->state, o->run_dir, true, e) < 0 ||
	    state_lock(&run->state, run->bundle.name, e) < 0)
		return err_wrap(e, "lock");
	/* What a dead launch of this name left behind goes first. */
	if (!run->state.fresh && recover_name(&run->state, run->bundle.name, NULL, e) < 0)
		return err_wrap(e, "recover");
	run->owns_name = true;
	if (run_prepare(run, e) < 0)
		return -e->code;
	return launch(run, e);
}

/* The journal goes last: what could not be undone is recover's. */
static void run_release_name(struct run *run)
{
	receipt_remove_dir(&run->state, run->state.name);
	state_remove(&run->state, "json");
	if (run->leftover) {
		fprintf(stderr,
			"brattice-confine: not everything of VM \"%s\" could be removed; "
			"brattice-confine recover tries again\n",
			run->state.name);
		return;
	}
	state_remove(&run->state, "state");
	state_unlock(&run->state);
}

int run_vm(const struct run_options *o, int *status, struct err *e)
{
	struct run *run = xcalloc(1, sizeof(*run));
	int r;

	r = supervise_init(e);
	if (r == 0)
		r = run_start(run, o, e);
	if (r == 0)
		*status = supervise(run);
	run_undo(run);
	if (run->owns_name)
		run_release_name(run);
	run_dispose(run);
	state_close(&run->state);
	free(run);
	return r;
}
