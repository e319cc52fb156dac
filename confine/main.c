/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <errno.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>

#include "alloc.h"
#include "cli.h"
#include "jsonx.h"
#include "num.h"
#include "recover.h"
#include "run.h"
#include "status.h"
#include "supervise.h"

static const char *run_dir_of(const struct cli *c)
{
	const char *dir = cli_value(c, "run-dir");

	return dir ? dir : STATE_RUN_DIR;
}

static int fail(const struct cli *c, const struct err *e)
{
	cli_error(c, e);
	return CONFINE_FAILED;
}

static int options_of(const struct cli *c, struct run_options *o, struct err *e)
{
	*o = (struct run_options){
		.run_dir = run_dir_of(c),
		.expect = cli_value(c, "expect"),
		.extra_argv = c->restc ? c->rest : NULL,
	};
	if (o->run_dir[0] != '/')
		return err_set(e, EINVAL, "--run-dir must be an absolute path");
	o->bundle = realpath(c->argv[0], NULL);
	return o->bundle ? 0 : err_errno(e, "bundle %s", c->argv[0]);
}

static int verb_run(struct cli *c)
{
	struct err e = ERR_INIT;
	struct run_options o;
	int status = CONFINE_FAILED;

	if (options_of(c, &o, &e) < 0 || run_vm(&o, &status, &e) < 0)
		return fail(c, &e);
	return status;
}

static void plan_print(const struct run *run)
{
	enum mech m;
	size_t i;

	printf("VM %s, bundle %s\n", run->bundle.name, run->bundle.digest);
	for (m = 0; m < MECH_COUNT; m++) {
		printf("%2d. %s: %s\n", (int)m + 1, mech_name(m), mech_title(m));
		if (layer_of(m)->plan)
			layer_of(m)->plan(run, stdout);
	}
	printf("%2d. exec, once:", MECH_COUNT + 1);
	for (i = 0; run->argv[i]; i++)
		printf(" %s", run->argv[i]);
	printf("\n%2d. stop before the first instruction, read everything back, write "
	       "the "
	       "receipt, let go\n",
	       MECH_COUNT + 2);
}

static int verb_plan(struct cli *c)
{
	struct run *run = xcalloc(1, sizeof(*run));
	struct err e = ERR_INIT;
	struct run_options o;
	int r = options_of(c, &o, &e);

	if (r == 0)
		r = run_load(run, &o, &e);
	if (r == 0)
		plan_print(run);
	run_dispose(run);
	free(run);
	return r < 0 ? fail(c, &e) : 0;
}

static void status_print(const json_t *vm)
{
	json_int_t pid = json_integer_value(
		json_object_get(json_object_get(vm, "vmm"), "pid"));
	json_int_t uid = json_integer_value(json_object_get(vm, "uid"));
	const char *launched = json_string_value(json_object_get(vm, "launched"));
	const json_t *layers = json_object_get(vm, "layers");
	size_t i;

	printf("%-24s %-12s pid %-8lld uid %-11lld %s\n",
	       json_string_value(json_object_get(vm, "name")),
	       json_string_value(json_object_get(vm, "state")), (long long)pid,
	       (long long)uid, launched ? launched : "-");
	for (i = 0; i < json_array_size(layers); i++) {
		const json_t *l = json_array_get(layers, i);
		const char *note = json_string_value(json_object_get(l, "note"));
		const char *state = json_string_value(json_object_get(l, "state"));
		const char *mech = json_string_value(json_object_get(l, "mech"));

		printf("    %-12s %-12s %s\n", mech ? mech : "?", state ? state : "?",
		       note ? note : "");
	}
}

static int verb_status(struct cli *c)
{
	struct err e = ERR_INIT;
	_cleanup_json_ json_t *list = status_collect(run_dir_of(c),
						     c->argc ? c->argv[0] : NULL, &e);
	size_t i;

	if (!list)
		return fail(c, &e);
	if (cli_value(c, "json")) {
		_cleanup_free_ char *text = jsonx_dump(list);

		fputs(text, stdout);
		return 0;
	}
	for (i = 0; i < json_array_size(list); i++)
		status_print(json_array_get(list, i));
	if (!json_array_size(list))
		printf("no VM\n");
	return 0;
}

static void recover_print(const json_t *entry)
{
	const json_t *actions = json_object_get(entry, "actions");
	size_t i;

	printf("%s: %s\n", json_string_value(json_object_get(entry, "name")),
	       json_string_value(json_object_get(entry, "result")));
	for (i = 0; i < json_array_size(actions); i++)
		printf("    %s\n", json_string_value(json_array_get(actions, i)));
}

static int verb_recover(struct cli *c)
{
	_cleanup_json_ json_t *report = json_array();
	struct err e = ERR_INIT;
	size_t i;
	int r = supervise_init(&e);

	if (r == 0)
		r = recover_all(run_dir_of(c), report, &e);
	if (cli_value(c, "json")) {
		_cleanup_free_ char *text = jsonx_dump(report);

		fputs(text, stdout);
	} else {
		for (i = 0; i < json_array_size(report); i++)
			recover_print(json_array_get(report, i));
	}
	return r < 0 ? fail(c, &e) : 0;
}

static int verb_stop(struct cli *c)
{
	const char *timeout = cli_value(c, "timeout");
	struct err e = ERR_INIT;
	uint32_t seconds = 30;

	if (timeout && (num_u32(timeout, &seconds) < 0 || seconds > 86400)) {
		err_set(&e, EINVAL, "--timeout must be a number of seconds up to 86400");
		return fail(c, &e);
	}
	return status_stop(run_dir_of(c), c->argv[0], seconds, &e) < 0 ? fail(c, &e) : 0;
}

#define RUN_DIR                                                                          \
	{                                                                                \
		"run-dir", 0, "DIR", "where locks and receipts are (" STATE_RUN_DIR ")"  \
	}
#define EXPECT                                                                           \
	{                                                                                \
		"expect", 0, "SHA256", "refuse a bundle with another digest"             \
	}
#define JSON                                                                             \
	{                                                                                \
		"json", 'j', NULL, "as JSON"                                             \
	}

static const struct cli_option run_options[] = { RUN_DIR, EXPECT, { 0 } };
static const struct cli_option status_options[] = { RUN_DIR, JSON, { 0 } };
static const struct cli_option stop_options[] = {
	RUN_DIR, { "timeout", 't', "SECONDS", "how long to wait (30)" }, { 0 }
};

static const struct cli_verb verbs[] = {
	{ "run", "BUNDLE", "launch a VM, confined and verified, and stay until it ends",
	  run_options, verb_run, 1, 1, 1 },
	{ "plan", "BUNDLE", "show the ordered steps; nothing is changed", run_options,
	  verb_plan, 1, 1, 1 },
	{ "status", "[NAME]", "show the VMs and what holds for each", status_options,
	  verb_status, 0, 1, 0 },
	{ "stop", "NAME", "end a VM and wait until it is gone", stop_options, verb_stop,
	  1, 1, 0 },
	{ "recover", "",
	  "clear up after dead supervisors, adopt VMs that outlived theirs",
	  status_options, verb_recover, 0, 0, 0 },
	{ 0 },
};

static const struct cli_program program = {
	"brattice-confine",
	"confine VM processes from compiled bundles",
	verbs,
};

int main(int argc, char **argv)
{
	alloc_set_exit_status(CONFINE_FAILED);
	return cli_main(&program, argc, argv);
}
