/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* brattice-compile: descriptions in, bundles out. Needs no privilege and changes nothing.
 */
#include <errno.h>
#include <string.h>

#include "cli.h"
#include "explain.h"
#include "jsonx.h"
#include "main.h"
#include "parse.h"

#define OPTION_HOST \
	{ \
		"host", 0, "FILE", "the machine's settings (default " HOST_FILE ")" \
	}
#define OPTION_ACCEL \
	{ \
		"accel", 0, "auto|kvm|tcg", "what accel: auto means" \
	}

static const struct cli_option check_options[] = {
	OPTION_HOST,
	OPTION_ACCEL,
	{ NULL, 0, NULL, NULL },
};

static const struct cli_option build_options[] = {
	{ "output", 'o', "DIR", "the bundle; one that exists is replaced" },
	OPTION_ACCEL,
	OPTION_HOST,
	{ "input-name", 0, "NAME", "name of the description in the manifest" },
	{ NULL, 0, NULL, NULL },
};

static const struct cli_option show_options[] = {
	{ "format", 0, "text|json", "how to print it (default text)" },
	OPTION_ACCEL,
	OPTION_HOST,
	{ NULL, 0, NULL, NULL },
};

static const struct cli_option no_options[] = {
	{ NULL, 0, NULL, NULL },
};

int main_exit_status(int r)
{
	return r == 0 ? MAIN_OK : r == -EINVAL ? MAIN_INVALID : MAIN_SYSTEM;
}

int main_read(const struct cli *c, const char *path, struct main_input *in)
{
	int r = host_read(&in->host, cli_value(c, "host"), &in->problems);

	in->n_host = in->problems.n_sources;
	if (r == 0)
		r = description_read(&in->policy, path, &in->host, &in->problems);
	if (r < 0)
		problems_print(stderr, &in->problems);
	return r;
}

void main_input_dispose(struct main_input *in)
{
	problems_dispose(&in->problems);
	policy_dispose(&in->policy);
	host_dispose(&in->host);
}

/* A description is right when it compiles; auto is taken as KVM, since a check must not
 * depend on the machine it runs on. */
static int check_one(const struct cli *c, const char *path)
{
	_cleanup_input_ struct main_input in = MAIN_INPUT_INIT;
	__attribute__((cleanup(compile_dispose))) struct compile out = { 0 };
	int s = main_exit_status(main_read(c, path, &in));
	enum accel accel;

	if (s)
		return s;
	accel = main_accel_asked(c, &in.policy);
	return main_compile(&in, accel == ACCEL_AUTO ? ACCEL_KVM : accel, &out);
}

static int run_check(struct cli *c)
{
	int status = main_accel_check(c), i;

	if (status)
		return status;
	for (i = 0; i < c->argc; i++) {
		int s = check_one(c, c->argv[i]);

		if (s > status)
			status = s;
		if (s == 0) {
			_cleanup_strbuf_ struct strbuf name = STRBUF_INIT;

			strbuf_add_escaped(&name, c->argv[i]);
			printf("%s: ok\n", strbuf_str(&name));
		}
	}
	return status;
}

static int run_explain(struct cli *c)
{
	_cleanup_strbuf_ struct strbuf out = STRBUF_INIT;
	struct err e = ERR_INIT;

	if (explain_what(c->argc ? c->argv[0] : NULL, &out, &e) < 0) {
		cli_error(c, &e);
		return MAIN_USAGE;
	}
	fputs(strbuf_str(&out), stdout);
	return 0;
}

static int run_schema(struct cli *c _unused_)
{
	_cleanup_json_ json_t *schema = explain_schema();
	_cleanup_free_ char *text = jsonx_dump(schema);

	fputs(text, stdout);
	return 0;
}

static int run_keys(struct cli *c _unused_)
{
	_cleanup_strbuf_ struct strbuf out = STRBUF_INIT;

	explain_keys(&out);
	fputs(strbuf_str(&out), stdout);
	return 0;
}

static const struct cli_verb verbs[] = {
	{ "check", "POLICY.yaml...",
	  "read descriptions and show everything that is wrong", check_options, run_check,
	  1, -1, 0 },
	{ "build", "POLICY.yaml", "compile a description to a bundle", build_options,
	  main_build, 1, 1, 0 },
	{ "show", "POLICY.yaml|BUNDLE", "what each mechanism will do", show_options,
	  main_show, 1, 1, 0 },
	{ "explain", "[KEY]", "what a key or a section means", no_options, run_explain, 0,
	  1, 0 },
	{ "schema", "", "the description's JSON Schema", no_options, run_schema, 0, 0,
	  0 },
	{ "keys", "", "every key with type, default and meaning, separated by tabs",
	  no_options, run_keys, 0, 0, 0 },
	{ NULL, NULL, NULL, NULL, NULL, 0, 0, 0 },
};

static const struct cli_program program = {
	"brattice-compile",
	"VM descriptions to bundles",
	verbs,
};

int main(int argc, char **argv)
{
	int status;

	alloc_set_exit_status(MAIN_SYSTEM);
	status = cli_main(&program, argc, argv);
	if (fflush(stdout) != 0 || ferror(stdout)) {
		perror("brattice-compile: standard output");
		return MAIN_SYSTEM;
	}
	return status;
}
