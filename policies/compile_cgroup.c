/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Control group: limits and the device program.
 *
 * memory_max, when not given: guest memory + what the VMM needs (vmm_needs.overhead).
 * memory_swap_max: 0, since a guest's memory in the host's swap outlives the guest.
 * pids_max, when not given: the threads that the VMM may start (vmm_needs.threads).
 * Devices: the nodes in the VMM's root, and nothing else.
 */
#include "compile.h"

static json_int_t cgroup_memory_max(const struct compile *c)
{
	const struct m_u64 *max = &c->policy->cgroup.memory_max;

	return (json_int_t)(max->set ? max->v
				     : c->needs->guest_memory + c->needs->overhead);
}

static json_int_t cgroup_pids_max(const struct compile *c)
{
	const struct m_u64 *max = &c->policy->cgroup.pids_max;

	return (json_int_t)(max->set ? max->v : c->needs->threads);
}

static void cgroup_set(json_t *o, const char *key, const struct m_u64 *v)
{
	if (v->set)
		json_object_set_new(o, key, json_integer((json_int_t)v->v));
}

static json_t *cgroup_io(const struct compile *c)
{
	json_t *list = json_array();
	size_t i;

	for (i = 0; i < c->policy->cgroup.n_io; i++) {
		const struct m_io_limit *io = &c->policy->cgroup.io[i];
		json_t *o = json_pack("{s:s}", "device", io->device.v);

		cgroup_set(o, "rbps", &io->rbps);
		cgroup_set(o, "wbps", &io->wbps);
		cgroup_set(o, "riops", &io->riops);
		cgroup_set(o, "wiops", &io->wiops);
		json_array_append_new(list, o);
	}
	return list;
}

static json_t *cgroup_devices(const struct compile *c)
{
	json_t *list = json_array();
	size_t i;

	for (i = 0; i < c->needs->n_nodes; i++) {
		const struct device_node *d = &c->needs->nodes[i];
		const char type[] = { d->type, '\0' };
		const char *access = d->writable ? "rw" : "r";

		if (d->host)
			json_array_append_new(list, json_pack("{s:s, s:s}", "host",
							      d->host, "access", access));
		else
			json_array_append_new(
				list, json_pack("{s:s, s:i, s:i, s:s}", "type", type,
						"major", (int)d->major, "minor",
						(int)d->minor, "access", access));
	}
	return list;
}

static bool cgroup_device_program(const struct compile *c)
{
	const struct m_bool *devices = &c->policy->cgroup.devices;

	return devices->set ? devices->v : true;
}

static json_t *cgroup_compile(struct compile *c, _unused_ struct err *e)
{
	const struct vm_policy *p = c->policy;
	const struct m_u64 *swap = &p->cgroup.memory_swap_max;
	json_t *o = json_pack("{s:s, s:I, s:I, s:I}", "parent",
			      p->cgroup.parent.v ? p->cgroup.parent.v : "brattice",
			      "memory_max", cgroup_memory_max(c), "memory_swap_max",
			      (json_int_t)(swap->set ? swap->v : 0), "pids_max",
			      cgroup_pids_max(c));

	cgroup_set(o, "cpu_weight", &p->cgroup.cpu_weight);
	cgroup_set(o, "cpu_percent", &p->cgroup.cpu_percent);
	if (p->cgroup.cpuset.v)
		json_object_set_new(o, "cpuset", json_string(p->cgroup.cpuset.v));
	if (p->cgroup.n_io)
		json_object_set_new(o, "io", cgroup_io(c));
	if (cgroup_device_program(c))
		json_object_set_new(o, "devices", cgroup_devices(c));
	return o;
}

static void cgroup_explain_memory(const struct compile *c, struct strbuf *out)
{
	const struct m_u64 *max = &c->policy->cgroup.memory_max;
	const struct m_u64 *swap = &c->policy->cgroup.memory_swap_max;

	strbuf_printf(out, "At most %lld MiB of memory",
		      (long long)cgroup_memory_max(c) >> 20);
	if (!max->set)
		strbuf_printf(out,
			      " (%llu MiB of the guest and %llu MiB for the VMM itself)",
			      (unsigned long long)c->needs->guest_memory >> 20,
			      (unsigned long long)c->needs->overhead >> 20);
	compile_from(out, &max->loc);
	strbuf_printf(out, ", %llu MiB of swap",
		      (unsigned long long)(swap->set ? swap->v : 0) >> 20);
	compile_from(out, &swap->loc);
	strbuf_printf(out, ", %lld threads and processes", (long long)cgroup_pids_max(c));
	compile_from(out, &c->policy->cgroup.pids_max.loc);
	strbuf_puts(out, ".\n");
}

static void cgroup_explain_cpu(const struct compile *c, struct strbuf *out)
{
	const struct vm_policy *p = c->policy;

	if (p->cgroup.cpu_weight.set) {
		strbuf_printf(out, "CPU weight %llu",
			      (unsigned long long)p->cgroup.cpu_weight.v);
		compile_from(out, &p->cgroup.cpu_weight.loc);
		strbuf_puts(out, ".\n");
	}
	if (p->cgroup.cpu_percent.set) {
		strbuf_printf(out, "At most %llu %% of one CPU",
			      (unsigned long long)p->cgroup.cpu_percent.v);
		compile_from(out, &p->cgroup.cpu_percent.loc);
		strbuf_puts(out, ".\n");
	}
	if (p->cgroup.cpuset.v) {
		strbuf_printf(out, "Runs on CPUs %s only", p->cgroup.cpuset.v);
		compile_from(out, &p->cgroup.cpuset.loc);
		strbuf_puts(out, ".\n");
	}
}

static void cgroup_explain_devices(const struct compile *c, struct strbuf *out)
{
	size_t i;

	if (!cgroup_device_program(c)) {
		strbuf_puts(out, "No device program");
		compile_from(out, &c->policy->cgroup.devices.loc);
		strbuf_puts(out,
			    ": the private /dev alone decides which devices exist.\n");
		return;
	}
	strbuf_puts(out, "A device program allows these devices and no others:");
	for (i = 0; i < c->needs->n_nodes; i++)
		strbuf_printf(out, " %s", c->needs->nodes[i].path);
	strbuf_puts(out, ".\n");
}

static void cgroup_explain(const struct compile *c, struct strbuf *out)
{
	size_t i;

	cgroup_explain_memory(c, out);
	cgroup_explain_cpu(c, out);
	for (i = 0; i < c->policy->cgroup.n_io; i++) {
		const struct m_io_limit *io = &c->policy->cgroup.io[i];

		strbuf_printf(out, "I/O on %s is limited", io->device.v);
		compile_from(out, &io->loc);
		strbuf_puts(out, ".\n");
	}
	cgroup_explain_devices(c, out);
}

const struct compiler compiler_cgroup = { cgroup_compile, cgroup_explain };
