/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* brattice-compile build: description to bundle. */
#include <errno.h>
#include <string.h>

#include "compile.h"
#include "digest.h"
#include "jsonx.h"
#include "main.h"

int main_compile(struct main_input *in, enum accel accel, struct compile *out)
{
	struct err e = ERR_INIT;
	int r;

	in->target.accel = accel;
	target_probe(&in->target);
	r = compile_run(out, &in->policy, &in->target, &e);
	if (r < 0) {
		problems_add_err(&in->problems, &e);
		problems_print(stderr, &in->problems);
		return MAIN_INVALID;
	}
	return 0;
}

static const char *base_name(const char *path)
{
	const char *slash = strrchr(path, '/');

	return slash ? slash + 1 : path;
}

/* Names and digests of everything that was read; the description may be called otherwise,
 * since a caller can hand it over on standard input. */
json_t *main_inputs(const struct cli *c, const struct main_input *in)
{
	const char *name = cli_value(c, "input-name");
	json_t *inputs = json_array();
	size_t i;

	for (i = 0; i < in->problems.n_sources; i++) {
		const struct source *s = &in->problems.sources[i];
		char hex[DIGEST_HEX];

		digest_bytes(s->text, s->len, hex);
		json_array_append_new(
			inputs,
			json_pack("{s:s, s:s}", "name",
				  base_name(name && i == in->n_host ? name : s->file),
				  "sha256", hex));
	}
	return inputs;
}

int main_build(struct cli *c)
{
	_cleanup_input_ struct main_input in = MAIN_INPUT_INIT;
	const char *dir = cli_value(c, "output");
	__attribute__((cleanup(compile_dispose))) struct compile out = { 0 };
	_cleanup_json_ json_t *inputs = NULL;
	struct err e = ERR_INIT;
	char digest[DIGEST_HEX];
	int r = main_accel_check(c);

	if (r)
		return r;
	if (!dir) {
		err_set(&e, EINVAL, "build: where to? Give -o DIR");
		cli_error(c, &e);
		return MAIN_USAGE;
	}
	r = main_read(c, c->argv[0], &in);
	if (r < 0)
		return main_exit_status(r);
	r = main_compile(&in, main_accel(c, &in.policy), &out);
	if (r)
		return r;
	inputs = main_inputs(c, &in);
	if (bundle_write(&out, inputs, dir, digest, &e) < 0) {
		cli_error(c, &e);
		return MAIN_SYSTEM;
	}
	printf("%s  %s\n", digest, dir);
	return 0;
}
