/*-
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * Lists of the kinds that the module uses.
 */
#ifndef KPI_SYS_QUEUE_H
#define KPI_SYS_QUEUE_H

#define SLIST_HEAD(name, type)          \
	struct name {                   \
		struct type *slh_first; \
	}
#define SLIST_HEAD_INITIALIZER(head) {NULL}
#define SLIST_ENTRY(type)              \
	struct {                       \
		struct type *sle_next; \
	}
#define SLIST_FIRST(head)    ((head)->slh_first)
#define SLIST_EMPTY(head)    ((head)->slh_first == NULL)
#define SLIST_INIT(head)     ((head)->slh_first = NULL)
#define SLIST_NEXT(e, field) ((e)->field.sle_next)
#define SLIST_INSERT_HEAD(head, e, field)                \
	do {                                             \
		(e)->field.sle_next = (head)->slh_first; \
		(head)->slh_first = (e);                 \
	} while (0)
#define SLIST_REMOVE_HEAD(head, field) \
	((head)->slh_first = (head)->slh_first->field.sle_next)
#define SLIST_FOREACH(e, head, field) \
	for ((e) = (head)->slh_first; (e) != NULL; (e) = (e)->field.sle_next)
#define SLIST_FOREACH_SAFE(e, head, field, t) \
	for ((e) = (head)->slh_first;         \
	    (e) != NULL && ((t) = (e)->field.sle_next, 1); (e) = (t))

#define STAILQ_HEAD(name, type)          \
	struct name {                    \
		struct type *stqh_first; \
		struct type **stqh_last; \
	}
#define STAILQ_HEAD_INITIALIZER(head) {NULL, &(head).stqh_first}
#define STAILQ_ENTRY(type)              \
	struct {                        \
		struct type *stqe_next; \
	}
#define STAILQ_INIT(head)                                \
	do {                                             \
		(head)->stqh_first = NULL;               \
		(head)->stqh_last = &(head)->stqh_first; \
	} while (0)
#define STAILQ_FIRST(head)    ((head)->stqh_first)
#define STAILQ_EMPTY(head)    ((head)->stqh_first == NULL)
#define STAILQ_NEXT(e, field) ((e)->field.stqe_next)
#define STAILQ_INSERT_TAIL(head, e, field)                 \
	do {                                               \
		(e)->field.stqe_next = NULL;               \
		*(head)->stqh_last = (e);                  \
		(head)->stqh_last = &(e)->field.stqe_next; \
	} while (0)
#define STAILQ_REMOVE_HEAD(head, field)                                   \
	do {                                                              \
		(head)->stqh_first = (head)->stqh_first->field.stqe_next; \
		if ((head)->stqh_first == NULL)                           \
			(head)->stqh_last = &(head)->stqh_first;          \
	} while (0)
#define STAILQ_FOREACH(e, head, field) \
	for ((e) = (head)->stqh_first; (e) != NULL; (e) = (e)->field.stqe_next)

#define LIST_HEAD(name, type)          \
	struct name {                  \
		struct type *lh_first; \
	}
#define LIST_HEAD_INITIALIZER(head) {NULL}
#define LIST_ENTRY(type)               \
	struct {                       \
		struct type *le_next;  \
		struct type **le_prev; \
	}
#define LIST_INIT(head)	    ((head)->lh_first = NULL)
#define LIST_FIRST(head)    ((head)->lh_first)
#define LIST_EMPTY(head)    ((head)->lh_first == NULL)
#define LIST_NEXT(e, field) ((e)->field.le_next)
#define LIST_INSERT_HEAD(head, e, field)                                       \
	do {                                                                   \
		if (((e)->field.le_next = (head)->lh_first) != NULL)           \
			(head)->lh_first->field.le_prev = &(e)->field.le_next; \
		(head)->lh_first = (e);                                        \
		(e)->field.le_prev = &(head)->lh_first;                        \
	} while (0)
#define LIST_REMOVE(e, field)                               \
	do {                                                \
		if ((e)->field.le_next != NULL)             \
			(e)->field.le_next->field.le_prev = \
			    (e)->field.le_prev;             \
		*(e)->field.le_prev = (e)->field.le_next;   \
	} while (0)
#define LIST_FOREACH(e, head, field) \
	for ((e) = (head)->lh_first; (e) != NULL; (e) = (e)->field.le_next)
#define LIST_FOREACH_SAFE(e, head, field, t) \
	for ((e) = (head)->lh_first;         \
	    (e) != NULL && ((t) = (e)->field.le_next, 1); (e) = (t))

#define TAILQ_HEAD(name, type)          \
	struct name {                   \
		struct type *tqh_first; \
		struct type **tqh_last; \
	}
#define TAILQ_HEAD_INITIALIZER(head) {NULL, &(head).tqh_first}
#define TAILQ_ENTRY(type)               \
	struct {                        \
		struct type *tqe_next;  \
		struct type **tqe_prev; \
	}
#define TAILQ_INIT(head)                               \
	do {                                           \
		(head)->tqh_first = NULL;              \
		(head)->tqh_last = &(head)->tqh_first; \
	} while (0)
#define TAILQ_FIRST(head)    ((head)->tqh_first)
#define TAILQ_EMPTY(head)    ((head)->tqh_first == NULL)
#define TAILQ_NEXT(e, field) ((e)->field.tqe_next)
#define TAILQ_INSERT_TAIL(head, e, field)                \
	do {                                             \
		(e)->field.tqe_next = NULL;              \
		(e)->field.tqe_prev = (head)->tqh_last;  \
		*(head)->tqh_last = (e);                 \
		(head)->tqh_last = &(e)->field.tqe_next; \
	} while (0)
#define TAILQ_INSERT_HEAD(head, e, field)                              \
	do {                                                           \
		if (((e)->field.tqe_next = (head)->tqh_first) != NULL) \
			(head)->tqh_first->field.tqe_prev =            \
			    &(e)->field.tqe_next;                      \
		else                                                   \
			(head)->tqh_last = &(e)->field.tqe_next;       \
		(head)->tqh_first = (e);                               \
		(e)->field.tqe_prev = &(head)->tqh_first;              \
	} while (0)
#define TAILQ_INSERT_BEFORE(at, e, field)                    \
	do {                                                 \
		(e)->field.tqe_prev = (at)->field.tqe_prev;  \
		(e)->field.tqe_next = (at);                  \
		*(at)->field.tqe_prev = (e);                 \
		(at)->field.tqe_prev = &(e)->field.tqe_next; \
	} while (0)
#define TAILQ_REMOVE(head, e, field)                            \
	do {                                                    \
		if ((e)->field.tqe_next != NULL)                \
			(e)->field.tqe_next->field.tqe_prev =   \
			    (e)->field.tqe_prev;                \
		else                                            \
			(head)->tqh_last = (e)->field.tqe_prev; \
		*(e)->field.tqe_prev = (e)->field.tqe_next;     \
	} while (0)
#define TAILQ_FOREACH(e, head, field) \
	for ((e) = (head)->tqh_first; (e) != NULL; (e) = (e)->field.tqe_next)
#define TAILQ_FOREACH_SAFE(e, head, field, t) \
	for ((e) = (head)->tqh_first;         \
	    (e) != NULL && ((t) = (e)->field.tqe_next, 1); (e) = (t))

#endif /* KPI_SYS_QUEUE_H */
