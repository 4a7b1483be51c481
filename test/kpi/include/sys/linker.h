/*-
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * Files of the kernel's linker.
 */
#ifndef KPI_SYS_LINKER_H
#define KPI_SYS_LINKER_H

#include <sys/module.h>
struct linker_file {
	const char *filename;
	int userrefs;
	int id;
};

#endif /* KPI_SYS_LINKER_H */
