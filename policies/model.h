/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef BRATTICE_MODEL_H
#define BRATTICE_MODEL_H

/*
 * What a description says: the only data model. Filled by the parser from the table in
 * key.def, completed by resolve.c, immutable afterwards. Everything lives in the arena of
 * struct vm_policy. Each scalar keeps its place, so that any later error can point at the
 * line that caused it (loc.line 0: a default that nobody wrote). "set" says that somebody
 * wrote the value: a default fills v and leaves set false; a key without a default that
 * nobody wrote has v 0 (NULL) and set false.
 */
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "alloc.h"
#include "err.h"

struct m_str { const char *v; struct loc loc; };	/* v NULL = not given */
struct m_u64 { uint64_t v; bool set; struct loc loc; };
struct m_bool { bool v, set; struct loc loc; };
struct m_enum { int v; bool set; struct loc loc; };	/* v: index in the word list */
struct m_list { struct m_str *v; size_t n; struct loc loc; };

/* Word lists, in the order of the enum values. key.def uses the same macros. */
#define WORDS_VMM "qemu"
#define WORDS_ACCEL "auto", "kvm", "tcg"
enum accel { ACCEL_AUTO, ACCEL_KVM, ACCEL_TCG };
#define WORDS_FORMAT "raw", "qcow2"
enum disk_format { FORMAT_RAW, FORMAT_QCOW2 };
#define WORDS_BUS "virtio", "scsi", "ide", "sata", "nvme"
enum disk_bus { BUS_VIRTIO, BUS_SCSI, BUS_IDE, BUS_SATA, BUS_NVME };
#define WORDS_CACHE "writeback", "none", "writethrough", "directsync", "unsafe"
enum disk_cache {
	CACHE_WRITEBACK,
	CACHE_NONE,
	CACHE_WRITETHROUGH,
	CACHE_DIRECTSYNC,
	CACHE_UNSAFE
};
#define WORDS_AIO "threads", "native", "io_uring"
enum disk_aio { AIO_THREADS, AIO_NATIVE, AIO_IO_URING };
#define WORDS_NIC "user", "tap"
enum nic_type { NIC_USER, NIC_TAP };
#define WORDS_NIC_MODEL "virtio", "e1000e"
enum nic_model { NIC_MODEL_VIRTIO, NIC_MODEL_E1000E };
#define WORDS_NEED "auto", "required", "off"	/* auto: on where the kernel has it */
enum need { NEED_AUTO, NEED_REQUIRED, NEED_OFF };
#define WORDS_NET "own", "host"
enum net_ns { NETNS_OWN, NETNS_HOST };
#define WORDS_VIOLATION "kill", "errno", "log"
enum violation { VIOLATION_KILL, VIOLATION_ERRNO, VIOLATION_LOG };
#define WORDS_DEATH "kill", "adopt"
enum death { DEATH_KILL, DEATH_ADOPT };
#define WORDS_SERIAL "none", "stdio", "file", "socket"
enum serial_type { SERIAL_NONE, SERIAL_STDIO, SERIAL_FILE, SERIAL_SOCKET };
#define WORDS_ACCESS "ro", "rw"
enum access { ACCESS_RO, ACCESS_RW };
#define WORDS_ONOFF "off", "on"
#define WORDS_THP "default", "off"
enum thp { THP_DEFAULT, THP_OFF };

struct m_backing {		/* an image below another one: always opened read-only */
	struct loc loc;
	struct m_str path;
	struct m_enum format;
};

struct m_disk {
	struct loc loc;
	struct m_str path;
	struct m_enum format;	/* must be written: a guess reads what the guest wrote */
	struct m_bool readonly, shared, discard;
	struct m_enum bus, cache, aio;
	struct m_str serial;
	struct m_u64 size_max;	/* bytes; 0 = from the image */
	struct m_bool allow_world_readable;
	struct m_backing *backing;
	size_t n_backing;
};

struct m_nic {
	struct loc loc;
	struct m_enum type, model;
	struct m_str ifname, mac;
	struct m_bool vhost, restricted;	/* "restrict" */
	struct m_u64 queues;
};

struct m_io_limit {
	struct loc loc;
	struct m_str device;	/* path of a block device, or MAJOR:MINOR */
	struct m_u64 rbps, wbps, riops, wiops;	/* 0 = no limit */
};

struct m_grant_file {		/* a file or directory that extra argv refers to */
	struct loc loc;
	struct m_str path;
	struct m_enum access;
	struct m_bool exec;	/* may be mapped executable */
};

struct vm_policy {
	struct arena arena;
	struct loc loc;
	struct m_str name, inherit, vmm, emulator;
	struct m_enum accel;
	struct m_str machine, cpu;
	struct m_u64 memory, cpus;	/* bytes; number of vCPUs */
	struct m_bool memory_shared, memory_locked;
	struct m_str firmware, nvram;	/* pflash code (ro) and variables (rw) */
	struct m_str kernel, initrd, append;
	struct m_disk *disks;
	size_t n_disks;
	struct m_nic *network;
	size_t n_network;
	struct { struct m_enum type; struct m_str path; struct loc loc; } serial;
	struct { struct m_bool enabled; struct m_str path; struct loc loc; } qmp;
	struct {
		struct m_str listen;	/* ADDRESS:DISPLAY */
		struct m_str password_file;
		struct loc loc;
	} vnc;
	struct m_bool rng, balloon;
	struct m_str vga;		/* none (default), std, virtio */
	struct m_list vfio;		/* PCI addresses DDDD:BB:DD.F */
	struct m_list argv;		/* extra arguments, appended verbatim */
	struct m_list runtime;		/* files of the VMM itself; default by VMM */
	struct m_list environment;	/* NAME=VALUE */
	struct {
		struct loc loc;
		struct m_grant_file *files;
		size_t n_files;
		struct m_list devices;	/* device nodes, by path */
		struct m_list syscalls;	/* names */
		struct m_list ioctls;	/* numbers, 0x… */
	} grants;
	struct {
		struct loc loc;
		struct m_enum violation;
		struct m_bool log;
	} seccomp;
	struct m_enum landlock;		/* enum need; default required */
	struct {
		struct loc loc;
		struct m_enum net;
		struct m_bool user, proc;
	} namespaces;
	struct {
		struct loc loc;
		struct m_u64 uid, gid;	/* fixed ids; not set: leased from first..last */
		struct m_u64 first, last;
	} identity;
	struct {
		struct loc loc;
		struct m_str parent;
		struct m_u64 memory_max, memory_swap_max, pids_max;
		struct m_u64 cpu_weight, cpu_percent;
		struct m_str cpuset;
		struct m_io_limit *io;
		size_t n_io;
		struct m_bool devices;	/* device program; default true */
	} cgroup;
	struct {
		struct loc loc;
		struct m_u64 nofile, fsize, memlock;
	} rlimits;
	struct {
		struct loc loc;
		struct m_enum mdwe;	/* enum need */
		struct m_bool ksm;	/* allow same-page merging; default false */
		struct m_enum thp;
	} mem;
	struct {
		struct loc loc;
		struct m_enum store_bypass, indirect_branch, l1d_flush, core_scheduling;
	} speculation;
	struct {
		struct loc loc;
		struct m_u64 oom_score_adj;
		struct m_enum supervisor_death;
	} process;
	struct {
		struct m_enum mode;	/* enum need */
		struct m_str type;
		struct loc loc;
	} selinux;
	struct { struct m_enum mode; struct loc loc; } apparmor;	/* enum need */
};

#endif
