/*-
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * A kernel's build generates this header for sys/bus.h.  Nothing of it is used
 * here, and what is not declared cannot be called by mistake.
 */
#ifndef MIRAGE_DEVICE_IF_H
#define MIRAGE_DEVICE_IF_H

#endif /* MIRAGE_DEVICE_IF_H */
