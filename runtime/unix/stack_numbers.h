/*-
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * The numbers of src/stack/interface.ts that --net socket speaks in.
 * test/unix/sockets.test.ts compares the two.
 */
#ifndef MIRAGE_UNIX_STACK_NUMBERS_H
#define MIRAGE_UNIX_STACK_NUMBERS_H

/* StackEvent */
#define STACK_UDP_DATAGRAM     1
#define STACK_UDP_UNREACHABLE  2
#define STACK_UDP_DATAGRAM6    3
#define STACK_UDP_UNREACHABLE6 4
#define STACK_TCP_ACCEPTED     16
#define STACK_TCP_CONNECTED    17
#define STACK_TCP_DATA	       18
#define STACK_TCP_END	       19
#define STACK_TCP_WRITABLE     20
#define STACK_TCP_CLOSED       21

/* UdpOption */
#define STACK_UDP_HOP_LIMIT	 1
#define STACK_UDP_TRAFFIC_CLASS	 2
#define STACK_UDP_MULTICAST_LOOP 3

/* TcpOption */
#define STACK_NO_DELAY			       1
#define STACK_KEEP_ALIVE_IDLE_MILLISECONDS     2
#define STACK_KEEP_ALIVE_INTERVAL_MILLISECONDS 3
#define STACK_KEEP_ALIVE_PROBES		       4
#define STACK_USER_TIMEOUT_MILLISECONDS	       5
#define STACK_LINGER_MILLISECONDS	       6
#define STACK_SEND_BUFFER_BYTES		       7
#define STACK_RECEIVE_BUFFER_BYTES	       8
#define STACK_CONGESTION		       9
#define STACK_HOP_LIMIT			       10
#define STACK_TRAFFIC_CLASS		       11

/* TcpField */
#define STACK_LOCAL_WORD0			  0
#define STACK_LOCAL_PORT			  4
#define STACK_REMOTE_WORD0			  5
#define STACK_REMOTE_PORT			  9
#define STACK_STATE				  10
#define STACK_MSS				  11
#define STACK_CONGESTION_WINDOW_BYTES		  12
#define STACK_SLOW_START_THRESHOLD_BYTES	  13
#define STACK_ROUND_TRIP_MICROSECONDS		  14
#define STACK_RETRANSMISSION_TIMEOUT_MILLISECONDS 15
#define STACK_RETRANSMITTED_SEGMENTS		  16
#define STACK_SEND_QUEUE_BYTES			  17
#define STACK_RECEIVE_QUEUE_BYTES		  18
#define STACK_SEND_WINDOW_BYTES			  19

#endif /* MIRAGE_UNIX_STACK_NUMBERS_H */
