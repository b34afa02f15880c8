"""The network in all its families, and the sockets of the host's own services."""

import os
import signal
import socket
import threading

from .registry import World, attack

NETWORK = "network"
MSG_FASTOPEN, IPPROTO_MPTCP, IPPROTO_SCTP = 0x20000000, 262, 132


def exchange(connection: socket.socket) -> bytes:
    connection.settimeout(5)
    return connection.recv(10)


@attack(NETWORK)
def connect_to_loopback(world: World) -> bytes:
    return exchange(socket.create_connection(("127.0.0.1", world["port"]), timeout=5))


@attack(NETWORK, needs="port6")
def connect_to_loopback_over_ipv6(world: World) -> bytes:
    return exchange(socket.create_connection(("::1", world["port6"]), timeout=5))


@attack(NETWORK, needs="port6")
def connect_over_an_ipv4_mapped_address(world: World) -> bytes:
    connection = socket.socket(socket.AF_INET6)
    connection.settimeout(5)
    connection.connect(("::ffff:127.0.0.1", world["port"]))
    return exchange(connection)


@attack(NETWORK)
def connect_to_the_hosts_other_addresses(world: World) -> bytes:
    connection = socket.socket()
    connection.settimeout(5)
    connection.connect(("127.0.0.2", world["port"]))
    return exchange(connection)


@attack(NETWORK)
def connect_from_a_thread(world: World) -> bytes:
    answers: list[bytes] = []
    errors: list[OSError] = []

    def connect() -> None:
        try:
            answers.append(exchange(socket.create_connection(("127.0.0.1", world["port"]), timeout=5)))
        except OSError as exc:
            errors.append(exc)

    thread = threading.Thread(target=connect)
    thread.start()
    thread.join()
    if errors:
        raise errors[0]
    return answers[0]


@attack(NETWORK)
def connect_with_fast_open(world: World) -> bytes:
    connection = socket.socket()
    connection.sendto(b"x", MSG_FASTOPEN, ("127.0.0.1", world["port"]))
    return exchange(connection)


@attack(NETWORK, needs="has_mptcp")
def connect_over_multipath_tcp(world: World) -> bytes:
    connection = socket.socket(socket.AF_INET, socket.SOCK_STREAM, IPPROTO_MPTCP)
    connection.settimeout(5)
    connection.connect(("127.0.0.1", world["port"]))
    return exchange(connection)


@attack(NETWORK, "none")
def open_an_sctp_socket(world: World) -> str:
    connection = socket.socket(socket.AF_INET, socket.SOCK_SEQPACKET, IPPROTO_SCTP)
    connection.settimeout(2)
    connection.connect(("127.0.0.1", world["port"]))
    return "connected"


@attack(NETWORK, "none")
def connect_to_the_internet(world: World) -> bytes:
    connection = socket.create_connection(("192.0.2.1", 80), timeout=3)
    return b"connected" if connection else b""


@attack(NETWORK, "none")
def look_up_a_name(world: World) -> str:
    return str(socket.getaddrinfo("localassist.invalid.example.org", 80))


@attack(NETWORK, is_seen_outside=True)
def send_a_datagram(world: World) -> None:
    socket.socket(socket.AF_INET, socket.SOCK_DGRAM).sendto(world["token"].encode(), ("127.0.0.1", world["udp_port"]))


@attack(NETWORK, "none")
def broadcast_and_multicast(world: World) -> str:
    sender = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    sender.setsockopt(socket.SOL_SOCKET, socket.SO_BROADCAST, 1)
    sender.sendto(b"x", ("255.255.255.255", 9))
    return "sent"


@attack(NETWORK, "root")
def open_a_raw_socket(world: World) -> str:
    return str(socket.socket(socket.AF_INET, socket.SOCK_RAW, socket.IPPROTO_ICMP))


@attack(NETWORK, "root")
def open_a_packet_socket(world: World) -> str:
    return str(socket.socket(socket.AF_PACKET, socket.SOCK_RAW, 3))


@attack(NETWORK, "none")
def open_a_vsock(world: World) -> str:
    connection = socket.socket(socket.AF_VSOCK, socket.SOCK_STREAM)
    return str(connection)


@attack(NETWORK)
def open_a_netlink_socket(world: World) -> str:
    return str(socket.socket(socket.AF_NETLINK, socket.SOCK_RAW, 0))


@attack(NETWORK, needs="has_alg")
def open_a_kernel_cryptography_socket(world: World) -> str:
    return str(socket.socket(socket.AF_ALG, socket.SOCK_SEQPACKET))


@attack(NETWORK, "none")
def open_rarer_families(world: World) -> list[int]:
    """Every family but those of IP and Unix: each that opens is one more part of the kernel to attack."""
    opened = []
    for family in sorted(set(range(3, 46)) - {socket.AF_INET6}):
        for kind in (socket.SOCK_STREAM, socket.SOCK_DGRAM, socket.SOCK_RAW):
            try:
                socket.socket(family, kind).close()
            except OSError:
                continue
            opened.append(family)
    return opened


@attack(NETWORK)
def connect_to_an_abstract_socket(world: World) -> bytes:
    connection = socket.socket(socket.AF_UNIX)
    connection.connect("\0" + world["abstract"])
    return exchange(connection)


@attack(NETWORK)
def connect_to_a_service_socket(world: World) -> bytes:
    """As that of a container engine, of the message bus, or of a display would be."""
    connection = socket.socket(socket.AF_UNIX)
    connection.connect(world["unix"])
    return exchange(connection)


@attack(NETWORK, is_seen_outside=True)
def send_to_a_datagram_service(world: World) -> None:
    socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM).sendto(world["token"].encode(), world["unix_datagram"])


@attack(NETWORK, is_seen_outside=True)
def send_to_a_datagram_service_from_a_pair(world: World) -> None:
    one, _ = socket.socketpair(socket.AF_UNIX, socket.SOCK_DGRAM)
    one.sendto(world["token"].encode(), world["unix_datagram"])


@attack(NETWORK, is_seen_outside=True)
def listen_for_the_host(world: World) -> None:
    """Open a port that the host can reach: a way in, and a way for data out."""
    listener = socket.create_server(("0.0.0.0", world["free_port"]))
    if os.fork() == 0:
        os.closerange(0, listener.fileno())
        os.closerange(listener.fileno() + 1, 1024)
        signal.alarm(20)
        try:
            listener.accept()[0].sendall(b"reached")
        finally:
            os._exit(0)
