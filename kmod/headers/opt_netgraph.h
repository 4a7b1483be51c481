/*-
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * No option that changes what netgraph(4)'s headers declare.
 */
#ifndef MIRAGE_OPT_NETGRAPH_H
#define MIRAGE_OPT_NETGRAPH_H

#endif /* MIRAGE_OPT_NETGRAPH_H */
