/*-
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * setjmp and longjmp for amd64: the registers that the System V ABI (3.2.1)
 * keeps across a call, the stack pointer as it will be after the return, and
 * the return address.
 */
	.text
	.globl	mirage_setjmp
	.hidden	mirage_setjmp
	.type	mirage_setjmp, @function
	.p2align 4
mirage_setjmp:
	movq	(%rsp), %rdx
	leaq	8(%rsp), %rcx
	movq	%rbx, (%rdi)
	movq	%rbp, 8(%rdi)
	movq	%r12, 16(%rdi)
	movq	%r13, 24(%rdi)
	movq	%r14, 32(%rdi)
	movq	%r15, 40(%rdi)
	movq	%rcx, 48(%rdi)
	movq	%rdx, 56(%rdi)
	xorl	%eax, %eax
	retq
	.size	mirage_setjmp, . - mirage_setjmp

	.globl	mirage_longjmp
	.hidden	mirage_longjmp
	.type	mirage_longjmp, @function
	.p2align 4
mirage_longjmp:
	/* A value of 0 comes out as 1 (C11 7.13.2.1). */
	cmpl	$1, %esi
	adcl	$0, %esi
	movl	%esi, %eax
	movq	(%rdi), %rbx
	movq	8(%rdi), %rbp
	movq	16(%rdi), %r12
	movq	24(%rdi), %r13
	movq	32(%rdi), %r14
	movq	40(%rdi), %r15
	movq	48(%rdi), %rsp
	jmpq	*56(%rdi)
	.size	mirage_longjmp, . - mirage_longjmp

	.section .note.GNU-stack, "", @progbits
