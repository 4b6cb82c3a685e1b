# SPDX-License-Identifier: MIT
"""What the tests of queues and workers share.

The store is an embedded one of the test's own; beside a server (tests/queue/with_postgres), a database of the
test's own there, in which the worker has the rights of its role and no others.
"""

import contextlib
import json
import os
import shutil
import signal
import subprocess

from harness import (BAILIFF, SLOWNESS, TREE, CellTest, descendants, program, status_field,
                     strict_json, wait_until)

POSTGRES = os.environ.get("BAILIFF_TEST_POSTGRES_URL")
WITH_POSTGRES = os.path.join(TREE, "tests", "queue", "with_postgres")


def fields(line):
    """A line of the worker's log, which is JSON in these tests."""
    return strict_json(line)


class Worker:
    """A worker process and its log."""

    def __init__(self, test, options, program=(BAILIFF, "worker"), **popen):
        self.test = test
        self.log_path = test.path(f"worker-{len(test.workers)}.log")
        self.log_file = open(self.log_path, "wb")
        self.process = subprocess.Popen(
            [*program, "--queue", test.worker_url, "--log-format", "json", *map(str, options)],
            stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=self.log_file, **popen)

    def log(self, event=None):
        """The lines of its log that are whole, as dicts."""
        with open(self.log_path, encoding="utf-8") as file:
            text = file.read()
        lines = [fields(line) for line in text.split("\n")[:-1] if line.startswith("{")]
        return [line for line in lines if event in (None, line["event"])]

    def raw_log(self):
        with open(self.log_path, encoding="utf-8", errors="replace") as file:
            return file.read()

    def saw(self, event, seconds=20, **wanted):
        """Waits until an event with these fields is in the log."""
        return wait_until(lambda: any(all(line.get(key) == value for key, value in wanted.items())
                                      for line in self.log(event)), seconds)

    def signal(self, number):
        self.process.send_signal(number)

    def end(self, seconds=60):
        """Waits for its end; returns its exit status."""
        try:
            status = self.process.wait(seconds * SLOWNESS)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()
            self.test.fail(f"the worker did not end:\n{self.raw_log()[-3000:]}")
        self.log_file.close()
        return status

    def kill(self):
        if self.process.poll() is None:
            self.process.kill()
        self.process.wait()
        self.log_file.close()

    def cpu_seconds(self):
        """What the worker's own process has used of a CPU; its slots count for themselves."""
        with open(f"/proc/{self.process.pid}/stat", encoding="utf-8", errors="replace") as file:
            fields = file.read().rsplit(")", 1)[1].split()
        return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")

    def slots(self):
        """The processes of its slots, as {pid: core}."""
        found = {}
        for pid in descendants(self.process.pid):
            if status_field(pid, "PPid") != str(self.process.pid):
                continue # a cell's init, which began as a copy of its slot
            try:
                with open(f"/proc/{pid}/cmdline", "rb") as file:
                    argv = file.read().split(b"\0")
            except OSError:
                continue
            if len(argv) > 1 and argv[1] == b"slot":
                found[pid] = argv[argv.index(b"--cpuset") + 1].decode() if b"--cpuset" in argv else None
        return found


class QueueTest(CellTest):
    """A test with a queue of its own."""

    def setUp(self):
        super().setUp()
        self.workers = []
        self.url = self.worker_url = f"sqlite:{self.path('jobs.db')}"
        if POSTGRES:
            self.make_database()

    def tearDown(self):
        for worker in getattr(self, "workers", []):
            worker.kill()
        super().tearDown()

    # ---- a database of the test's own ---------------------------------------------------------

    def sql(self, statement, url=None):
        """Runs a statement as the server's administrator; returns what psql prints of its rows."""
        return subprocess.run(["psql", "-XqAt", "-v", "ON_ERROR_STOP=1", "-c", statement, url or self.url],
                              check=True, stdout=subprocess.PIPE, text=True).stdout.strip()

    def make_database(self):
        name = f"queue_{os.getpid()}_{id(self):x}"
        self.sql(f"CREATE DATABASE {name}", POSTGRES)
        self.addCleanup(self.sql, f"DROP DATABASE {name} WITH (FORCE)", POSTGRES)
        self.url = POSTGRES.replace("/queue?", f"/{name}?")
        self.assertIn(name, self.url)
        self.queue("init")
        self.sql("DO $$BEGIN CREATE ROLE farmer LOGIN IN ROLE bailiff_worker;"
                 "EXCEPTION WHEN duplicate_object THEN NULL; END$$")
        self.worker_url = self.url.replace("postgres@", "farmer@")

    def server(self, action):
        """Starts or stops the server that all this runs on."""
        subprocess.run([WITH_POSTGRES, "--control", action], check=True)

    # ---- commands -------------------------------------------------------------------------

    def queue(self, command, *args, status=0, **kw):
        """Runs `bailiff queue COMMAND`; returns its lines, parsed."""
        outcome = self.call("queue", command, "--queue", self.url, *args, **kw)
        self.assertEqual(status, outcome.status, outcome)
        return [strict_json(line) for line in outcome.stdout.decode().splitlines()]

    def submit(self, *specs, options=()):
        """Submits run specs (dicts); returns their job numbers."""
        text = "".join(json.dumps(spec) + "\n" for spec in specs)
        return [line["job"] for line in self.queue("submit", *options, "-", stdin=text)]

    def wait(self, *jobs, timeout=60):
        """Waits for jobs; returns what became of them, by number."""
        lines = self.queue("wait", "--timeout", f"{int(timeout * SLOWNESS)}s", *jobs,
                           timeout=timeout + 10)
        self.assertEqual(len(jobs), len(lines))
        return {line["job"]: line for line in lines}

    def state(self, job):
        return self.queue("result", job)[0]["state"]

    def worker(self, *options, **popen):
        """Starts a worker; it is ended with the test at the latest."""
        worker = Worker(self, options, **popen)
        self.workers.append(worker)
        return worker

    @contextlib.contextmanager
    def working(self, *options):
        """A worker for the time of a block, drained at its end."""
        worker = self.worker(*options)
        yield worker
        worker.signal(signal.SIGTERM)
        self.assertEqual(143, worker.end(), worker.raw_log()[-3000:])

    # ---- jobs -----------------------------------------------------------------------------

    def job(self, *argv, **limits):
        """A run spec of a test program, whose bytes go with it."""
        spec = {"argv": ["./program", *map(str, argv[1:])],
                "files": [{"to": "program", "from": program(argv[0]), "mode": "0755"}]}
        if limits:
            spec["limits"] = limits
        return spec

    def shell(self, script, **limits):
        spec = {"argv": ["/bin/sh", "-c", script], "policy": "shell"}
        if limits:
            spec["limits"] = limits
        return spec


class StrangeSlots(QueueTest):
    """A test whose workers have slots that do as they are told (strange_slot)."""

    def setUp(self):
        super().setUp()
        folder = self.path("strange")
        os.mkdir(folder)
        shutil.copy(os.path.join(os.path.dirname(BAILIFF), "bailiff-queue"), folder)
        shutil.copy(os.path.join(TREE, "tests", "real", "strange_slot"), os.path.join(folder, "bailiff"))
        self.program = (os.path.join(folder, "bailiff-queue"), "worker")

    def worker(self, *options, **popen):
        return super().worker(*options, program=self.program, **popen)

    def strange(self, *words, **limits):
        spec = {"argv": ["/strange", *map(str, words)]}
        if limits:
            spec["limits"] = limits
        return spec

    def running(self):
        return self.queue("stats")[0]["jobs"]["running"]
