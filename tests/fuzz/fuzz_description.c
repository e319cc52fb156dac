/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Any bytes as a description and as a host file. Beyond memory errors: what is accepted
 * keeps its promises, what is refused says why, and no message can steer a terminal.
 */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "bundle.h"
#include "compile.h"
#include "explain.h"
#include "jsonx.h"
#include "parse.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void demand(bool holds)
{
	if (!holds)
		abort();
}

/* Prints into memory; every byte is printable or a newline. */
static void check_messages(const struct problems *out)
{
	_cleanup_free_ char *text = NULL;
	size_t len = 0, i;
	FILE *f = open_memstream(&text, &len);

	demand(f);
	problems_print(f, out);
	fclose(f);
	demand(out->n == 0 || len > 0);
	for (i = 0; i < len; i++)
		demand(text[i] == '\n' || (text[i] >= 0x20 && text[i] < 0x7f));
}

static void check_path(const struct m_str *p)
{
	demand(!p->v || (*p->v == '/' && !strstr(p->v, "/../") && !strstr(p->v, "//")));
}

static void check_accepted(struct vm_policy *p)
{
	struct vmm_needs needs = { .notes = STRBUF_INIT };
	struct target target = { .accel = ACCEL_KVM };
	_cleanup_json_ json_t *values = explain_values(SECTION_root, p);
	struct err e = ERR_INIT;
	size_t i;

	demand(p->name.v && bundle_name_valid(p->name.v));
	demand(p->cpus.v >= 1 && p->memory.v >= 1 << 20);
	demand(!p->identity.uid.set || (p->identity.uid.v && p->identity.gid.v));
	check_path(&p->emulator);
	check_path(&p->qmp.path);
	check_path(&p->serial.path);
	for (i = 0; i < p->n_disks; i++) {
		demand(p->disks[i].path.v && p->disks[i].format.set);
		check_path(&p->disks[i].path);
	}
	demand(json_object_size(values) > 0);
	vmm_find(p->vmm.v)->needs(p, &target, &needs, &e);
	strbuf_dispose(&needs.notes);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct problems problems = PROBLEMS_INIT, host_problems = PROBLEMS_INIT;
	struct host host = HOST_INIT, other = HOST_INIT;
	struct vm_policy policy;
	const char *text = (const char *)data;
	int r;

	demand(host_parse(&host, "host.yaml", NULL, 0, &problems) == 0);
	r = description_parse(&policy, "fuzz.yaml", text ? text : "", size, NULL, &host,
			      &problems);
	demand((r == 0) == (problems.n == 0));
	check_messages(&problems);
	if (r == 0)
		check_accepted(&policy);
	r = host_parse(&other, "host.yaml", text ? text : "", size, &host_problems);
	demand((r == 0) == (host_problems.n == 0));
	check_messages(&host_problems);
	problems_dispose(&problems);
	problems_dispose(&host_problems);
	policy_dispose(&policy);
	host_dispose(&host);
	host_dispose(&other);
	return 0;
}
