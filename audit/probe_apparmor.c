/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The AppArmor profile in its own file, where the kernel keeps several LSMs apart (5.8).
 */
#include <errno.h>

#include "collect.h"

static int apparmor_observe(struct subject *s, json_t *facts, struct err *e _unused_)
{
	json_t *j = json_object(), *f = NULL;
	int error = 0;

	if (s->c->has_lsm) {
		f = proc_fact_file(s->procfd, "attr/apparmor/current", PROC_SMALL_MAX,
				   &s->c->buf);
		error = (int)json_integer_value(json_object_get(f, "unreadable"));
	}
	if (!f || error == ENOENT || error == EINVAL) {
		json_decref(f);
		f = json_object();
		proc_set(f, "absent", json_true());
	}
	proc_set(j, "current", f);
	proc_set(facts, "apparmor", j);
	return 0;
}

const struct probe probe_apparmor = { apparmor_observe };
