"""The page and the plot of what `compare.py` has measured."""

import datetime
import importlib.metadata
import os
import pathlib
import platform
import subprocess
import sys

# Colours that colour-blind people can tell apart (Okabe and Ito), each with a shape of its own.
LOOKS = {
    "easynet, current_thread": ("#0072B2", "o"),
    "easynet, multi_thread": ("#56B4E9", "s"),
    "EasyNetwork on uvloop": ("#009E73", "^"),
    "EasyNetwork on asyncio": ("#E69F00", "D"),
    "EasyNetwork on trio": ("#CC79A7", "v"),
}


def look(candidate):
    """Colour and shape are those of the loop; the high-level servers have broken lines."""
    color, marker = next(look for name, look in LOOKS.items() if candidate.startswith(name))
    return {"color": color, "marker": marker, "linestyle": "--" if "server" in candidate else "-"}


def size_name(size):
    return f"{size} B" if size < 1024 else f"{size // 1024} KiB"


def unique(values):
    return list(dict.fromkeys(values))


# The page.


def row(cells):
    return "| " + " | ".join(cells) + " |\n"


def table(answers, network, cell):
    """A row for each candidate, a column for each setting."""
    answers = {
        (answer["candidate"], (answer["bytes"], answer["size"])): answer
        for answer in answers
        if answer["network"] == network
    }
    settings = unique(setting for _, setting in answers)
    text = row([network.upper(), *(f"{size_name(size)} × {connections}" for size, connections in settings)])
    text += row(["---", *("--:" for _ in settings)])
    for candidate in unique(candidate for candidate, _ in answers):
        text += row([candidate, *(cell(answers[candidate, setting]) for setting in settings)])
    return text + "\n"


def rate(answer):
    low, median, high = (answer["rate"][key] for key in ("low", "median", "high"))
    return f"{median:,.0f} ±{(high - low) / 2 / median:.0%}"


def ratio(answer):
    return f"{1 / answer['ratio']['median']:.2f}"


def latency(answer):
    return " / ".join(f"{answer[key]['median'] / 1000:,.0f}" for key in ("median_ns", "p99_ns"))


def cost(answer):
    return f"{answer['server_ns']['median'] / 1000:.1f}"


def client(answer):
    return f"{answer['client_busy']['median']:.0%}"


TABLES = [
    ("Messages per second", "The median of the rounds, and half of the distance between their quartiles.", rate),
    (
        "Processor time of the server",
        "In µs per message, the kernel's work for it included; all threads. What else goes on on the machine hardly shows in it.",
        cost,
    ),
    ("Messages per second, to the peer", "Above one is faster than `{peer}`: the median of the ratios of each round.", ratio),
    ("Latency", "In µs, the median and the 99th of a hundred, of all connections; the median of the rounds.", latency),
    (
        "Processor time of the client",
        "As a share of the time. It has as much to do for a message as the fastest servers have, which might answer more than it asks.",
        client,
    ),
]

CHOICES = """## What was chosen, and why

- **The client** is bare tokio on one thread (`benches/src/bin/echo_client.rs`), the same for all. Each connection stays open, and sends its
  next message when the last one has come back whole; every answer is compared with what was sent. The first 0.2 s do not count.
- **EasyNetwork, transports**: `create_tcp_listeners`, `serve`, `recv_into` a buffer that is kept, `send_all`: the same program as easynet's, and
  the least that there is between a program and its event loop. It is as fast as `recv`, or faster.
- **EasyNetwork, server**: `AsyncTCPNetworkServer` and `AsyncUDPNetworkServer`, what its users write: a request handler, over TCP one generator for the
  whole connection, over UDP one for each datagram; a serializer that takes packets as they come. `StreamProtocol` is about as fast as
  `BufferedStreamProtocol` for small messages, and faster for large ones. `benches/python/run.sh --every-way` compares all four.
- **easynet** (`benches/src/bin/echo_server.rs`): `serve_in_private_group`, `recv_into`, `send_all`; over UDP a datagram after the other.
- All have room for 16 KiB, `TCP_NODELAY`, the same backlog, no logging, and the defaults of their allocators and garbage collectors.
- With one connection, client and server take turns, and share one processor: where the system happens to place them makes more of a
  difference than all the rest. With several, nobody is bound to a processor; those with one thread leave one to the client, if there are two.
- CPython should be built with profiles, as Debian's is: its 3.11.2 took less time than 3.11.7, 3.12.1 and 3.13.0 built without, which is
  what pyenv does. The library is its newest release, which needs 3.11.
"""


def environment():
    packages = ", ".join(f"{name} {importlib.metadata.version(name)}" for name in ("easynetwork", "uvloop", "trio"))
    rust = subprocess.run(["rustc", "--version"], capture_output=True, text=True, check=True).stdout.split()[1]
    cpu = next(
        (line.split(":")[1].strip() for line in pathlib.Path("/proc/cpuinfo").read_text().splitlines() if "model name" in line),
        platform.machine(),
    )
    return (
        f"{platform.python_implementation()} {platform.python_version()}, {packages}; Rust {rust}; "
        f"{os.cpu_count()} processors ({cpu}), Linux {platform.release().split('-')[0]}, {datetime.date.today()}."
    )


def page(answers, arguments):
    text = "# The echo service beside the original's\n\n"
    text += f"By `PYTHON={sys._base_executable} benches/python/run.sh --write`: "
    text += f"{answers[0]['rounds']} interleaved rounds of {arguments.seconds:g} s for each cell. "
    text += f"{environment()} The load average was {arguments.load:.1f} before it began.\n\n"
    text += "Columns are the size of the messages × connections at once.\n\n"
    text += "![Messages per second by number of connections](echo.svg)\n\n"
    for title, meaning, cell in TABLES:
        text += f"## {title}\n\n{meaning.format(peer=answers[0]['peer'])}\n\n"
        for network in unique(answer["network"] for answer in answers):
            text += table(answers, network, cell)
    return text + CHOICES


# The plot.


def plot(answers, path):
    import matplotlib

    matplotlib.use("svg")
    # Text stays text, and the same answers give the same file.
    matplotlib.rcParams.update({"svg.fonttype": "none", "svg.hashsalt": "easynet", "font.size": 10})
    from matplotlib import pyplot

    places = unique((answer["network"], answer["bytes"]) for answer in answers)
    figure, panels = pyplot.subplots(2, 3, figsize=(11, 7.2), sharey=True, layout="constrained")
    panels = list(panels.flat)
    for panel, place in zip(panels, places):
        draw(panel, place, [answer for answer in answers if (answer["network"], answer["bytes"]) == place])
    for panel in panels[::3]:
        panel.set_ylabel("messages per second")
    for panel in panels[len(places) :]:
        panel.set_axis_off()
    lines, names = panels[0].get_legend_handles_labels()
    panels[-1].legend(lines, names, loc="center", frameon=False)
    figure.suptitle("Echo: easynet beside EasyNetwork for Python (one client, both axes logarithmic)")
    figure.savefig(path, facecolor="white", metadata={"Date": None})
    pyplot.close(figure)


def draw(panel, place, answers):
    from matplotlib.ticker import FixedLocator, FuncFormatter

    network, size = place
    for candidate in unique(answer["candidate"] for answer in answers):
        own = [answer for answer in answers if answer["candidate"] == candidate]
        values = [answer["rate"] for answer in own]
        around = [
            [value["median"] - value["low"] for value in values],
            [value["high"] - value["median"] for value in values],
        ]
        panel.errorbar(
            [answer["size"] for answer in own],
            [value["median"] for value in values],
            yerr=around,
            label=candidate,
            capsize=2,
            linewidth=1.5,
            markersize=5,
            **look(candidate),
        )
    panel.set_title(f"{network.upper()}, messages of {size_name(size)}")
    panel.set_xscale("log")
    panel.set_yscale("log")
    panel.set_xlim(0.8, 125)
    panel.set_xticks([1, 10, 100], ["1", "10", "100"])
    panel.minorticks_off()
    panel.yaxis.set_major_locator(FixedLocator([digit * 10**power for power in range(3, 7) for digit in (1, 2, 5)]))
    panel.yaxis.set_major_formatter(FuncFormatter(lambda value, _: f"{value:,.0f}"))
    panel.set_xlabel("connections" if network == "tcp" else "sockets of clients")
    panel.grid(color="#cccccc", linewidth=0.6)
