/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "resolve.h"

#include <string.h>
#include <sys/un.h>

#include "format.h"

/* A run-time socket's default place; the launcher makes the directory for root alone. */
static void default_socket(struct vm_policy *p, const char *file, const struct loc *loc,
			   struct m_str *path, struct problems *out)
{
	if (path->v || !p->name.v || !RESOLVE_CLEAN(out, *path))
		return;
	path->v = arena_printf(&p->arena, "/run/brattice/%s/%s", p->name.v, file);
	path->loc = *loc;
	if (strlen(path->v) >= sizeof(((struct sockaddr_un *)0)->sun_path))
		problems_add(out, loc,
			     "the socket's name %s would be longer than 107 bytes: "
			     "shorten the name or give a path",
			     path->v);
}

static void resolve_serial(struct vm_policy *p, struct problems *out)
{
	struct loc *loc = &p->serial.loc;

	if (!RESOLVE_CLEAN(out, p->serial))
		return;
	if (p->serial.type.v == SERIAL_FILE && !p->serial.path.v)
		problems_add(out, loc, "serial: type file needs a path");
	else if (p->serial.type.v == SERIAL_SOCKET)
		default_socket(p, "serial.sock", loc, &p->serial.path, out);
	else if (p->serial.type.v != SERIAL_FILE && p->serial.path.v)
		problems_add(out, &p->serial.path.loc,
			     "serial: a path needs type file or socket");
}

static void resolve_qmp(struct vm_policy *p, struct problems *out)
{
	if (!RESOLVE_CLEAN(out, p->qmp))
		return;
	if (p->qmp.path.v && p->qmp.enabled.set && !p->qmp.enabled.v)
		problems_add(out, &p->qmp.enabled.loc,
			     "qmp: enabled: false contradicts path");
	if (p->qmp.path.v)
		p->qmp.enabled.v = true;
	if (p->qmp.enabled.v)
		default_socket(p, "qmp.sock", &p->qmp.loc, &p->qmp.path, out);
}

static void resolve_vnc(struct vm_policy *p, struct problems *out)
{
	if (!RESOLVE_CLEAN(out, p->vnc))
		return;
	if (!p->vnc.listen.v) {
		if (p->vnc.loc.line)
			problems_add(out, &p->vnc.loc, "vnc: key \"listen\" is missing");
		return;
	}
	if (!p->vnc.password_file.v && !format_is_loopback(p->vnc.listen.v))
		problems_add(out, &p->vnc.listen.loc,
			     "vnc.listen: %s is not a loopback address: "
			     "without authentication everybody there controls the VM; "
			     "listen on "
			     "127.0.0.1 or give password_file",
			     p->vnc.listen.v);
	if (p->namespaces.net.v == NETNS_OWN && RESOLVE_CLEAN(out, p->namespaces))
		problems_add(out, &p->vnc.listen.loc,
			     "vnc.listen: in a network namespace of its "
			     "own nobody reaches it; set namespaces: {net: host}");
}

static void resolve_boot(struct vm_policy *p, struct problems *out)
{
	bool kernel = p->kernel.v || !RESOLVE_CLEAN(out, p->kernel);

	if (p->nvram.v && !p->firmware.v && RESOLVE_CLEAN(out, p->firmware))
		problems_add(out, &p->nvram.loc,
			     "nvram: without firmware nothing uses it");
	if (p->initrd.v && !kernel)
		problems_add(out, &p->initrd.loc, "initrd: needs kernel");
	if (p->append.v && !kernel)
		problems_add(out, &p->append.loc,
			     "append: needs kernel; a boot loader in the "
			     "guest has its own command line");
}

static void resolve_emulator(struct vm_policy *p, const struct host *h,
			     struct problems *out)
{
	size_t i;

	if (!p->emulator.v || !h->emulators.n)
		return;
	for (i = 0; i < h->emulators.n; i++)
		if (!strcmp(h->emulators.v[i].v, p->emulator.v))
			return;
	problems_add(out, &p->emulator.loc,
		     "emulator: %s is not among the emulators that %s "
		     "allows",
		     p->emulator.v, h->emulators.loc.file);
}

static void resolve_grants(struct vm_policy *p, struct problems *out)
{
	static const char *const refused[] = { "/proc", "/sys", "/dev", "/run/brattice" };
	size_t i, k;

	for (i = 0; i < p->grants.n_files; i++) {
		const struct m_grant_file *g = &p->grants.files[i];

		if (!RESOLVE_CLEAN(out, *g) || !g->path.v)
			continue;
		if (g->exec.v && g->access.v == ACCESS_RW)
			problems_add(out, &g->loc,
				     "grants.files: %s must not be writable and "
				     "executable at once",
				     g->path.v);
		for (k = 0; k < ARRAY_SIZE(refused); k++) {
			size_t n = strlen(refused[k]);

			if (!strncmp(g->path.v, refused[k], n) &&
			    strchr("/", g->path.v[n]))
				problems_add(out, &g->path.loc,
					     "grants.files: nothing of %s can be "
					     "granted as a file; device nodes belong to "
					     "grants.devices",
					     refused[k]);
		}
	}
}

static void resolve_environment(struct vm_policy *p, struct problems *out)
{
	size_t i, k;

	for (i = 0; i < p->environment.n; i++) {
		const struct m_str *a = &p->environment.v[i];
		size_t n = strcspn(a->v, "=") + 1;

		for (k = 0; k < i; k++) {
			if (strncmp(a->v, p->environment.v[k].v, n) != 0)
				continue;
			problems_add(out, &a->loc,
				     "environment: %.*s is set twice, first in line %u",
				     (int)(n > 60 ? 60 : n - 1), a->v,
				     p->environment.v[k].loc.line);
			break;
		}
	}
}

void resolve_policy(struct vm_policy *p, const struct host *h, struct problems *out)
{
	resolve_emulator(p, h, out);
	resolve_boot(p, out);
	resolve_serial(p, out);
	resolve_qmp(p, out);
	resolve_vnc(p, out);
	resolve_disks(p, h, out);
	resolve_network(p, out);
	resolve_grants(p, out);
	resolve_environment(p, out);
	resolve_argv(p, out);
	resolve_limits(p, h, out);
}
