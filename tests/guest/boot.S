/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * A guest in one boot sector: SeaBIOS loads it to 0x7c00 from the first disk, it writes one
 * line to the first serial port and idles. Reads nothing, writes no disk. The line is text
 * at a fixed place ("brattice guest" at offset 0x80, 64 bytes, NUL-padded), so that a script
 * can write another name into an image.
 */
	.code16
	.text
	.globl	_start
_start:
	cli
	xorw	%ax, %ax
	movw	%ax, %ds
	movw	%ax, %ss
	movw	$0x7c00, %sp
	ljmp	$0, $1f
1:	cld
	movw	$0x3f9, %dx	/* no interrupts from the UART */
	xorb	%al, %al
	outb	%al, %dx
	movw	$0x3fb, %dx	/* divisor latch: 115200 baud */
	movb	$0x80, %al
	outb	%al, %dx
	movw	$0x3f8, %dx
	movb	$1, %al
	outb	%al, %dx
	incw	%dx
	xorb	%al, %al
	outb	%al, %dx
	movw	$0x3fb, %dx	/* 8 bits, no parity, one stop bit */
	movb	$3, %al
	outb	%al, %dx
	movw	$line, %si
next:
	lodsb
	testb	%al, %al
	jz	idle
	movb	%al, %bl
	movw	$0x3fd, %dx
wait:
	inb	%dx, %al
	testb	$0x20, %al	/* transmitter empty */
	jz	wait
	movw	$0x3f8, %dx
	movb	%bl, %al
	outb	%al, %dx
	jmp	next
idle:
	hlt			/* interrupts are off: for good */
	jmp	idle

	.org	0x80
line:
	.ascii	"brattice guest: hello\r\n"
	.org	0xc0
	.byte	0
	.org	510
	.word	0xaa55
