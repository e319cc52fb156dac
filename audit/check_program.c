/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The executable and its command line. A command line is a claim, never a proof: checks
 * read it only for what has no trace in the kernel. */
#include <string.h>

#include "alloc.h"
#include "judge.h"

static enum verdict eval_chain(const struct check *c _unused_, const struct view *v,
			       struct finding *f)
{
	enum verdict out = VERDICT_UNKNOWN;
	const json_t *exe = judge_fact(v->vm, "process/exe", f, &out), *chain, *link;
	unsigned bad = 0;
	size_t i;

	if (!exe)
		return out;
	if (judge_number(exe, "uid", -1) != 0 || (judge_number(exe, "mode", 0) & 022))
		return judge(f, VERDICT_GAP, "%s belongs to uid %lld, mode %04llo",
			     judge_text(exe, "path"), judge_number(exe, "uid", -1),
			     judge_number(exe, "mode", 0));
	chain = json_object_get(exe, "chain");
	if (!json_is_array(chain))
		return judge_unreadable(f, chain,
					"the path of the executable on the host");
	json_array_foreach(chain, i, link) {
		long long uid = judge_number(link, "uid", -1),
			  mode = judge_number(link, "mode", 0);

		/* a sticky directory lets nobody rename what root owns in it */
		if (uid == 0 && (!(mode & 022) || (mode & 01000)))
			continue;
		bad++;
		judge(f, VERDICT_GAP, "%s belongs to uid %lld, mode %04llo",
		      judge_text(link, "path"), uid, mode);
	}
	return bad ? VERDICT_GAP :
		     judge(f, VERDICT_PASS, "%s, root's up to /",
			   judge_text(exe, "path"));
}

static const json_t *cmdline(const struct view *v, struct finding *f, enum verdict *out)
{
	const json_t *a = judge_list(v->vm, "process/cmdline", f, out);

	if (a && !json_array_size(a)) {
		*out = judge(f, VERDICT_UNKNOWN, "the command line is empty");
		return NULL;
	}
	return a;
}

/* True for an argument that is QEMU's, from any VMM that isn't known to be another one.
 */
static bool is_qemu(const struct view *v)
{
	return judge_word_in(judge_text(v->vm, "vmm"), "qemu|unknown");
}

/* key=VALUE in a list of options; shows the key, never the value. */
static bool has_secret(const char *arg, struct finding *f, const char *option)
{
	static const char *const keys[] = { "password=", "password-secret-data=", "data=",
					    "key=" };
	size_t i;

	for (i = 0; i < ARRAY_SIZE(keys); i++) {
		const char *p = strstr(arg, keys[i]);

		if (!p || (p != arg && p[-1] != ','))
			continue;
		judge(f, VERDICT_GAP, "-%s …,%s(hidden)", option, keys[i]);
		return true;
	}
	return false;
}

static enum verdict eval_secrets(const struct check *c _unused_, const struct view *v,
				 struct finding *f)
{
	static const char *const options[] = { "object", "spice",    "vnc",
					       "drive",	 "blockdev", "iscsi" };
	enum verdict out = VERDICT_UNKNOWN;
	const json_t *args = cmdline(v, f, &out);
	unsigned n = 0;
	size_t k;

	if (!args)
		return out;
	for (k = 0; k < ARRAY_SIZE(options); k++) {
		_cleanup_free_ char *name = xasprintf("-%s", options[k]);
		const char *arg;
		size_t i = 1;

		while ((arg = judge_next_option(args, &i, name))) {
			/* data= is a secret only in -object secret */
			if (!strcmp(options[k], "object") && strncmp(arg, "secret", 6))
				continue;
			n += has_secret(arg, f, options[k]);
		}
	}
	return n ? VERDICT_GAP :
		   judge(f, VERDICT_PASS, "no secret among %zu arguments",
			 json_array_size(args));
}

/* Without a format QEMU guesses from bytes that the guest wrote: CVE-2008-2004. */
static enum verdict eval_format(const struct check *c _unused_, const struct view *v,
				struct finding *f)
{
	enum verdict out = VERDICT_UNKNOWN;
	const json_t *args = cmdline(v, f, &out);
	unsigned n = 0, seen = 0;
	const char *arg;
	size_t i = 1;

	if (!args)
		return out;
	if (!is_qemu(v))
		return judge(f, VERDICT_NA, "not QEMU");
	while ((arg = judge_next_option(args, &i, "-drive"))) {
		seen++;
		if (strstr(arg, "format=") || !strstr(arg, "file="))
			continue;
		n++;
		judge(f, VERDICT_GAP, "-drive %s", arg);
	}
	i = 1;
	while ((arg = judge_next_option(args, &i,
					"-hda|-hdb|-hdc|-hdd|-fda|-fdb|-sd|-mtdblock"))) {
		n++;
		judge(f, VERDICT_GAP, "%s is probed", arg);
	}
	return n ? VERDICT_GAP :
		   judge(f, VERDICT_PASS, "%u -drive, all with a format", seen);
}

static enum verdict eval_legacy(const struct check *c _unused_, const struct view *v,
				struct finding *f)
{
	static const char models[] =
		"isa-fdc|floppy|ne2k_pci|ne2k_isa|pcnet|rtl8139|lsi53c895a|lsi|megasas|"
		"sdhci-pci|cirrus-vga|ES1370|AC97|sb16|adlib|gus|cs4231a|vmware-svga|"
		"piix3-usb-uhci|usb-ehci|ohci-pci|am53c974|mptsas1068|tulip|i82551|e1000";
	enum verdict out = VERDICT_UNKNOWN;
	const json_t *args = cmdline(v, f, &out);
	unsigned n = 0;
	const char *arg;
	size_t i = 1;

	if (!args)
		return out;
	if (!is_qemu(v))
		return judge(f, VERDICT_NA, "not QEMU");
	while ((arg = judge_next_option(args, &i, "-device|-vga|-soundhw|-nic|-net"))) {
		_cleanup_free_ char *model = xstrndup(arg, strcspn(arg, ","));
		const char *in = strstr(arg, "model=");
		_cleanup_free_ char *nic =
			in ? xstrndup(in + 6, strcspn(in + 6, ",")) : NULL;

		if (judge_word_in(nic ? nic : model, models) ||
		    !strcmp(model, "cirrus")) {
			n++;
			judge(f, VERDICT_GAP, "%s", nic ? nic : model);
		}
	}
	i = 1;
	while (judge_next_option(args, &i, "-fda|-fdb")) {
		n++;
		judge(f, VERDICT_GAP, "a floppy drive");
	}
	return n ? VERDICT_GAP : judge(f, VERDICT_PASS, "none on the command line");
}

/* -readconfig and -incoming defer hide options that no command line shows. */
static enum verdict eval_hidden(const struct check *c _unused_, const struct view *v,
				struct finding *f)
{
	enum verdict out = VERDICT_UNKNOWN;
	const json_t *args = cmdline(v, f, &out);
	const char *arg;
	size_t i = 1;

	if (!args)
		return out;
	arg = judge_next_option(args, &i, "-readconfig|-plugin");
	return arg ? judge(f, VERDICT_GAP, "%s", arg) :
		     judge(f, VERDICT_PASS, "no -readconfig, no -plugin");
}

#define ARGV "/proc/PID/cmdline"

const struct check checks_program[] = {
	{ "PRV-021", "Others than root can replace the VMM's executable", SEVERITY_HIGH,
	  SCOPE_VM, "/proc/PID/exe and every directory above it",
	  "owned by root, writable by nobody else",
	  "Who changes the binary decides what the next VM runs.",
	  "emulator: a path that a package installed", eval_chain, NULL, 0 },
	{ "PRV-030", "Secrets on the command line", SEVERITY_HIGH, SCOPE_VM, ARGV,
	  "no password=, no -object secret,data=", "Every user of the host can read it.",
	  "vnc.password_file", eval_secrets, NULL, 0 },
	{ "IMG-008", "Image format is guessed", SEVERITY_MEDIUM, SCOPE_VM, ARGV,
	  "every -drive has format=; no -hda",
	  "A guest writes a qcow2 header into its raw disk and reads any file of the "
	  "host.",
	  "disks[].format: raw or qcow2", eval_format, NULL, 0 },
	{ "DEV-013", "Legacy device models", SEVERITY_MEDIUM, SCOPE_VM, ARGV,
	  "virtio devices",
	  "Old models are where guests have broken out: VENOM (floppy), "
	  "CVE-2021-3947 and others.",
	  "network[].model: virtio, disks[].bus: virtio", eval_legacy, NULL, 0 },
	{ "MGT-010", "Options are hidden in files", SEVERITY_LOW, SCOPE_VM, ARGV,
	  "no -readconfig, no -plugin", "What was asked for can't be seen from outside.",
	  "write the options into the description", eval_hidden, NULL, 0 },
	{ NULL, NULL, 0, 0, NULL, NULL, NULL, NULL, NULL, NULL, 0 },
};
