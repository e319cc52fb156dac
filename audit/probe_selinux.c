/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The security label as the kernel gives it: SELinux and AppArmor share this file. */
#include <string.h>

#include "collect.h"

static json_t *selinux_label(struct subject *s)
{
	json_t *f;

	if (!s->c->has_lsm) {
		f = json_object();
		proc_set(f, "absent", json_true());
		return f;
	}
	f = proc_fact_file(s->procfd, "attr/current", PROC_SMALL_MAX, &s->c->buf);
	return f;
}

static int selinux_observe(struct subject *s, json_t *facts, struct err *e _unused_)
{
	json_t *j = json_object();

	proc_set(j, "current", selinux_label(s));
	proc_set(facts, "selinux", j);
	return 0;
}

const struct probe probe_selinux = { selinux_observe };
