/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "device_grid.h"

#include <string.h>

#include "alloc.h"
#include "devsim.h"
#include "num.h"

static const struct point {
	const char *what;
	char type;
	uint32_t major, minor;
} grid[] = {
	{ "/dev/mem", 'c', 1, 1 },
	{ "/dev/kmem", 'c', 1, 2 },
	{ "/dev/port", 'c', 1, 4 },
	{ "/dev/kmsg", 'c', 1, 11 },
	{ "/dev/tty1", 'c', 4, 1 },
	{ "/dev/console", 'c', 5, 1 },
	{ "/dev/loop-control", 'c', 10, 237 },
	{ "/dev/uinput", 'c', 10, 223 },
	{ "/dev/input", 'c', 13, 64 },
	{ "/dev/sg0", 'c', 21, 0 },
	{ "/dev/usb", 'c', 189, 0 },
	{ "unknown character device", 'c', 499, 7 },
	{ "/dev/loop0", 'b', 7, 0 },
	{ "/dev/sda", 'b', 8, 0 },
	{ "/dev/dm-0", 'b', 253, 0 },
	{ "/dev/vda", 'b', 254, 0 },
	{ "/dev/nvme0n1", 'b', 259, 0 },
	{ "unknown block device", 'b', 499, 7 },
};

struct program {
	struct bpf_insn *v;
	size_t n;
};

struct programs {
	struct program *v;
	size_t n;
};

static int digit(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

static bool program_add(struct programs *all, const char *hex)
{
	size_t len = strlen(hex), i;
	struct program *p;
	unsigned char *out;

	if (!len || len % (2 * sizeof(struct bpf_insn)))
		return false;
	all->v = xrealloc(all->v, all->n + 1, sizeof(*all->v));
	p = &all->v[all->n++];
	p->n = len / 2 / sizeof(*p->v);
	p->v = xcalloc(p->n, sizeof(*p->v));
	out = (unsigned char *)p->v;
	for (i = 0; i < len / 2; i++) {
		int hi = digit(hex[2 * i]), lo = digit(hex[2 * i + 1]);

		if (hi < 0 || lo < 0)
			return false;
		out[i] = (unsigned char)(hi << 4 | lo);
	}
	return true;
}

static void programs_dispose(struct programs *all)
{
	size_t i;

	for (i = 0; i < all->n; i++)
		free(all->v[i].v);
	free(all->v);
}

/* All programs from the group to the root; pass when all are there. */
static enum verdict programs_load(const json_t *all, const char *where,
				  struct programs *out, struct finding *f)
{
	const json_t *g, *list, *p;
	size_t i;

	for (; where; where = json_string_value(json_object_get(g, "parent"))) {
		g = json_object_get(all, where);
		list = json_object_get(g, "device_programs");
		if (!json_is_array(list))
			return judge_unreadable(f, list, "device programs");
		json_array_foreach(list, i, p) {
			const json_t *xlated = json_object_get(p, "xlated");

			if (!xlated)
				return judge_not_asked(f);
			if (!json_is_string(xlated))
				return judge_unreadable(f, xlated, "device program");
			if (!program_add(out, json_string_value(xlated)))
				return judge(
					f, VERDICT_UNKNOWN,
					"a device program is not whole instructions");
		}
	}
	return VERDICT_PASS;
}

/* 1 let through by all programs, 0 refused, -errno for one that can't be simulated. */
static int programs_allow(const struct programs *all, const struct point *p,
			  unsigned access, struct err *e)
{
	size_t i;

	for (i = 0; i < all->n; i++) {
		bool allowed;
		int r = devsim_run(all->v[i].v, all->v[i].n, p->type, access, p->major,
				   p->minor, &allowed, e);

		if (r < 0)
			return r;
		if (!allowed)
			return 0;
	}
	return 1;
}

static bool number_matches(const char *word, size_t n, uint32_t number)
{
	char text[16];
	uint32_t v;

	if (n == 1 && *word == '*')
		return true;
	if (!n || n >= sizeof(text))
		return false;
	memcpy(text, word, n);
	text[n] = '\0';
	return num_u32(text, &v) == 0 && v == number;
}

/* "c 1:3 rwm" or "a *:* rwm"; access is one of "r" and "w". */
static bool rule_allows(const char *rule, const struct point *p, char access)
{
	const char *numbers, *colon, *letters;

	if ((rule[0] != p->type && rule[0] != 'a') || rule[1] != ' ')
		return false;
	numbers = rule + 2;
	letters = strchr(numbers, ' ');
	colon = strchr(numbers, ':');
	if (!letters || !colon || colon > letters)
		return false;
	return number_matches(numbers, (size_t)(colon - numbers), p->major) &&
	       number_matches(colon + 1, (size_t)(letters - colon - 1), p->minor) &&
	       memchr(letters, access, strcspn(letters, "\\")) != NULL;
}

/* The rules are lines, joined by the escape \x0a. */
static bool list_allows(const char *list, const struct point *p, char access)
{
	while (list) {
		if (rule_allows(list, p, access))
			return true;
		list = strstr(list, "\\x0a");
		list = list ? list + 4 : NULL;
	}
	return false;
}

static enum verdict sweep(const struct programs *programs, const char *list,
			  struct finding *f)
{
	unsigned open = 0;
	size_t i;

	for (i = 0; i < ARRAY_SIZE(grid); i++) {
		struct err e = ERR_INIT;
		int r = programs_allow(programs, &grid[i], DEVICE_READ, &e);
		int w = r < 0 ? r : programs_allow(programs, &grid[i], DEVICE_WRITE, &e);

		if (w < 0)
			return judge(f, VERDICT_UNKNOWN, "%s", e.text);
		if (list && !list_allows(list, &grid[i], 'r'))
			r = 0;
		if (list && !list_allows(list, &grid[i], 'w'))
			w = 0;
		if (!r && !w)
			continue;
		open++;
		judge(f, VERDICT_GAP, "%s (%c %u:%u) %s%s", grid[i].what, grid[i].type,
		      grid[i].major, grid[i].minor, r ? "r" : "", w ? "w" : "");
	}
	return open ? VERDICT_GAP :
		      judge(f, VERDICT_PASS,
			    "%zu devices asked for, all refused (%zu programs)",
			    ARRAY_SIZE(grid), programs->n);
}

enum verdict device_grid_judge(const json_t *all, const char *v1, const char *v2,
			       struct finding *f)
{
	const json_t *list = json_object_get(
		json_object_get(json_object_get(all, v1 ? v1 : ""), "files"),
		"devices.list");
	struct programs programs = { NULL, 0 };
	enum verdict r = VERDICT_PASS;

	if (v1 && !json_is_string(list))
		return judge_unreadable(f, list, "devices.list");
	if (v2)
		r = programs_load(all, v2, &programs, f);
	/* a v1 list that refuses everything settles it whatever the programs would say */
	if (r == VERDICT_PASS)
		r = sweep(&programs, json_string_value(list), f);
	programs_dispose(&programs);
	return r;
}
