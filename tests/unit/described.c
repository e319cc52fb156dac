/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "described.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

void described_open(struct described *d, const char *text, enum accel accel)
{
	memset(d, 0, sizeof(*d));
	assert_int_equal(host_parse(&d->host, HOST_FILE, NULL, 0, &d->problems), 0);
	if (description_parse(&d->policy, "vm.yaml", text, strlen(text), NULL, &d->host,
			      &d->problems) < 0) {
		problems_print(stderr, &d->problems);
		fail();
	}
	d->target.accel = accel;
	d->r = compile_run(&d->compile, &d->policy, &d->target, &d->e);
}

void described_close(struct described *d)
{
	compile_dispose(&d->compile);
	policy_dispose(&d->policy);
	problems_dispose(&d->problems);
	host_dispose(&d->host);
}

const json_t *described_params(const struct described *d, enum mech m)
{
	if (d->r < 0)
		print_error("%s\n", d->e.text);
	assert_int_equal(d->r, 0);
	return d->compile.params[m];
}

const char *described_arg(const struct described *d, const char *option, size_t nth)
{
	const struct vmm_needs *n = d->compile.needs;
	size_t i;

	assert_int_equal(d->r, 0);
	for (i = 0; i < n->n_argv; i++)
		if (!strcmp(n->argv[i], option) && nth-- == 0)
			return n->argv[i + 1];
	return NULL;
}

char *described_explain(const struct described *d, enum mech m)
{
	struct strbuf b = STRBUF_INIT;

	assert_int_equal(d->r, 0);
	compiler_of(m)->explain(&d->compile, &b);
	return strbuf_steal(&b);
}
