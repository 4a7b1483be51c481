/*-
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * Sets that the linker of the kernel finds by the names of their sections.
 */
#ifndef KPI_SYS_LINKER_SET_H
#define KPI_SYS_LINKER_SET_H

#include <sys/cdefs.h>
#define KPI_SET(set, symbol)                                                \
	static const void *const __set_##set##_sym_##symbol __attribute__(( \
	    section("set_" #set), used, retain, no_sanitize("address"))) =  \
	    &(symbol)
#define DATA_SET(set, symbol) KPI_SET(set, symbol)
#define TEXT_SET(set, symbol) KPI_SET(set, symbol)

#endif /* KPI_SYS_LINKER_SET_H */
