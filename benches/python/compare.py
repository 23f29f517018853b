"""Measures echo servers side by side: `run.sh` starts it, and says how.

Every server runs all the time, in a process of its own, on a port of the system's choice; the client, the same for all, asks one after
the other in interleaved rounds. Idle servers cost nothing: only one has anything to do at a time.

With one connection, client and server take turns, and share one processor: whether the system places them on one or on two makes more of
a difference than all the rest. With several, nobody is bound to a processor.
"""

import argparse
import contextlib
import ctypes
import dataclasses
import json
import os
import pathlib
import signal
import statistics
import subprocess
import sys
import time

import report

HERE = pathlib.Path(__file__).parent
LOOPS = ["asyncio", "uvloop", "trio"]
# Network, size of the messages in bytes, connections. Datagrams are no larger than what an Ethernet takes.
SETTINGS = [("tcp", size, connections) for size in (64, 1024, 16384) for connections in (1, 10, 100)]
SETTINGS += [("udp", size, connections) for size in (64, 1024) for connections in (1, 10, 100)]
# One buffer of the system's holds no hundred datagrams of a kilobyte, and what is lost never comes back.
SETTINGS.remove(("udp", 1024, 100))

PROCESSORS = os.sched_getaffinity(0)

# How long a client may take longer than it should.
PATIENCE = 30


@dataclasses.dataclass(frozen=True)
class Candidate:
    """A way to write the server; None for a network that it does not serve."""

    name: str
    tcp: list[str] | None
    udp: list[str] | None


def easynet(target, flavor):
    server = str(target / "release" / "echo_server")
    return Candidate(f"easynet, {flavor}", [server, "tcp", flavor], [server, "udp", flavor])


def original(loop, name, tcp, udp):
    command = [sys.executable, str(HERE / "servers.py")]
    return Candidate(
        f"EasyNetwork on {loop}, {name}",
        tcp and [*command, "tcp", loop, tcp],
        udp and [*command, "udp", loop, udp],
    )


def candidates(target, every_way):
    """The first of the original's is the peer that ratios are told to."""
    # `--every-way` shows why these.
    ways = [("transports", "transport-into", "transport"), ("server", "server", "server")]
    if every_way:
        ways += [("transports by bytes", "transport", None), ("buffered server", "server-buffered", None)]
    return [
        easynet(target, "current_thread"),
        easynet(target, "multi_thread"),
        *(original(loop, *way) for way in ways for loop in LOOPS),
    ]


def end_with_parent():
    """In a child, before it becomes another program: it does not outlive this process, however that ends."""
    PR_SET_PDEATHSIG = 1
    ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGKILL)


@contextlib.contextmanager
def child(command, **more):
    """A process that ends with the block. A session of its own spares it the terminal's Ctrl-C."""
    process = subprocess.Popen(
        command,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        text=True,
        start_new_session=True,
        preexec_fn=end_with_parent,
        **more,
    )
    try:
        yield process
    finally:
        process.kill()
        process.wait()
        process.stdout.close()


class Server:
    def __init__(self, candidate, process):
        self.candidate = candidate
        self.process = process
        self.address = process.stdout.readline().strip()
        if not self.address:
            sys.exit(f"{candidate.name} does not start")

    def threads(self):
        return pathlib.Path(f"/proc/{self.process.pid}/task").iterdir()

    def time_on_processors(self):
        """Of all its threads, in nanoseconds."""
        return sum(int((thread / "schedstat").read_text().split()[0]) for thread in self.threads())

    def bind(self, processors):
        for thread in self.threads():
            os.sched_setaffinity(int(thread.name), processors)


def ask(client, server, setting, seconds):
    """One run of the client; what it saw, and what it cost the server."""
    network, size, connections = setting
    command = [client, network, server.address, str(connections), str(size), str(seconds)]
    processors = {min(PROCESSORS)} if connections == 1 else PROCESSORS
    server.bind(processors)
    # The client inherits it.
    os.sched_setaffinity(0, processors)
    before = server.time_on_processors()
    with child(command, stderr=subprocess.PIPE) as process:
        output, errors = process.communicate(timeout=seconds + PATIENCE)
    if process.returncode:
        sys.exit(f"{server.candidate.name}, {setting}: {errors}")
    heard = json.loads(output)
    heard["server_ns"] = (server.time_on_processors() - before) / heard["exchanged"]
    return heard


def start(stack, candidates):
    """All servers, in the order of the candidates, by network."""
    servers = {"tcp": [], "udp": []}
    for candidate in candidates:
        for network, started in servers.items():
            if command := getattr(candidate, network):
                started.append(Server(candidate, stack.enter_context(child(command))))
    return servers


def measure(arguments):
    """What the client heard in each round, by setting and candidate."""
    client = str(arguments.target / "release" / "echo_client")
    heard = {}
    with contextlib.ExitStack() as stack:
        servers = start(stack, candidates(arguments.target, arguments.every_way))
        runs = arguments.rounds * sum(len(servers[setting[0]]) for setting in SETTINGS)
        done, begin = 0, time.monotonic()
        for _ in range(arguments.rounds):
            for setting in SETTINGS:
                for server in servers[setting[0]]:
                    answer = ask(client, server, setting, arguments.seconds)
                    heard.setdefault(setting, {}).setdefault(server.candidate.name, []).append(answer)
                    done += 1
                    left = (time.monotonic() - begin) / done * (runs - done)
                    print(f"\r{done} of {runs} runs, {left:.0f} s left ", end="", file=sys.stderr, flush=True)
    print(file=sys.stderr)
    return heard


def spread(values):
    if len(values) == 1:
        values = values * 2
    low, median, high = statistics.quantiles(values, n=4, method="inclusive")
    return {"low": low, "median": median, "high": high}


def records(heard):
    """A line for each candidate of each setting; the ratio is that of the times, to the peer."""
    for (network, size, connections), answers in heard.items():
        peer = next(name for name in answers if name.startswith("EasyNetwork on uvloop"))
        each = {name: [1e9 / answer["rate"] for answer in rounds] for name, rounds in answers.items()}
        for name, rounds in answers.items():
            yield {
                "bench": "python",
                "question": f"{network.upper()} echo of {size} bytes, {connections} at once",
                "flavor": None,
                "size": connections,
                "candidate": name,
                "peer": peer,
                "operations": round(statistics.median(answer["exchanged"] for answer in rounds)),
                "rounds": len(rounds),
                "unit": "nanoseconds",
                "value": spread(each[name]),
                "ratio": spread([own / other for own, other in zip(each[name], each[peer])]),
                "processors": os.cpu_count(),
                "network": network,
                "bytes": size,
                **{
                    key: spread([answer[key] for answer in rounds])
                    for key in ("rate", "median_ns", "p99_ns", "server_ns", "client_busy")
                },
            }


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--target", type=pathlib.Path, required=True, help="cargo's directory, where the programs are built")
    parser.add_argument("--rounds", type=int, default=9)
    parser.add_argument("--seconds", type=float, default=0.5, help="how long each run is")
    parser.add_argument("--quick", action="store_true", help="three short rounds")
    parser.add_argument("--every-way", action="store_true", help="more ways to write the servers in Python")
    parser.add_argument("--write", action="store_true", help="renew results.md and echo.svg as well")
    arguments = parser.parse_args()
    if arguments.quick:
        arguments.rounds, arguments.seconds = 3, 0.2

    # It leaves the blocks that it is in, and what was started ends.
    for stop in (signal.SIGINT, signal.SIGTERM):
        signal.signal(stop, lambda *_: sys.exit("\nstopped"))
    # How busy others keep the machine.
    arguments.load = os.getloadavg()[0]
    answers = list(records(measure(arguments)))

    place = arguments.target / "benches"
    place.mkdir(parents=True, exist_ok=True)
    (place / "python.jsonl").write_text("".join(json.dumps(answer) + "\n" for answer in answers))
    page = report.page(answers, arguments)
    print(page)
    (place / "python.md").write_text(page)
    report.plot(answers, place / "python.svg")
    if arguments.write:
        (HERE / "results.md").write_text(page)
        report.plot(answers, HERE / "echo.svg")


if __name__ == "__main__":
    main()
