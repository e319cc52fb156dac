/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Any bytes as the manifest of a bundle, through all that reads one with privilege: the
 * reader, and each of the launcher's layers as far as it changes nothing (load and plan).
 */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "alloc.h"
#include "jsonx.h"
#include "run.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void demand(bool holds)
{
	if (!holds)
		abort();
}

/* What is refused says why. */
static void check(int r, const struct err *e)
{
	demand(r == 0 || (r == -e->code && e->code > 0 && *e->text));
}

static void load_layer(struct run *run, enum mech m, FILE *out)
{
	const struct layer *l = layer_of(m);
	const json_t *params = bundle_params(&run->bundle, m);
	struct err e = ERR_INIT;
	int r = 0;

	demand(json_is_object(params));
	if (l->load)
		r = l->load(run, params, &e);
	check(r, &e);
	if (r == 0 && l->plan)
		l->plan(run, out);
}

static void load(struct run *run)
{
	_cleanup_free_ char *text = NULL;
	struct err e = ERR_INIT;
	size_t len = 0;
	FILE *out;
	enum mech m;
	int r = run_load_exec(run, &e);

	check(r, &e);
	demand(bundle_name_valid(run->bundle.name));
	if (r < 0)
		return;
	demand(run->argv[0] && run->emulator);
	out = open_memstream(&text, &len);
	demand(out);
	for (m = 0; m < MECH_COUNT; m++)
		load_layer(run, m, out);
	fclose(out);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	const char *text = data ? (const char *)data : "";
	struct run *run = xcalloc(1, sizeof(*run));
	struct err e = ERR_INIT;
	int r;

	run_init(run, NULL);
	r = bundle_parse(&run->bundle, text, size, &e);
	check(r, &e);
	if (r == 0)
		load(run);
	run_dispose(run);
	free(run);
	return 0;
}
