# SPDX-License-Identifier: MIT
"""What the benchmarks share: options, the machine, percentiles, tables, timed commands."""
import json
import os
import pathlib
import platform
import shutil
import subprocess
import sys
import time

HERE = pathlib.Path(__file__).resolve().parent
NAME = "bench/" + pathlib.Path(sys.argv[0]).name


def note(text):
    print(f"{NAME}: {text}", file=sys.stderr, flush=True)


# ---- options --------------------------------------------------------------------------------


def add_options(parser):
    parser.add_argument("--build", type=pathlib.Path, default=HERE.parent / "build",
                        help="the build folder (default: build)")
    length = parser.add_mutually_exclusive_group()
    length.add_argument("--quick", action="store_true", help="a short look")
    length.add_argument("--smoke", action="store_true",
                        help="next to nothing: whether the benchmark works at all")
    parser.add_argument("--json", type=pathlib.Path, metavar="FILE", help="write every figure")


def ready(options):
    """Checks that there is something to measure and a machine to measure it on; returns its load."""
    options.build = options.build.resolve()
    if os.geteuid() != 0:
        sys.exit(f"{NAME}: needs root: sudo {NAME}")
    for name in ("bailiff", "bench/bench_launch"):
        if not (options.build / name).exists():
            sys.exit(f"{NAME}: no {options.build / name}; build first, or use --build")
    load = os.getloadavg()[0]
    if load > 0.3:
        note(f"the load is {load:.1f}: something else runs here, and the figures are worth little")
    return load


def write_json(options, report):
    if options.json:
        options.json.write_text(json.dumps(report, indent=1) + "\n", encoding="utf-8")


# ---- figures --------------------------------------------------------------------------------


def percentile(values, share):
    ordered = sorted(values)
    return ordered[int(share * (len(ordered) - 1) + 0.5)]


def print_rows(title, rows):
    """Rows are dicts with the same keys; what is None is not known, or does not apply."""
    keys = list(next(iter(rows.values())))
    names = max(12, *(len(name) for name in rows)) + 1
    widths = {key: max(len(key) + 2, 11) for key in keys}
    print(f"\n{title}\n{'':{names}}" + "".join(f"{key:>{widths[key]}}" for key in keys))
    for name, row in rows.items():
        cells = ("-" if row[key] is None else f"{row[key]:,}" for key in keys)
        print(f"{name:{names}}" + "".join(f"{cell:>{width}}" for cell, width in
                                          zip(cells, widths.values())), flush=True)


# ---- commands -------------------------------------------------------------------------------


def first_line(*argv):
    lines = subprocess.run(argv, capture_output=True, text=True, check=False).stdout.split("\n")
    return lines[0].strip()


def output_of(*command):
    """What a program of the benchmark prints as JSON."""
    words = [str(word) for word in command]
    outcome = subprocess.run(words, capture_output=True, text=True, check=False)
    if outcome.returncode != 0:
        sys.exit(f"{NAME}: {outcome.stderr.strip() or words}")
    return json.loads(outcome.stdout)


def launch(build, arguments, commands):
    """Times commands against each other; returns bench_launch's figures for each."""
    words = []
    for i, command in enumerate(commands):
        words += [":::"] * (i > 0) + list(command)
    return output_of(build / "bench/bench_launch", "-j", *arguments, *words)


# ---- the machine ----------------------------------------------------------------------------


def describe_machine():
    def read(path):
        try:
            return pathlib.Path(path).read_text(encoding="utf-8", errors="replace")
        except OSError:
            return ""
    models = [line.split(":", 1)[1].strip() for line in read("/proc/cpuinfo").split("\n")
              if line.startswith("model name")]
    memory_kib = int((read("/proc/meminfo") or "MemTotal: 0 kB").split()[1])
    with open("/proc/self/mountinfo", encoding="utf-8") as file:
        kinds = {line.split(" - ")[1].split()[0] for line in file}
    cgroup = "hybrid" if {"cgroup", "cgroup2"} <= kinds else "v2" if "cgroup2" in kinds else "v1"
    systems = [line.split("=", 1)[1].strip('"') for line in read("/etc/os-release").split("\n")
               if line.startswith("PRETTY_NAME=")]
    return {"cpu": models[0] if models else platform.machine(), "cpus": os.cpu_count(),
            "memory_gib": round(memory_kib / (1 << 20), 1), "kernel": platform.release(),
            "system": systems[0] if systems else "?", "cgroup": cgroup,
            "virtual": first_line("systemd-detect-virt")
            if shutil.which("systemd-detect-virt") else "?",
            "date": time.strftime("%Y-%m-%d")}


def machine_words(machine):
    return (f"{machine['cpus']} x {machine['cpu']}, {machine['memory_gib']} GiB, "
            f"Linux {machine['kernel']}, {machine['system']}, cgroups {machine['cgroup']}, "
            f"{machine['date']}")
