/*-
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * Non-local jumps (C11 7.13).  A jmp_buf holds rbx rbp r12-r15 rsp rip; there
 * is no signal mask and no floating-point state to save.
 */
#ifndef MIRAGE_SETJMP_H
#define MIRAGE_SETJMP_H

typedef unsigned long jmp_buf[8];

#define setjmp	 mirage_setjmp
#define longjmp	 mirage_longjmp
#define _setjmp	 mirage_setjmp
#define _longjmp mirage_longjmp

int setjmp(jmp_buf) __attribute__((__returns_twice__));
_Noreturn void longjmp(jmp_buf, int);

#endif /* MIRAGE_SETJMP_H */
