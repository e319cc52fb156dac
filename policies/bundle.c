/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "bundle.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/openat2.h>
#include <string.h>
#include <sys/stat.h>

#include "fdio.h"
#include "jsonx.h"

bool bundle_name_valid(const char *name)
{
	static const char alnum[] =
		"abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789";
	size_t n = strlen(name);

	if (n == 0 || n > BUNDLE_NAME_MAX || !strchr(alnum, name[0]) ||
	    strstr(name, ".."))
		return false;
	for (; *name; name++)
		if (!strchr(alnum, *name) && !strchr("._-", *name))
			return false;
	return true;
}

/* Nobody but root and the caller may be able to change it. */
static int bundle_check_owner(int fd, const char *what, struct err *e)
{
	struct stat st;

	if (fstat(fd, &st) < 0)
		return err_errno(e, "cannot stat %s", what);
	if (st.st_uid != 0 && st.st_uid != geteuid())
		return err_set(e, EPERM, "%s belongs to uid %u, not to root", what,
			       st.st_uid);
	if (st.st_mode & (S_IWGRP | S_IWOTH))
		return err_set(e, EPERM, "%s is writable by others (mode %04o)", what,
			       st.st_mode & 07777);
	return 0;
}

static int bundle_read(const struct bundle *b, const char *name, size_t max, bool trusted,
		       char **data, size_t *len, struct err *e)
{
	_cleanup_close_ int fd = fdio_openat(b->dirfd, name,
					     O_RDONLY | O_NOFOLLOW | O_NONBLOCK,
					     RESOLVE_NO_SYMLINKS | RESOLVE_BENEATH, e);
	struct stat st;
	int r;

	if (fd < 0)
		return fd;
	if (fstat(fd, &st) < 0)
		return err_errno(e, "cannot stat %s", name);
	if (!S_ISREG(st.st_mode))
		return err_set(e, EINVAL, "%s is not a regular file", name);
	r = trusted ? bundle_check_owner(fd, name, e) : 0;
	if (r == 0)
		r = fdio_read_all(fd, max, data, len, e);
	return r;
}

static const char *bundle_layer_mech(const json_t *layer)
{
	const char *s = json_string_value(json_object_get(layer, "mech"));

	return s ? s : "";
}

static int bundle_check_layers(const struct bundle *b, struct err *e)
{
	json_t *layers;
	size_t i;
	int r = jsonx_need_array(b->manifest, "layers", &layers, "manifest.json", e);

	if (r < 0)
		return r;
	if (json_array_size(layers) != MECH_COUNT)
		return err_set(e, EINVAL,
			       "manifest.json: %zu layers, this version has %d",
			       json_array_size(layers), MECH_COUNT);
	for (i = 0; i < MECH_COUNT; i++) {
		const json_t *layer = json_array_get(layers, i);
		const char *name = bundle_layer_mech(layer);

		if (strcmp(name, mech_name((enum mech)i)) != 0)
			return err_set(e, EINVAL,
				       "manifest.json: layer %zu is \"%s\", not \"%s\"",
				       i, name, mech_name((enum mech)i));
		if (!json_is_object(json_object_get(layer, "params")))
			return err_set(e, EINVAL, "manifest.json: layer %s has no params",
				       name);
	}
	return 0;
}

static int bundle_check_manifest(struct bundle *b, struct err *e)
{
	const char *format;
	uint64_t version;
	json_t *artefacts;
	int r = jsonx_need_string(b->manifest, "format", &format, "manifest.json", e);

	if (r == 0 && strcmp(format, BUNDLE_FORMAT) != 0)
		r = err_set(e, EINVAL, "manifest.json: format is \"%s\", not \"%s\"",
			    format, BUNDLE_FORMAT);
	if (r == 0)
		r = jsonx_need_u64(b->manifest, "version", &version, "manifest.json", e);
	if (r == 0 && version != BUNDLE_VERSION)
		r = err_set(e, EINVAL,
			    "manifest.json: version %llu, this program reads %d",
			    (unsigned long long)version, BUNDLE_VERSION);
	if (r == 0)
		r = jsonx_need_string(b->manifest, "name", &b->name, "manifest.json", e);
	if (r == 0 && !bundle_name_valid(b->name))
		r = err_set(e, EINVAL, "manifest.json: name is not a valid VM name");
	if (r == 0)
		r = jsonx_need_object(b->manifest, "artefacts", &artefacts,
				      "manifest.json", e);
	return r < 0 ? r : bundle_check_layers(b, e);
}

/* Fills in digest, manifest and name. */
static int bundle_load(struct bundle *b, const char *text, size_t len, struct err *e)
{
	digest_bytes(text, len, b->digest);
	b->manifest = jsonx_parse(text, len, "manifest.json", e);
	return b->manifest ? bundle_check_manifest(b, e) : -EINVAL;
}

int bundle_parse(struct bundle *b, const char *text, size_t len, struct err *e)
{
	int r;

	*b = (struct bundle)BUNDLE_INIT;
	r = bundle_load(b, text, len, e);
	if (r < 0)
		bundle_close(b);
	return r;
}

int bundle_open(struct bundle *b, const char *path, bool trusted, struct err *e)
{
	_cleanup_free_ char *text = NULL;
	size_t len;
	int r;

	*b = (struct bundle)BUNDLE_INIT;
	b->dirfd = fdio_openat(AT_FDCWD, path, O_RDONLY | O_DIRECTORY | O_NOFOLLOW, 0, e);
	if (b->dirfd < 0)
		return err_wrap(e, "bundle");
	r = trusted ? bundle_check_owner(b->dirfd, path, e) : 0;
	if (r == 0)
		r = bundle_read(b, "manifest.json", BUNDLE_MANIFEST_MAX, trusted, &text,
				&len, e);
	if (r == 0)
		r = bundle_load(b, text, len, e);
	if (r < 0) {
		err_wrap(e, "bundle %s", path);
		bundle_close(b);
	}
	return r;
}

void bundle_close(struct bundle *b)
{
	if (b->dirfd >= 0)
		close(b->dirfd);
	json_decref(b->manifest);
	*b = (struct bundle)BUNDLE_INIT;
}

const json_t *bundle_params(const struct bundle *b, enum mech m)
{
	const json_t *layers = json_object_get(b->manifest, "layers");

	return json_object_get(json_array_get(layers, m), "params");
}

int bundle_artefact(const struct bundle *b, const char *name, bool trusted, char **data,
		    size_t *len, struct err *e)
{
	const json_t *entry = json_object_get(json_object_get(b->manifest, "artefacts"),
					      name);
	_cleanup_free_ char *text = NULL;
	const char *want;
	char got[DIGEST_HEX];
	int r;

	if (!entry)
		return err_set(e, ENOENT, "artefact %s is not in the manifest", name);
	r = jsonx_need_string(entry, "sha256", &want, name, e);
	if (r == 0)
		r = bundle_read(b, name, BUNDLE_ARTEFACT_MAX, trusted, &text, len, e);
	if (r < 0)
		return r;
	digest_bytes(text, *len, got);
	if (strcmp(got, want) != 0)
		return err_set(e, EINVAL,
			       "artefact %s does not match its digest in the manifest",
			       name);
	*data = steal_ptr(&text);
	return 0;
}
