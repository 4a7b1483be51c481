/*-
 * SPDX-License-Identifier: BSD-2-Clause
 */
#ifndef MIRAGE_RUNTIME_RTPARAMS_TEXT_H
#define MIRAGE_RUNTIME_RTPARAMS_TEXT_H

#include <mirage/rtparams.h>

/* Where in rtparam n something is wrong; NULL: nowhere. */
const char *mirage_rtparams_bad_interfaces(const char *text);

#endif /* MIRAGE_RUNTIME_RTPARAMS_TEXT_H */
