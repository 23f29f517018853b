"""An echo server of the Python library `easynetwork`, for `compare.py`: `servers.py NETWORK LOOP WAY`.

NETWORK is tcp or udp; LOOP is asyncio, uvloop or trio. WAY is how the server is written:

    transport-into     the low-level transports, into a buffer that is kept: the same program as the one on easynet
    transport          the low-level transports, `bytes` by `bytes`
    server-buffered    `AsyncTCPNetworkServer` and a request handler, with a `BufferedStreamProtocol`
    server             the same, with a `StreamProtocol`; over UDP, `AsyncUDPNetworkServer`

It says where it listens, a port of the system's choice, and serves until it is killed.
"""

import sys

from easynetwork.lowlevel.api_async.backend.utils import new_builtin_backend
from easynetwork.lowlevel.socket import INETSocketAttribute, set_tcp_nodelay
from easynetwork.protocol import BufferedStreamProtocol, DatagramProtocol, StreamProtocol
from easynetwork.serializers.abc import AbstractPacketSerializer, BufferedIncrementalPacketSerializer
from easynetwork.servers import AsyncTCPNetworkServer, AsyncUDPNetworkServer
from easynetwork.servers.handlers import AsyncDatagramRequestHandler, AsyncStreamRequestHandler

HOST = "127.0.0.1"
# As much as the largest message.
ROOM = 16 * 1024
# As many may connect at once, as in the server on easynet.
BACKLOG = 1024


def tell(address):
    print(f"{address[0]}:{address[1]}", flush=True)


# The low level: transports.


async def talk(stream):
    while data := await stream.recv(ROOM):
        await stream.send_all(data)


async def talk_into(stream):
    buffer = memoryview(bytearray(ROOM))
    while n := await stream.recv_into(buffer):
        await stream.send_all(buffer[:n])


async def transports_tcp(backend, talk):
    async def handler(stream):
        # The high-level server does so too.
        set_tcp_nodelay(stream.extra(INETSocketAttribute.socket), True)
        async with stream:
            try:
                await talk(stream)
            except ConnectionError:
                pass

    (listener,) = await backend.create_tcp_listeners(HOST, 0, BACKLOG)
    async with listener:
        tell(listener.extra(INETSocketAttribute.sockname))
        await listener.serve(handler)


async def transports_udp(backend):
    (listener,) = await backend.create_udp_listeners(HOST, 0)
    async with listener:
        tell(listener.extra(INETSocketAttribute.sockname))
        await listener.serve(listener.send_to)


# The high level: servers, protocols and request handlers.


class Raw(BufferedIncrementalPacketSerializer):
    """A packet is whatever was received at once."""

    __slots__ = ()

    def incremental_serialize(self, packet):
        yield packet

    def incremental_deserialize(self):
        data = yield
        return data, b""

    def create_deserializer_buffer(self, sizehint):
        return memoryview(bytearray(sizehint))

    def buffered_incremental_deserialize(self, buffer):
        n = yield None
        return bytes(buffer[:n]), b""


class RawDatagram(AbstractPacketSerializer):
    """A packet is a datagram."""

    __slots__ = ()

    def serialize(self, packet):
        return packet

    def deserialize(self, data):
        return data


class Echo(AsyncStreamRequestHandler):
    async def handle(self, client):
        # One generator for the whole connection, not one for each message: it is faster.
        while True:
            packet = yield
            await client.send_packet(packet)


class EchoDatagram(AsyncDatagramRequestHandler):
    async def handle(self, client):
        # One for each datagram, since clients over UDP never say that they leave.
        packet = yield
        await client.send_packet(packet)


async def serve(server):
    async with server:
        async with server.backend().create_task_group() as group:
            is_up = server.backend().create_event()
            group.start_soon(lambda: server.serve_forever(is_up_event=is_up))
            await is_up.wait()
            tell(server.get_addresses()[0])


async def servers_tcp(backend, protocol):
    server = AsyncTCPNetworkServer(
        HOST, 0, protocol, Echo(), backend, backlog=BACKLOG, max_recv_size=ROOM, log_client_connection=False
    )
    await serve(server)


async def servers_udp(backend):
    await serve(AsyncUDPNetworkServer(HOST, 0, DatagramProtocol(RawDatagram()), EchoDatagram(), backend))


WAYS = {
    ("tcp", "transport-into"): lambda backend: transports_tcp(backend, talk_into),
    ("tcp", "transport"): lambda backend: transports_tcp(backend, talk),
    ("tcp", "server-buffered"): lambda backend: servers_tcp(backend, BufferedStreamProtocol(Raw())),
    ("tcp", "server"): lambda backend: servers_tcp(backend, StreamProtocol(Raw())),
    ("udp", "transport"): transports_udp,
    ("udp", "server"): servers_udp,
}


def main():
    network, loop, way = sys.argv[1:]
    options = {}
    if loop == "uvloop":
        import uvloop

        options["loop_factory"] = uvloop.new_event_loop
    backend = new_builtin_backend("trio" if loop == "trio" else "asyncio")
    backend.bootstrap(WAYS[network, way], backend, runner_options=options)


if __name__ == "__main__":
    main()
