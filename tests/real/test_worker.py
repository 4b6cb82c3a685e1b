# SPDX-License-Identifier: MIT
"""`bailiff worker` through whole queues: what it runs, and what becomes of jobs when something breaks. Every
fault here is a real one: processes are killed and stopped, stores locked and filled."""

import json
import os
import random
import signal
import sqlite3
import subprocess
import time
import unittest

from harness import (DISPOSABLE, MB, SLOWNESS, descendants, main, program, status_field, strict_json,
                     wait_until)
from queueing import POSTGRES, QueueTest

ADD = "a, b = map(int, input().split())\nprint(a + b)\n"
LEASE = 2 * SLOWNESS


def judge_spec(source=ADD, tests=(("1 2\n", "3\n"), ("20 22\n", "42\n"))):
    return {"language": "python3", "sources": [{"name": "add.py", "text": source}],
            "problem": {"tests": [{"name": str(i), "input": {"text": given}, "answer": {"text": answer}}
                                  for i, (given, answer) in enumerate(tests)],
                        "checker": {"name": "tokens"}}}


class Running(QueueTest):
    """Jobs come to their verdicts."""

    def test_a_run_and_a_judgement(self):
        run, judge = self.submit(self.job("plain", "echo", "hello"), judge_spec())
        self.assertEqual(0, self.worker("--until-empty").end())
        ended = self.wait(run, judge)
        self.assertEqual("done", ended[run]["state"])
        self.assertEqual("OK", ended[run]["result"]["verdict"])
        self.assertEqual("hello\n", ended[run]["result"]["stdout"]["text"])
        self.assertEqual(1, ended[run]["attempts"])
        self.assertEqual("AC", ended[judge]["result"]["verdict"])
        self.assertEqual(2, ended[judge]["result"]["passed"])

    def test_a_result_is_what_run_prints(self):
        """The same keys, whichever way a program was run."""
        job, = self.submit(self.job("plain", "exit", 3))
        self.worker("--until-empty").end()
        through_queue = self.wait(job)[job]["result"]
        self.assertEqual(set(self.cell("plain", "exit", "3")), set(through_queue))
        self.expect(through_queue, "RE", "exit_code")

    def test_every_verdict_is_final(self):
        """What a program did wrong is its verdict, not a reason to try again."""
        jobs = self.submit(
            self.job("burn", "spin", cpu_ms=100), self.job("hog", "anon", 64 * MB, memory_bytes=32 * MB),
            self.job("syscalls", "call", "mount"), self.job("plain", "signal", 11),
            {"argv": ["/no/such/program"]})
        self.worker("--until-empty").end()
        ended = self.wait(*jobs)
        self.assertEqual(["TLE", "MLE", "SV", "RE", "RE"],
                         [ended[job]["result"]["verdict"] for job in jobs])
        self.assertEqual({1}, {line["attempts"] for line in ended.values()})

    def test_slots_have_a_core_each(self):
        script = "grep Cpus_allowed_list /proc/self/status; sleep 1"
        cores = len(os.sched_getaffinity(0))
        if cores < 2:
            self.skip_inherent("one CPU")
        jobs = self.submit(*[self.shell(script, wall_ms=60000)] * 2)
        with self.working("--slots", 2) as worker:
            self.assertTrue(worker.saw("worker"))
            ended = self.wait(*jobs)
        seen = {ended[job]["result"]["stdout"]["text"].split()[-1] for job in jobs}
        self.assertEqual(2, len(seen), ended)
        self.assertTrue(all(text.isdigit() for text in seen), seen)

    def test_cores_of_another_worker_are_not_taken(self):
        with self.working() as first:
            self.assertTrue(first.saw("worker"))
            second = self.worker()
            self.assertEqual(69, second.end())
            self.assertIn("--slots", second.raw_log())

    def test_memory_is_not_promised_twice(self):
        """Two jobs that fit only one after the other run one after the other."""
        if len(os.sched_getaffinity(0)) < 2:
            self.skip_inherent("one CPU")
        jobs = self.submit(*[self.shell("sleep 0.5", wall_ms=60000, memory_bytes=300 * MB,
                                        output_bytes=MB)] * 3)
        with self.working("--slots", 2, "--memory", "700M") as worker:
            self.wait(*jobs)
            lines = [line for line in worker.log("job-done")]
        self.assertEqual(3, len(lines))
        job, = self.submit(self.shell("true", memory_bytes=600 * MB))
        with self.working("--slots", 2, "--memory", "400M"):
            time.sleep(1)
            self.assertEqual("ready", self.state(job))

    def test_a_wrong_spec_is_dead_at_once(self):
        """One that passed the client (an older one, or none of ours) and that no machine could run."""
        if POSTGRES:
            self.skip_inherent("writes into the embedded store by hand")
        job, = self.submit(self.job("plain", "echo"))
        with sqlite3.connect(self.url.removeprefix("sqlite:")) as store:
            store.execute("UPDATE spec SET text = ? WHERE job = ?",
                          (json.dumps({"argv": ["x"], "limits": {"cpu_ms": -1}}), job))
        self.worker("--until-empty").end()
        ended = self.wait(job)[job]
        self.assertEqual("dead", ended["state"])
        self.assertIn("limits.cpu_ms", ended["last_error"])
        self.assertEqual(1, ended["attempts"])

    def test_drains(self):
        """SIGTERM: what runs ends, what waits goes back uncounted."""
        first, second = self.submit(self.shell("sleep 1; echo done", wall_ms=60000),
                                    self.shell("echo later"))
        worker = self.worker("--slots", 1)
        self.assertTrue(wait_until(lambda: self.state(first) == "running", 20))
        time.sleep(0.2)
        worker.signal(signal.SIGTERM)
        self.assertEqual(143, worker.end())
        self.assertEqual("done\n", self.wait(first)[first]["result"]["stdout"]["text"])
        left = self.queue("result", second)[0]
        self.assertEqual(("ready", 0), (left["state"], left["attempts"]))

    def test_a_second_signal_gives_back_what_runs(self):
        job, = self.submit(self.shell("sleep 600", wall_ms=700000))
        worker = self.worker("--slots", 1)
        self.assertTrue(wait_until(lambda: self.state(job) == "running", 20))
        worker.signal(signal.SIGTERM)
        self.assertTrue(worker.saw("drain"))
        worker.signal(signal.SIGTERM)
        begin = time.monotonic()
        self.assertEqual(143, worker.end(20))
        self.assertLess(time.monotonic() - begin, 10 * SLOWNESS)
        left = self.queue("result", job)[0]
        self.assertEqual(("ready", 0), (left["state"], left["attempts"]))

    def test_cancelling_stops_a_running_job(self):
        job, = self.submit(self.shell("sleep 600", wall_ms=700000))
        with self.working("--slots", 1) as worker:
            self.assertTrue(wait_until(lambda: self.state(job) == "running", 20))
            self.assertEqual("cancelled", self.queue("cancel", job)[0]["state"])
            self.assertTrue(worker.saw("lease-lost", job=job))
            self.assertTrue(wait_until(
                lambda: "sleep" not in descendants(worker.process.pid).values(), 5))
            other, = self.submit(self.shell("echo next"))
            self.assertEqual("done", self.wait(other)[other]["state"])
        self.assertEqual("cancelled", self.state(job))

    def test_the_queue_of_the_environment(self):
        """Goal: a worker and its clients mean the same queue where both are told in the environment."""
        job, = self.submit(self.job("plain", "echo"))
        done = self.call("worker", "--until-empty", env={**os.environ, "BAILIFF_QUEUE": self.worker_url})
        self.assertEqual(0, done.status, done)
        self.assertEqual("done", self.state(job))

    def test_a_worker_makes_no_tables(self):
        """Goal: a slip in a database's name makes no queue in somebody else's. Method: a worker with every
        right, and an empty database."""
        if not POSTGRES:
            self.skip_inherent("an embedded queue is made by its first user")
        self.sql("DROP SCHEMA bailiff CASCADE")
        worker = self.call("worker", "--until-empty", "--queue", self.url)
        self.assertEqual(69, worker.status, worker)
        self.assertIn(b"bailiff queue init", worker.stderr)
        self.assertEqual("0", self.sql("SELECT count(*) FROM pg_namespace WHERE nspname = 'bailiff'"))

    def test_status_and_metrics(self):
        with self.working("--slots", 1, "--metrics-file", self.path("bailiff.prom")) as worker:
            job, = self.submit(self.job("plain", "echo"))
            self.wait(job)
            self.assertTrue(worker.saw("job-done", job=job, verdict="OK"))
        self.assertIn("bailiff_", self.read(self.path("bailiff.prom")).decode())


class Secrets(QueueTest):
    """A submission reaches neither the queue nor its credentials."""

    def test_a_slot_has_nothing_of_the_queue(self):
        """Neither environment, nor command line, nor descriptors of the process that runs cells."""
        with self.working("--slots", 1, ) as worker:
            self.assertTrue(wait_until(worker.slots, 20))
            slot, = worker.slots()
            with open(f"/proc/{slot}/environ", "rb") as file:
                self.assertEqual({b"PATH", b"LANG"},
                                 {entry.split(b"=")[0] for entry in file.read().split(b"\0") if entry})
            with open(f"/proc/{slot}/cmdline", "rb") as file:
                self.assertNotIn(self.url.encode(), file.read())
            job, = self.submit(self.shell("sleep 1", wall_ms=60000))
            self.assertTrue(wait_until(lambda: self.state(job) == "running", 20))
            store = self.url.removeprefix("sqlite:")
            for fd in os.listdir(f"/proc/{slot}/fd"):
                try:
                    self.assertNotIn(store, os.readlink(f"/proc/{slot}/fd/{fd}"))
                except FileNotFoundError:
                    continue
            self.wait(job)

    def test_a_job_sees_no_environment_of_the_worker(self):
        job, = self.submit({"argv": ["/usr/bin/env"], "policy": "shell"})
        worker = self.worker("--until-empty",
                             env=os.environ | {"BAILIFF_QUEUE": self.url, "PGPASSWORD": "secret"})
        worker.end()
        text = self.wait(job)[job]["result"]["stdout"]["text"]
        self.assertNotIn("secret", text)
        self.assertNotIn("BAILIFF", text)

    def test_a_password_is_shown_nowhere(self):
        worker = self.worker("--queue", "postgres://judge:geheim@127.0.0.1:1/none")
        self.assertEqual(69, worker.end())
        self.assertNotIn("geheim", worker.raw_log())


class Faults(QueueTest):
    """Everything that holds a job can break."""

    def test_a_killed_worker(self):
        """Its job is another's after the lease, its cell is gone at once."""
        job, = self.submit(self.shell("sleep 3; echo done", wall_ms=60000))
        first = self.worker("--slots", 1, "--lease", f"{LEASE:g}s")
        self.assertTrue(wait_until(lambda: "sleep" in descendants(first.process.pid).values(), 20))
        first.kill()
        self.assertTrue(wait_until(lambda: "sleep" not in descendants().values(), 5))
        with self.working("--slots", 1, "--lease", f"{LEASE:g}s"):
            ended = self.wait(job)[job]
        self.assertEqual(("done", 2), (ended["state"], ended["attempts"]))
        self.assertEqual("done\n", ended["result"]["stdout"]["text"])

    def test_a_name_taken_over(self):
        """A worker that comes back under its name need not wait for its predecessor's lease."""
        job, = self.submit(self.shell("sleep 2; echo done", wall_ms=60000))
        first = self.worker("--slots", 1, "--name", "w", "--lease", "600s")
        self.assertTrue(wait_until(lambda: "sleep" in descendants(first.process.pid).values(), 20))
        first.kill()
        with self.working("--slots", 1, "--name", "w", "--lease", "600s"):
            ended = self.wait(job)[job]
        self.assertEqual(("done", 2), (ended["state"], ended["attempts"]))

    def test_a_stopped_worker_changes_nothing(self):
        """SIGSTOP past the lease, then SIGCONT: the verdict is the second worker's."""
        if len(os.sched_getaffinity(0)) < 2:
            self.skip_inherent("one CPU")
        job, = self.submit(self.shell("sleep 1; echo done", wall_ms=60000))
        first = self.worker("--slots", 1, "--name", "first", "--lease", f"{LEASE:g}s")
        self.assertTrue(wait_until(lambda: "sleep" in descendants(first.process.pid).values(), 20))
        first.signal(signal.SIGSTOP)
        second = self.worker("--slots", 1, "--name", "second", "--lease", f"{LEASE:g}s")
        ended = self.wait(job)[job]
        self.assertEqual(("done", "second", 2), (ended["state"], ended["worker"], ended["attempts"]))
        first.signal(signal.SIGCONT)
        self.assertTrue(wait_until(
            lambda: first.log("job-superseded") or first.log("lease-lost"), 10), first.raw_log())
        self.assertEqual([], first.log("job-done"))
        self.assertEqual(ended, self.wait(job)[job])
        for worker in (first, second):
            worker.signal(signal.SIGTERM)
            worker.end()

    def test_a_job_that_kills_its_worker(self):
        """Three times, and it is dead with its reason."""
        job, = self.submit(self.shell("sleep 600", wall_ms=700000))
        for attempt in (1, 2, 3):
            worker = self.worker("--slots", 1, "--name", "w", "--lease", f"{LEASE:g}s")
            self.assertTrue(wait_until(
                lambda: "sleep" in descendants(worker.process.pid).values(), 30), attempt)
            worker.kill()
        with self.working("--slots", 1, "--name", "w", "--lease", f"{LEASE:g}s"):
            ended = self.wait(job)[job]
        self.assertEqual(("dead", 3), (ended["state"], ended["attempts"]))
        self.assertIn("worker lost", ended["last_error"])
        self.assertIsNone(ended["result"])
        self.assertEqual("ready", self.queue("retry", job)[0]["state"])
        self.queue("cancel", job)

    def test_neighbours_of_a_killer(self):
        """Jobs that were lost with a worker are run alone from then on, so only the one that kills is dead."""
        jobs = self.submit(*[self.shell(f"echo {i}; sleep 0.2", wall_ms=60000) for i in range(6)])
        killer = jobs[0]
        for attempt in (1, 2, 3):
            worker = self.worker("--name", "w", "--lease", f"{LEASE:g}s", "--log-level", "debug")
            self.assertTrue(worker.saw("job-started", 60, job=killer), attempt)
            worker.kill()
        with self.working("--name", "w", "--lease", f"{LEASE:g}s"):
            ended = self.wait(*jobs)
        self.assertEqual("dead", ended[killer]["state"])
        self.assertEqual({"done"}, {ended[job]["state"] for job in jobs[1:]})

    def test_a_killed_slot(self):
        """The worker goes on; the job is tried again, and its neighbour never notices."""
        job, = self.submit(self.shell("sleep 2; echo done", wall_ms=60000))
        with self.working("--slots", 1) as worker:
            self.assertTrue(wait_until(
                lambda: "sleep" in descendants(worker.process.pid).values(), 20))
            slot, = worker.slots()
            os.kill(slot, signal.SIGKILL)
            ended = self.wait(job)[job]
            self.assertTrue(worker.saw("slot-died"))
        self.assertEqual(("done", 2), (ended["state"], ended["attempts"]))
        self.assertIn("signal 9", ended["last_error"])

    def test_a_stopped_slot_is_not_waited_for(self):
        """One that does not answer when its job is cancelled is killed."""
        job, = self.submit(self.shell("sleep 600", wall_ms=700000))
        with self.working("--slots", 1) as worker:
            self.assertTrue(wait_until(
                lambda: "sleep" in descendants(worker.process.pid).values(), 20))
            slot, = worker.slots()
            os.kill(slot, signal.SIGSTOP)
            self.queue("cancel", job)
            self.assertTrue(worker.saw("slot-died", 30))
            other, = self.submit(self.shell("echo next"))
            self.assertEqual("done", self.wait(other)[other]["state"])

    def test_the_store_is_locked_for_a_while(self):
        """Jobs go on; what they came to is told when the store is back."""
        if POSTGRES:
            self.skip_inherent("locks the embedded store")
        job, = self.submit(self.shell("sleep 1; echo done", wall_ms=60000))
        with self.working("--slots", 1, "--lease", "600s") as worker:
            self.assertTrue(wait_until(lambda: self.state(job) == "running", 20))
            store = sqlite3.connect(self.url.removeprefix("sqlite:"), isolation_level=None)
            store.execute("BEGIN EXCLUSIVE")
            self.assertTrue(worker.saw("store-lost", 30), worker.raw_log())
            store.execute("COMMIT")
            store.close()
            ended = self.wait(job)[job]
            self.assertTrue(worker.saw("store-back"))
        self.assertEqual(("done", 1), (ended["state"], ended["attempts"]))

    def test_the_server_is_restarted(self):
        """In the middle of a job, and for long enough that the worker notices."""
        if not POSTGRES:
            self.skip_inherent("an embedded store has no server")
        job, other = self.submit(self.shell("sleep 1; echo done", wall_ms=60000), self.shell("echo next"))
        with self.working("--slots", 1, "--lease", "600s") as worker:
            self.assertTrue(wait_until(
                lambda: "sleep" in descendants(worker.process.pid).values(), 20))
            self.server("stop")
            self.assertTrue(worker.saw("store-lost", 30), worker.raw_log())
            time.sleep(1)
            self.server("start")
            ended = self.wait(job, other)
            self.assertTrue(worker.saw("store-back"))
        self.assertEqual({("done", 1)}, {(line["state"], line["attempts"]) for line in ended.values()})

    def test_connections_are_cut(self):
        if not POSTGRES:
            self.skip_inherent("an embedded store has no connections")
        jobs = self.submit(*[self.shell("sleep 0.3; echo done", wall_ms=60000)] * 6)
        with self.working("--slots", 1, "--lease", "600s") as worker:
            self.assertTrue(worker.saw("job-done"))
            for _ in range(5):
                self.sql("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE usename = 'farmer'",
                         POSTGRES)
                time.sleep(0.3)
            ended = self.wait(*jobs)
        self.assertEqual({("done", 1)}, {(line["state"], line["attempts"]) for line in ended.values()})

    def test_the_lease_of_one_that_cannot_renew(self):
        """Out of reach for longer than the lease: the job is given up before another has it."""
        if POSTGRES:
            self.skip_inherent("locks the embedded store")
        job, = self.submit(self.shell("sleep 600", wall_ms=700000))
        worker = self.worker("--slots", 1, "--lease", f"{LEASE:g}s")
        self.assertTrue(wait_until(
            lambda: "sleep" in descendants(worker.process.pid).values(), 20))
        store = sqlite3.connect(self.url.removeprefix("sqlite:"), isolation_level=None)
        store.execute("BEGIN EXCLUSIVE")
        self.assertTrue(worker.saw("lease-lost", 60, job=job), worker.raw_log())
        self.assertTrue(wait_until(
            lambda: "sleep" not in descendants(worker.process.pid).values(), 10))
        store.execute("COMMIT")
        store.close()
        self.queue("cancel", job)
        worker.signal(signal.SIGTERM)
        self.assertEqual(143, worker.end())

    def test_a_full_disk(self):
        """No verdict is lost: the worker keeps it until there is room."""
        if POSTGRES:
            self.skip_inherent("fills the embedded store's disk")
        folder = self.path("small")
        os.mkdir(folder)
        subprocess.run(["mount", "-t", "tmpfs", "-o", "size=2m", "small", folder], check=True)
        self.addCleanup(subprocess.run, ["umount", "-l", folder], check=True)
        self.snapshot = type(self.snapshot)()
        self.url = self.worker_url = f"sqlite:{folder}/jobs.db"
        job, = self.submit(self.shell("sleep 1; echo done", wall_ms=60000))
        worker = self.worker("--slots", 1, "--lease", "600s")
        self.assertTrue(wait_until(lambda: self.state(job) == "running", 20))
        with open(f"{folder}/ballast", "wb", buffering=0) as file:
            try:
                while file.write(b"\0" * 4096):
                    pass
            except OSError:
                pass
        self.assertTrue(worker.saw("store-lost", 30), worker.raw_log())
        time.sleep(1)
        os.unlink(f"{folder}/ballast")
        ended = self.wait(job)[job]
        self.assertEqual(("done", 1), (ended["state"], ended["attempts"]))
        worker.signal(signal.SIGTERM)
        self.assertEqual(143, worker.end())

    def test_the_clock_is_stepped(self):
        if not DISPOSABLE:
            self.skip_inherent("would step the clock of this machine; see tests/guest")
        job, = self.submit(self.shell("sleep 2; echo done", wall_ms=60000))
        with self.working("--slots", 1, "--lease", "30s"):
            self.assertTrue(wait_until(lambda: self.state(job) == "running", 20))
            now = time.time()
            for step in (7200, -7200):
                time.clock_settime(time.CLOCK_REALTIME, now + step)
                time.sleep(1)
            time.clock_settime(time.CLOCK_REALTIME, now + 2)
            ended = self.wait(job)[job]
        self.assertEqual(("done", 1), (ended["state"], ended["attempts"]))

    def test_an_internal_error_is_tried_again(self):
        """A content that the store does not have (yet) is our failure, not the program's."""
        spec = {"argv": ["/bin/cat"], "policy": "native",
                "stdin": {"digest": "sha256:" + "0" * 64}}
        if POSTGRES:
            self.skip_inherent("writes into the embedded store by hand")
        job, = self.submit(self.job("plain", "echo"))
        with sqlite3.connect(self.url.removeprefix("sqlite:")) as store:
            store.execute("UPDATE spec SET text = ? WHERE job = ?", (json.dumps(spec), job))
        os.makedirs(self.url.removeprefix("sqlite:") + "-store", exist_ok=True)
        with self.working("--slots", 1):
            self.assertTrue(wait_until(lambda: self.queue("result", job)[0]["attempts"] == 2, 30))
        self.queue("cancel", job)


class ManyJobs(QueueTest):
    """Exactly one verdict each, whatever happens to the workers."""

    def test_random_kills(self):
        count = 10000 if SLOWNESS < 2 else 300
        number = 0
        jobs = []
        for begin in range(0, count, 1000):
            specs = [{"argv": ["/bin/true"]} for _ in range(begin, min(count, begin + 1000))]
            jobs += self.submit(*specs)
        self.assertEqual(count, len(set(jobs)))
        cores = min(2, len(os.sched_getaffinity(0)))
        rng = random.Random(1)
        workers = {}
        deadline = time.monotonic() + 400 * SLOWNESS

        def start(name):
            workers[name] = self.worker("--slots", 1, "--name", name, "--lease", f"{LEASE:g}s",
                                        "--log-level", "warning")
        kills = 0
        while time.monotonic() < deadline:
            for name in [f"w{i}" for i in range(cores)]:
                if name not in workers or workers[name].process.poll() is not None:
                    start(name)
            time.sleep(rng.uniform(0.5, 2.5) * SLOWNESS)
            if rng.random() < 0.8:
                victim = rng.choice(list(workers))
                workers.pop(victim).kill()
                kills += 1
            if self.queue("stats")[0]["jobs"]["ready"] == 0:
                break
        for name, worker in workers.items():
            worker.signal(signal.SIGTERM)
            worker.end()
        self.assertEqual(0, self.worker("--until-empty", "--lease", f"{LEASE:g}s").end())
        stats = self.queue("stats")[0]["jobs"]
        dead = self.queue("dead")
        self.assertEqual([], dead)
        self.assertEqual(count, stats["done"], stats)
        self.assertGreater(kills, 3)
        if not POSTGRES:
            with sqlite3.connect(self.url.removeprefix("sqlite:")) as store:
                number, distinct = store.execute(
                    "SELECT count(*), count(DISTINCT job) FROM verdict").fetchone()
            self.assertEqual((count, count), (number, distinct))


if __name__ == "__main__":
    main()
