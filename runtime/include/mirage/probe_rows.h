/*-
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * For those who make C of dtrace/probes.def: the arguments of a row, one to
 * six in number, each (type, name, what) or (type, name, what, as).
 */
#ifndef MIRAGE_PROBE_ROWS_H
#define MIRAGE_PROBE_ROWS_H

/* How many there are. */
#define MIRAGE_PROBE_COUNT(...) \
	MIRAGE_PROBE_COUNT_(__VA_ARGS__, 6, 5, 4, 3, 2, 1, 0)
#define MIRAGE_PROBE_COUNT_(a, b, c, d, e, f, n, ...) n

/* f of each, with commas between. */
#define MIRAGE_PROBE_EACH(f, ...)                                             \
	MIRAGE_PROBE_JOIN(MIRAGE_PROBE_EACH, MIRAGE_PROBE_COUNT(__VA_ARGS__)) \
	(f, __VA_ARGS__)
#define MIRAGE_PROBE_EACH1(f, a)      f a
#define MIRAGE_PROBE_EACH2(f, a, ...) f a, MIRAGE_PROBE_EACH1(f, __VA_ARGS__)
#define MIRAGE_PROBE_EACH3(f, a, ...) f a, MIRAGE_PROBE_EACH2(f, __VA_ARGS__)
#define MIRAGE_PROBE_EACH4(f, a, ...) f a, MIRAGE_PROBE_EACH3(f, __VA_ARGS__)
#define MIRAGE_PROBE_EACH5(f, a, ...) f a, MIRAGE_PROBE_EACH4(f, __VA_ARGS__)
#define MIRAGE_PROBE_EACH6(f, a, ...) f a, MIRAGE_PROBE_EACH5(f, __VA_ARGS__)

#define MIRAGE_PROBE_JOIN(a, b)	 MIRAGE_PROBE_JOIN_(a, b)
#define MIRAGE_PROBE_JOIN_(a, b) a##b

/* For EACH: a parameter of a function, and its name alone. */
#define MIRAGE_PROBE_PARAMETER(type, name, ...) type name
#define MIRAGE_PROBE_NAME(type, name, ...)	name

#define MIRAGE_PROBE_PARAMETERS(...) \
	MIRAGE_PROBE_EACH(MIRAGE_PROBE_PARAMETER, __VA_ARGS__)
#define MIRAGE_PROBE_NAMES(...) \
	MIRAGE_PROBE_EACH(MIRAGE_PROBE_NAME, __VA_ARGS__)

#endif /* MIRAGE_PROBE_ROWS_H */
