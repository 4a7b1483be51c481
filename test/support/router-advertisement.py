# usage: python3 router-advertisement.py INTERFACE PREFIX [LIFETIME]
# Sends one router advertisement to all nodes: PREFIX/64 on the link and for addresses, its sender a default router.
import socket
import struct
import sys

interface, prefix = sys.argv[1:3]
lifetime = int(sys.argv[3]) if len(sys.argv) > 3 else 1800

message = struct.pack("!BBHBBHII", 134, 0, 0, 64, 0, lifetime, 0, 0)
message += struct.pack("!BBBBIII", 3, 4, 64, 0xC0, 3600, 1800, 0) + socket.inet_pton(socket.AF_INET6, prefix)
with open(f"/sys/class/net/{interface}/address") as file:
    message += struct.pack("!BB", 1, 1) + bytes.fromhex(file.read().strip().replace(":", ""))

index = socket.if_nametoindex(interface)
sender = socket.socket(socket.AF_INET6, socket.SOCK_RAW, socket.IPPROTO_ICMPV6)
sender.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_MULTICAST_HOPS, 255)
sender.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_MULTICAST_IF, index)
sender.sendto(message, ("ff02::1", 0, 0, index))
