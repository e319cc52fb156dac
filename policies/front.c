/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* brattice(1): the front door. */
#include "front.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/kvm.h>
#include <signal.h>
#include <string.h>
#include <sys/ioctl.h>

#include "alloc.h"
#include "cli.h"

#define FRONT_CACHE_DIR "/var/cache/brattice"
#define FRONT_HOST_FILE "/etc/brattice/host.yaml"

int front_exec(const char *path, char *const argv[], struct err *e)
{
	execv(path, argv);
	return err_errno(e, "cannot execute %s", path);
}

int front_exec_fd(int fd, char *const argv[], char *const env[], struct err *e)
{
	fexecve(fd, argv, env);
	return err_errno(e, "cannot execute the compiler");
}

static int exec_status(const struct err *e)
{
	return e->code == ENOENT ? FRONT_EXIT_NOT_FOUND : FRONT_EXIT_CANNOT_EXEC;
}

/* Becomes a sibling program; replaces argv[0]. Returns the exit status of a failure. */
static int become(const char *program, char **argv, struct err *e)
{
	_cleanup_free_ char *path = NULL;

	if (front_find(program, &path, e) < 0)
		return exec_status(e);
	argv[0] = (char *)(size_t)program;
	front_exec(path, argv, e);
	return exec_status(e);
}

/* Does KVM work here, as the user who will hand it to the VMM? A device node alone says
 * nothing: nested virtualisation may be off (Documentation/virt/kvm/api.rst, 4.1). */
static bool kvm_works(void)
{
	_cleanup_close_ int fd = open("/dev/kvm", O_RDWR | O_CLOEXEC | O_NOCTTY);
	_cleanup_close_ int vm = -1;

	if (fd < 0 || ioctl(fd, KVM_GET_API_VERSION, 0) != KVM_API_VERSION)
		return false;
	vm = ioctl(fd, KVM_CREATE_VM, 0);
	return vm >= 0;
}

static const char *choose_accel(const struct cli *c)
{
	const char *asked = cli_value(c, "accel");

	if (asked && strcmp(asked, "auto") != 0)
		return asked;
	return kvm_works() ? "kvm" : "tcg";
}

static char *user_cache_dir(struct err *e)
{
	const char *base = getenv("XDG_CACHE_HOME"), *home = getenv("HOME");

	if (base && base[0] == '/')
		return xasprintf("%s/brattice", base);
	if (home && home[0] == '/')
		return xasprintf("%s/.cache/brattice", home);
	err_set(e, ENOENT,
		"neither XDG_CACHE_HOME nor HOME says where bundles may be kept; "
		"give --bundle-dir");
	return NULL;
}

/* Absolute, since the receipt names the bundle. NULL with e set on failure. */
static char *choose_cache_dir(const struct cli *c, struct err *e)
{
	const char *asked = cli_value(c, "bundle-dir");
	_cleanup_free_ char *cwd = NULL;

	if (!asked)
		return geteuid() == 0 ? xstrdup(FRONT_CACHE_DIR) : user_cache_dir(e);
	if (asked[0] == '/')
		return xstrdup(asked);
	cwd = getcwd(NULL, 0);
	if (!cwd) {
		err_errno(e, "cannot tell the working directory");
		return NULL;
	}
	return xasprintf("%s/%s", cwd, asked);
}

static int run_gather(const struct cli *c, struct front_job *job, char **compiler,
		      struct err *e)
{
	const char *host = cli_value(c, "host");
	int r = front_find("brattice-compile", compiler, e);

	if (r < 0)
		return r;
	job->compiler = *compiler;
	job->accel = choose_accel(c);
	job->sandbox = !cli_value(c, "no-compiler-sandbox");
	r = front_read_description(job, c->argv[0], e);
	if (r == 0)
		r = front_read_profiles(job, c->argv[0], PROFILE_DIR, e);
	if (r == 0)
		r = front_read_host(job, host ? host : FRONT_HOST_FILE, host != NULL, e);
	if (r == 0)
		r = front_open_compiler(job, e);
	return r < 0 ? r : front_choose_ids(job, e);
}

static int run_compile(const struct cli *c, char **bundle, char digest[DIGEST_HEX],
		       struct err *e)
{
	_cleanup_free_ char *compiler = NULL, *cache = choose_cache_dir(c, e);
	_cleanup_strbuf_ struct strbuf messages = STRBUF_INIT;
	struct front_job job = FRONT_JOB_INIT;
	int r = cache ? run_gather(c, &job, &compiler, e) : -e->code;

	if (r == 0)
		r = front_cache_get(&job, cache, bundle, digest, &messages, e);
	fputs(strbuf_str(&messages), stderr);
	front_job_dispose(&job);
	return r < 0 ? err_wrap(e, "%s", c->argv[0]) : 0;
}

/* brattice-confine run BUNDLE --expect DIGEST [--run-dir DIR] [-- ARG…] */
static int run_confine(const struct cli *c, const char *bundle, const char *digest,
		       struct err *e)
{
	const char *run_dir = cli_value(c, "run-dir");
	const char **argv = xcalloc((size_t)c->restc + 9, sizeof(*argv));
	size_t n = 1;
	int i;

	argv[n++] = "run";
	argv[n++] = bundle;
	argv[n++] = "--expect";
	argv[n++] = digest;
	if (run_dir) {
		argv[n++] = "--run-dir";
		argv[n++] = run_dir;
	}
	if (c->restc)
		argv[n++] = "--";
	for (i = 0; i < c->restc; i++)
		argv[n++] = c->rest[i];
	i = become("brattice-confine", (char **)(size_t)argv, e);
	free(argv);
	return i;
}

static int run_no_description(struct cli *c)
{
	if (c->restc)
		fprintf(stderr,
			"brattice: error: a VMM's command line cannot be run as it is: "
			"this version does not\nimport command lines. Describe the VM "
			"in a file of about 12 lines (brattice.vm(5))\nand use: "
			"brattice run FILE.yaml [-- further arguments]\n");
	else
		fprintf(stderr, "brattice: run needs a description\n"
				"usage: brattice run [OPTIONS] FILE.yaml [-- ARG…]\n");
	return 2;
}

static int verb_run(struct cli *c)
{
	_cleanup_free_ char *bundle = NULL;
	char digest[DIGEST_HEX];
	struct err e = ERR_INIT;
	const char *accel = cli_value(c, "accel");
	int status;

	if (c->argc == 0)
		return run_no_description(c);
	if (accel && strcmp(accel, "auto") != 0 && strcmp(accel, "kvm") != 0 &&
	    strcmp(accel, "tcg") != 0) {
		fprintf(stderr, "brattice: --accel is auto, kvm or tcg\n");
		return 2;
	}
	if (run_compile(c, &bundle, digest, &e) < 0) {
		cli_error(c, &e);
		return FRONT_EXIT_FAILED;
	}
	status = run_confine(c, bundle, digest, &e);
	cli_error(c, &e);
	return status;
}

static const struct cli_option run_options[] = {
	{ "accel", 0, "auto|kvm|tcg",
	  "what \"accel: auto\" means (default: kvm if it works here)" },
	{ "bundle-dir", 0, "DIR", "keep compiled bundles here" },
	{ "host", 0, "FILE", "the host's settings instead of " FRONT_HOST_FILE },
	{ "no-compiler-sandbox", 0, NULL, "compile without Landlock and namespaces" },
	{ "run-dir", 0, "DIR", "the launcher's state instead of /run/brattice" },
	{ NULL, 0, NULL, NULL },
};

/* Verbs that are other programs: what follows is theirs to parse. */
static const struct delegate {
	const char *verb, *program, *program_verb;
} delegates[] = {
	{ "audit", "brattice-audit", NULL },
	{ "compile", "brattice-compile", NULL },
	{ "confine", "brattice-confine", NULL },
	{ "status", "brattice-confine", "status" },
	{ "xsm", "brattice-xsm", NULL },
};

/* argv: verb and what follows, then NULL. There is always a slot before it (argv[0] of
 * this program), which makes room for the program's name before a verb of its own. */
static int delegate_run(struct cli *c, const struct delegate *d, char **argv)
{
	struct err e = ERR_INIT;
	int status;

	if (d->program_verb)
		*argv-- = (char *)(size_t)d->program_verb;
	status = become(d->program, argv, &e);
	cli_error(c, &e);
	return status;
}

/* Only reached when main() did not delegate; keeps the tables complete. */
static int verb_delegate(struct cli *c)
{
	(void)c;
	return 2;
}

static const struct cli_verb verbs[] = {
	{ "run", "FILE.yaml",
	  "compile a description and start its VM confined; see brattice.vm(5)",
	  run_options, verb_run, 0, 1, 1 },
	{ "compile", "ARG…", "brattice-compile(1): check, build, show, explain", NULL,
	  verb_delegate, 0, -1, 1 },
	{ "confine", "ARG…", "brattice-confine(8): run, plan, status, recover", NULL,
	  verb_delegate, 0, -1, 1 },
	{ "status", "[NAME]", "what runs and how it is confined: brattice-confine status",
	  NULL, verb_delegate, 0, -1, 1 },
	{ "audit", "ARG…", "brattice-audit(8): what the kernel really enforces", NULL,
	  verb_delegate, 0, -1, 1 },
	{ "xsm", "ARG…",
	  "brattice-xsm: Xen FLASK policies, where that part is installed", NULL,
	  verb_delegate, 0, -1, 1 },
	{ NULL, NULL, NULL, NULL, NULL, 0, 0, 0 },
};

static const struct cli_program program = {
	"brattice",
	"VM processes, each in the confinement that its description asks for",
	verbs,
};

/* A descriptor that we open must not become somebody's stdout. */
static int open_stdio(void)
{
	int fd;

	do
		fd = open("/dev/null", O_RDWR | O_NOCTTY);
	while (fd >= 0 && fd < 3);
	if (fd < 0)
		return -1;
	close(fd);
	return 0;
}

int main(int argc, char **argv)
{
	struct cli c = { .program = &program };
	size_t i;

	alloc_set_exit_status(FRONT_EXIT_FAILED);
	if (open_stdio() < 0)
		return FRONT_EXIT_FAILED;
	signal(SIGCHLD, SIG_DFL); /* if ignored, nobody could be waited for */
	for (i = 0; argc > 1 && i < ARRAY_SIZE(delegates); i++)
		if (!strcmp(argv[1], delegates[i].verb))
			return delegate_run(&c, &delegates[i], argv + 1);
	return cli_main(&program, argc, argv);
}
