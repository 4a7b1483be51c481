/*-
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * Media of interfaces.
 */
#ifndef KPI_NET_IF_MEDIA_H
#define KPI_NET_IF_MEDIA_H

#include <sys/queue.h>
#include <sys/types.h>
#include <net/if.h>
#include <kpi/kpi.h>
#define IFM_ETHER  0x00000020
#define IFM_AUTO   0
#define IFM_1000_T 16
#define IFM_10G_T  22
#define IFM_FDX	   0x00100000
#define IFM_AVALID 0x00000001
#define IFM_ACTIVE 0x00000002
struct ifmediareq {
	char ifm_name[IFNAMSIZ];
	int ifm_current;
	int ifm_mask;
	int ifm_status;
	int ifm_active;
	int ifm_count;
	int *ifm_ulist;
};
typedef int (*ifm_change_cb_t)(if_t);
typedef void (*ifm_stat_cb_t)(if_t, struct ifmediareq *);
struct ifmedia_entry {
	struct ifmedia_entry *ifm_next;
	int ifm_media;
	int ifm_data;
	void *ifm_aux;
};
struct ifmedia {
	int ifm_mask;
	int ifm_media;
	struct ifmedia_entry *ifm_cur;
	struct ifmedia_entry *ifm_first;
	ifm_change_cb_t ifm_change;
	ifm_stat_cb_t ifm_status;
};
void ifmedia_init(struct ifmedia *, int, ifm_change_cb_t, ifm_stat_cb_t)
    KPI_NAME(ifmedia_init);
void ifmedia_removeall(struct ifmedia *) KPI_NAME(ifmedia_removeall);
void ifmedia_add(struct ifmedia *, int, int, void *) KPI_NAME(ifmedia_add);
void ifmedia_set(struct ifmedia *, int) KPI_NAME(ifmedia_set);
int ifmedia_ioctl(if_t, struct ifreq *, struct ifmedia *, u_long)
    KPI_NAME(ifmedia_ioctl);
#ifndef KPI_INSIDE
#define ifmedia_add(...) KPI_CALL(ifmedia_add, __VA_ARGS__)
#endif

#endif /* KPI_NET_IF_MEDIA_H */
