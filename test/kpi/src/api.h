/*-
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * The way into the double, for the program and the addon.
 */
#ifndef KPI_API_H
#define KPI_API_H

/* A command (see command.c); its reply, one line of JSON. */
char *kpi_command(const char *line);
void kpi_reply_free(char *);

#endif /* KPI_API_H */
