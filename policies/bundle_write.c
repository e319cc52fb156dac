/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <errno.h>
#include <fcntl.h>
#include <linux/openat2.h>
#include <seccomp.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#include "alloc.h"
#include "bundle.h"
#include "compile.h"
#include "fdio.h"
#include "jsonx.h"

#ifdef HAVE_CONFIG_H
#include "config.h"
#endif

#define BUNDLE_MODE_FILE 0644
#define BUNDLE_MODE_DIR	 0755

static json_t *manifest_tool(void)
{
	const struct scmp_version *v = seccomp_version();
	_cleanup_free_ char *seccomp = v ? xasprintf("%u.%u.%u", v->major, v->minor,
						     v->micro)
					 : xstrdup("unknown");

	return json_pack("{s:s, s:s, s:s}", "brattice", PACKAGE_VERSION, "libseccomp",
			 seccomp, "jansson", jansson_version_str());
}

static json_t *manifest_target(const struct compile *c)
{
	json_t *max = json_object_get(c->params[MECH_seccomp], "syscall_max");
	json_t *o = json_pack("{s:s, s:s}", "arch", "x86_64", "accel",
			      c->target->accel == ACCEL_KVM ? "kvm" : "tcg");

	if (max)
		json_object_set(o, "syscall_max", max);
	return o;
}

static json_t *manifest_artefacts(const struct compile *c)
{
	json_t *o = json_object();
	size_t i;

	for (i = 0; i < c->n_artefacts; i++) {
		const struct artefact *a = &c->artefacts[i];
		char hex[DIGEST_HEX];

		digest_bytes(a->data, a->len, hex);
		json_object_set_new(o, a->name,
				    json_pack("{s:s, s:I}", "sha256", hex, "size",
					      (json_int_t)a->len));
	}
	return o;
}

static json_t *manifest_strings(const char *const *list, size_t n)
{
	json_t *a = json_array();
	size_t i;

	for (i = 0; i < n; i++)
		json_array_append_new(a, json_string(list[i]));
	return a;
}

static json_t *manifest_layers(const struct compile *c)
{
	json_t *a = json_array();
	enum mech m;

	for (m = 0; m < MECH_COUNT; m++)
		json_array_append_new(a, json_pack("{s:s, s:O}", "mech", mech_name(m),
						   "params", c->params[m]));
	return a;
}

json_t *compile_manifest(const struct compile *c, json_t *inputs)
{
	const struct vmm_needs *n = c->needs;
	json_t *exec = json_pack("{s:s, s:o, s:o}", "emulator", n->argv[0], "argv",
				 manifest_strings(n->argv, n->n_argv), "env",
				 manifest_strings(n->env, n->n_env));

	return json_pack("{s:s, s:i, s:s, s:s, s:o, s:O, s:o, s:o, s:o, s:o}", "format",
			 BUNDLE_FORMAT, "version", BUNDLE_VERSION, "name",
			 c->policy->name.v, "vmm", c->vmm->name, "tool", manifest_tool(),
			 "inputs", inputs, "target", manifest_target(c), "artefacts",
			 manifest_artefacts(c), "exec", exec, "layers",
			 manifest_layers(c));
}

/* ---- the directory ------------------------------------------------------------- */

/* Calls visit for each name in the directory. */
static int bundle_each(int dirfd,
		       int (*visit)(int dirfd, const char *name, void *arg,
				    struct err *e),
		       void *arg, struct err *e)
{
	_cleanup_dir_ DIR *d = NULL;
	int fd = fdio_openat(dirfd, ".", O_RDONLY | O_DIRECTORY, 0, e);
	int r = 0;

	if (fd < 0)
		return fd;
	d = fdopendir(fd);
	if (!d) {
		r = err_errno(e, "cannot read the directory");
		close(fd);
		return r;
	}
	while (r == 0) {
		const struct dirent *entry;

		errno = 0;
		entry = readdir(d);
		if (!entry)
			return errno ? err_errno(e, "cannot read the directory") : 0;
		if (strcmp(entry->d_name, ".") != 0 && strcmp(entry->d_name, "..") != 0)
			r = visit(dirfd, entry->d_name, arg, e);
	}
	return r;
}

static int bundle_unlink(int dirfd, const char *name, _unused_ void *arg, struct err *e)
{
	if (unlinkat(dirfd, name, 0) < 0)
		return err_errno(e, "cannot remove %s", name);
	return 0;
}

/* Removes a directory of files that is ours; never descends. */
static int bundle_remove(int parent, const char *name, struct err *e)
{
	_cleanup_close_ int fd = fdio_openat(parent, name,
					     O_RDONLY | O_DIRECTORY | O_NOFOLLOW, 0, e);
	int r;

	if (fd < 0)
		return fd;
	r = bundle_each(fd, bundle_unlink, NULL, e);
	if (r == 0 && unlinkat(parent, name, AT_REMOVEDIR) < 0)
		r = err_errno(e, "cannot remove %s", name);
	return r;
}

static int bundle_known(_unused_ int dirfd, const char *name, void *arg, struct err *e)
{
	const json_t *artefacts = arg;

	if (!strcmp(name, "manifest.json") || json_object_get(artefacts, name))
		return 0;
	return err_set(e, EEXIST, "holds %s, which is not part of a bundle", name);
}

/* May be replaced: a directory with a manifest of our format and nothing that isn't
 * listed there. Older versions count, so bundle_open() is too strict. */
static int bundle_replaceable(int parent, const char *name, struct err *e)
{
	_cleanup_close_ int fd = fdio_openat(parent, name,
					     O_RDONLY | O_DIRECTORY | O_NOFOLLOW, 0, e);
	_cleanup_free_ char *text = NULL;
	_cleanup_json_ json_t *j = NULL;
	const char *format;
	struct err ignored = ERR_INIT;
	size_t len;

	if (fd < 0)
		return fd;
	if (fdio_read_file(fd, "manifest.json", BUNDLE_MANIFEST_MAX, &text, &len,
			   &ignored) == 0)
		j = jsonx_parse(text, len, "manifest.json", &ignored);
	if (!j ||
	    jsonx_need_string(j, "format", &format, "manifest.json", &ignored) < 0 ||
	    strcmp(format, BUNDLE_FORMAT) != 0)
		return err_set(e, EEXIST, "exists and is not a bundle");
	return bundle_each(fd, bundle_known, json_object_get(j, "artefacts"), e);
}

static int bundle_fill(int fd, const struct compile *c, const char *manifest,
		       struct err *e)
{
	size_t i;
	int r = 0;

	for (i = 0; i < c->n_artefacts && r == 0; i++)
		r = fdio_write_file(fd, c->artefacts[i].name, c->artefacts[i].data,
				    c->artefacts[i].len, BUNDLE_MODE_FILE, 1, e);
	if (r == 0)
		r = fdio_write_file(fd, "manifest.json", manifest, strlen(manifest),
				    BUNDLE_MODE_FILE, 1, e);
	if (r == 0 && fsync(fd) < 0)
		r = err_errno(e, "cannot sync the directory");
	return r;
}

static int bundle_make(int parent, const char *tmp, const struct compile *c,
		       const char *manifest, struct err *e)
{
	_cleanup_close_ int fd = -1;

	if (mkdirat(parent, tmp, 0700) < 0)
		return err_errno(e, "cannot create %s", tmp);
	fd = fdio_openat(parent, tmp, O_RDONLY | O_DIRECTORY | O_NOFOLLOW, 0, e);
	if (fd < 0)
		return fd;
	if (fchmod(fd, BUNDLE_MODE_DIR) < 0)
		return err_errno(e, "cannot set the mode of %s", tmp);
	return bundle_fill(fd, c, manifest, e);
}

/* Puts tmp in the place of name. A bundle that was there is exchanged in one step and
 * then removed; at no moment is there none or half of one. */
static int bundle_swap(int parent, const char *tmp, const char *name, struct err *e)
{
	int r;

	if (renameat2(parent, tmp, parent, name, RENAME_NOREPLACE) == 0)
		return 0;
	if (errno != EEXIST)
		return err_errno(e, "cannot rename %s to %s", tmp, name);
	r = bundle_replaceable(parent, name, e);
	if (r < 0)
		return r;
	if (renameat2(parent, tmp, parent, name, RENAME_EXCHANGE) < 0)
		return err_errno(e, "cannot exchange %s and %s", tmp, name);
	return bundle_remove(parent, tmp, e);
}

static int bundle_install(int parent, const char *name, const struct compile *c,
			  const char *manifest, struct err *e)
{
	_cleanup_free_ char *tmp = xasprintf("%s.tmp-%ld", name, (long)getpid());
	struct err ignored = ERR_INIT;
	int r;

	/* of a killed process with the same number */
	bundle_remove(parent, tmp, &ignored);
	r = bundle_make(parent, tmp, c, manifest, e);
	if (r == 0)
		r = bundle_swap(parent, tmp, name, e);
	if (r < 0)
		bundle_remove(parent, tmp, &ignored);
	else if (fsync(parent) < 0)
		r = err_errno(e, "cannot sync the parent directory");
	return r;
}

/* Splits DIR/NAME; *name is what follows the last slash. */
static int bundle_split(const char *dir, char **parent, char **name, struct err *e)
{
	size_t n = strlen(dir);
	const char *slash;

	while (n > 1 && dir[n - 1] == '/')
		n--;
	*name = xstrndup(dir, n);
	slash = strrchr(*name, '/');
	*parent = !slash ? xstrdup(".")
			 : xstrndup(*name, slash == *name ? 1 : (size_t)(slash - *name));
	if (slash)
		memmove(*name, slash + 1, strlen(slash));
	if (!**name || !strcmp(*name, ".") || !strcmp(*name, ".."))
		return err_set(e, EINVAL, "%s: names no directory of its own", dir);
	return 0;
}

int bundle_write(const struct compile *c, json_t *inputs, const char *dir, char *digest,
		 struct err *e)
{
	_cleanup_json_ json_t *manifest = compile_manifest(c, inputs);
	_cleanup_free_ char *text = jsonx_dump(manifest);
	_cleanup_free_ char *parent = NULL;
	_cleanup_free_ char *name = NULL;
	_cleanup_close_ int fd = -1;
	int r = bundle_split(dir, &parent, &name, e);

	if (r < 0)
		return r;
	fd = fdio_openat(AT_FDCWD, parent, O_RDONLY | O_DIRECTORY, 0, e);
	if (fd < 0)
		return fd;
	r = bundle_install(fd, name, c, text, e);
	if (r < 0)
		return err_wrap(e, "bundle %s", dir);
	digest_bytes(text, strlen(text), digest);
	return 0;
}
