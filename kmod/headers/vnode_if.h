/*-
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * A kernel's build generates this header for sys/vnode.h.  Nothing of it is
 * used here, and what is not declared cannot be called by mistake.
 */
#ifndef MIRAGE_VNODE_IF_H
#define MIRAGE_VNODE_IF_H

#endif /* MIRAGE_VNODE_IF_H */
