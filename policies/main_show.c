/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* brattice-compile show: what each mechanism will do, from a description or a bundle. */
#include <errno.h>
#include <string.h>
#include <sys/stat.h>

#include "bundle.h"
#include "compile.h"
#include "explain.h"
#include "jsonx.h"
#include "main.h"

static void print_json(const json_t *j)
{
	_cleanup_free_ char *text = jsonx_dump(j);

	fputs(text, stdout);
}

/* Quoted as a shell would need it, so that the line can be tried by hand. */
static void add_word(struct strbuf *b, const char *s)
{
	static const char plain[] =
		"abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789"
		"/._=:,+@%-";

	if (*s && !s[strspn(s, plain)]) {
		strbuf_puts(b, s);
		return;
	}
	strbuf_putc(b, '\'');
	for (; *s; s++) {
		unsigned char c = (unsigned char)*s;

		if (c == '\'')
			strbuf_puts(b, "'\\''");
		else if (c < 0x20 || c >= 0x7f)
			strbuf_printf(b, "\\x%02x", c);
		else
			strbuf_putc(b, *s);
	}
	strbuf_putc(b, '\'');
}

/* One option a line, its value beside it. */
static void print_argv(const char *const *argv, size_t n)
{
	_cleanup_strbuf_ struct strbuf b = STRBUF_INIT;
	size_t i;

	for (i = 0; i < n; i++) {
		if (i)
			strbuf_puts(&b, *argv[i] == '-' ? " \\\n    " : " ");
		add_word(&b, argv[i]);
	}
	printf("\nCommand\n  %s\n", strbuf_str(&b));
}

static void print_indented(const char *text)
{
	while (*text) {
		_cleanup_strbuf_ struct strbuf line = STRBUF_INIT;
		size_t n = strcspn(text, "\n");
		_cleanup_free_ char *raw = xstrndup(text, n);

		strbuf_add_escaped(&line, raw);
		printf("  %s\n", strbuf_str(&line));
		text += n + (text[n] == '\n');
	}
}

static int show_policy(struct cli *c, bool json)
{
	_cleanup_input_ struct main_input in = MAIN_INPUT_INIT;
	__attribute__((cleanup(compile_dispose))) struct compile out = { 0 };
	_cleanup_json_ json_t *values = NULL;
	enum mech m;
	int r = main_read(c, c->argv[0], &in);

	if (r < 0)
		return main_exit_status(r);
	if (json) {
		values = explain_values(SECTION_root, &in.policy);
		print_json(values);
		return 0;
	}
	r = main_compile(&in, main_accel(c, &in.policy), &out);
	if (r)
		return r;
	printf("%s: %s with %s, %llu MiB, %llu CPU%s\n", in.policy.name.v,
	       in.policy.vmm.v, in.target.accel == ACCEL_KVM ? "KVM" : "TCG",
	       (unsigned long long)in.policy.memory.v >> 20,
	       (unsigned long long)in.policy.cpus.v, in.policy.cpus.v == 1 ? "" : "s");
	for (m = 0; m < MECH_COUNT; m++) {
		_cleanup_strbuf_ struct strbuf text = STRBUF_INIT;

		compiler_of(m)->explain(&out, &text);
		printf("\n%s: %s\n", mech_name(m), mech_title(m));
		print_indented(strbuf_str(&text));
	}
	if (out.needs->notes.len) {
		printf("\nNotes\n");
		print_indented(strbuf_str(&out.needs->notes));
	}
	print_argv(out.needs->argv, out.needs->n_argv);
	return 0;
}

static void print_manifest_argv(const json_t *manifest)
{
	const json_t *list = json_object_get(json_object_get(manifest, "exec"), "argv");
	size_t i, n = 0, size = json_array_size(list);
	_cleanup_free_ const char **argv = xcalloc(size + 1, sizeof(*argv));

	for (i = 0; i < size; i++)
		if (json_is_string(json_array_get(list, i)))
			argv[n++] = json_string_value(json_array_get(list, i));
	print_argv(argv, n);
}

static int show_bundle(struct cli *c, bool json)
{
	__attribute__((cleanup(bundle_close))) struct bundle b = BUNDLE_INIT;
	struct err e = ERR_INIT;
	enum mech m;
	int r = bundle_open(&b, c->argv[0], false, &e);

	if (r < 0) {
		cli_error(c, &e);
		return main_exit_status(r);
	}
	if (json) {
		print_json(b.manifest);
		return 0;
	}
	printf("%s: bundle %s\n", b.name, b.digest);
	for (m = 0; m < MECH_COUNT; m++) {
		const json_t *params = bundle_params(&b, m);
		const char *key;
		json_t *value;

		printf("\n%s: %s\n", mech_name(m), mech_title(m));
		json_object_foreach((json_t *)(size_t)params, key, value) {
			_cleanup_strbuf_ struct strbuf name = STRBUF_INIT;
			char *text = json_dumps(value, JSON_ENCODE_ANY | JSON_SORT_KEYS |
							       JSON_ENSURE_ASCII);

			strbuf_add_escaped(&name, key);
			printf("  %s: %s\n", strbuf_str(&name), text ? text : "");
			free(text);
		}
	}
	print_manifest_argv(b.manifest);
	return 0;
}

int main_show(struct cli *c)
{
	const char *format = cli_value(c, "format");
	bool json = format && !strcmp(format, "json");
	struct err e = ERR_INIT;
	struct stat st;
	int r = main_accel_check(c);

	if (r)
		return r;
	if (format && !json && strcmp(format, "text") != 0) {
		err_set(&e, EINVAL, "--format: expected text or json, found \"%s\"",
			format);
		cli_error(c, &e);
		return MAIN_USAGE;
	}
	if (strcmp(c->argv[0], "-") != 0 && stat(c->argv[0], &st) == 0 &&
	    S_ISDIR(st.st_mode))
		return show_bundle(c, json);
	return show_policy(c, json);
}
