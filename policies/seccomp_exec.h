/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef BRATTICE_SECCOMP_EXEC_H
#define BRATTICE_SECCOMP_EXEC_H

/*
 * What the compiled filter and the launcher agree upon. Header only: the launcher links
 * no compiler. (Not "seccomp.h": that would hide libseccomp's header of this name.)
 *
 * Exactly one exec: the filter denies execve(2) and allows execveat(2) only when its path
 * argument is the pointer SECCOMP_EXEC_PATH and its flags are AT_EMPTY_PATH. The launcher
 * maps page 0 (it holds CAP_SYS_RAWIO, or vm.mmap_min_addr would forbid it: mmap(2),
 * proc_sys_vm(5)), puts an empty string there, drops the capability and execs. The new
 * image has no page 0 and nobody left who may map one, so the same call then ends in
 * EFAULT, and every other pointer is a violation.
 */
#define SECCOMP_EXEC_PATH 0x10UL

/* Name of the artefact in a bundle: struct sock_filter[], host byte order. */
#define SECCOMP_ARTEFACT "seccomp.bpf"

#endif
