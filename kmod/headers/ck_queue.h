/*-
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * Stands in for Concurrency Kit's header, which kernels are compiled with and
 * which is not among FreeBSD's installed headers: the same layouts and names
 * as sys/queue.h has.  Lists are for readers only, inside of an epoch; each
 * pointer is read once.
 */
#ifndef MIRAGE_CK_QUEUE_H
#define MIRAGE_CK_QUEUE_H

#include <sys/queue.h>

#define MRG_CK_READ(p) (*(__typeof(p) volatile *)&(p))

#define CK_SLIST_HEAD(name, type)  SLIST_HEAD(name, type)
#define CK_SLIST_ENTRY(type)	   SLIST_ENTRY(type)
#define CK_SLIST_FIRST(head)	   MRG_CK_READ((head)->slh_first)
#define CK_SLIST_EMPTY(head)	   (CK_SLIST_FIRST(head) == NULL)
#define CK_SLIST_NEXT(item, field) MRG_CK_READ((item)->field.sle_next)
#define CK_SLIST_FOREACH(item, head, field)                 \
	for ((item) = CK_SLIST_FIRST(head); (item) != NULL; \
	    (item) = CK_SLIST_NEXT((item), field))

#define CK_LIST_HEAD(name, type)  LIST_HEAD(name, type)
#define CK_LIST_ENTRY(type)	  LIST_ENTRY(type)
#define CK_LIST_FIRST(head)	  MRG_CK_READ((head)->lh_first)
#define CK_LIST_EMPTY(head)	  (CK_LIST_FIRST(head) == NULL)
#define CK_LIST_NEXT(item, field) MRG_CK_READ((item)->field.le_next)
#define CK_LIST_FOREACH(item, head, field)                 \
	for ((item) = CK_LIST_FIRST(head); (item) != NULL; \
	    (item) = CK_LIST_NEXT((item), field))

#define CK_STAILQ_HEAD(name, type)  STAILQ_HEAD(name, type)
#define CK_STAILQ_ENTRY(type)	    STAILQ_ENTRY(type)
#define CK_STAILQ_FIRST(head)	    MRG_CK_READ((head)->stqh_first)
#define CK_STAILQ_EMPTY(head)	    (CK_STAILQ_FIRST(head) == NULL)
#define CK_STAILQ_NEXT(item, field) MRG_CK_READ((item)->field.stqe_next)
#define CK_STAILQ_FOREACH(item, head, field)                 \
	for ((item) = CK_STAILQ_FIRST(head); (item) != NULL; \
	    (item) = CK_STAILQ_NEXT((item), field))

#endif /* MIRAGE_CK_QUEUE_H */
