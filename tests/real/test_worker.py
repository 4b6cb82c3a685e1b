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
from queueing import POSTGRES, QueueTest, StrangeSlots

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
        """And who wants one is told whose they are."""
        with self.working() as first:
            self.assertTrue(first.saw("worker"))
            second = self.worker()
            self.assertEqual(69, second.end())
            cores = len(first.slots()) or first.log("worker")[0]["slots"]
            self.assertIn(f"none of the {cores} core", second.raw_log())
            self.assertIn(f"process {first.process.pid} has ", second.raw_log())
            self.assertIn("start it again with fewer --slots", second.raw_log())

    def test_fewer_cores_than_wanted(self):
        cores = len(os.sched_getaffinity(0))
        if cores != 2:
            self.skip_inherent("not two CPUs")
        with self.working("--slots", 1) as first:
            self.assertTrue(wait_until(first.slots, 20))
            core, = first.slots().values()
            second = self.worker("--slots", 2)
            self.assertEqual(69, second.end())
            self.assertIn(f"1 of the 2 cores is free: process {first.process.pid} has {core}",
                          second.raw_log())
            self.assertNotIn(f"process {second.process.pid} has", second.raw_log())
            self.assertIn("ask for fewer with --slots", second.raw_log())
            third = self.worker("--until-empty")
            self.assertEqual(0, third.end(), third.raw_log())

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
        self.sql("SET client_min_messages = warning; DROP SCHEMA bailiff CASCADE")
        worker = self.call("worker", "--until-empty", "--queue", self.url)
        self.assertEqual(69, worker.status, worker)
        self.assertIn("bailiff queue init", worker.stderr)
        self.assertEqual("0", self.sql("SELECT count(*) FROM pg_namespace WHERE nspname = 'bailiff'"))

    def test_status_and_metrics(self):
        with self.working("--slots", 1, "--metrics-file", self.path("bailiff.prom")) as worker:
            job, = self.submit(self.job("plain", "echo"))
            self.wait(job)
            self.assertTrue(worker.saw("job-done", job=job, verdict="OK"))
        self.assertIn("bailiff_", self.read(self.path("bailiff.prom")).decode())


class Judging(QueueTest):
    """A slot keeps its problem's judge from one job to the next; nobody can tell."""

    BURN = ("import time\na, b = map(int, input().split())\nwhile time.process_time() < 0.6: pass\n"
            "print(a + b)\n")
    WRONG = "a, b = map(int, input().split())\nprint(min(a + b, 9))\n"
    VALIDATOR = ("import sys, time\nif sys.stdin.readline() == 'slow\\n': time.sleep(60)\nsys.exit(42)\n")

    def plain(self, tests):
        for name, (given, answer) in tests.items():
            self.write(f"plain/{name}.in", given)
            self.write(f"plain/{name}.ans", answer)
        return self.path("plain")

    def package(self, name, validation):
        self.write(f"{name}/problem.yaml", "problem_format_version: legacy\nname: test\nlimits:\n"
                   f"  time_limit: 5\n  validation_time: 90\nvalidation: {validation}\n")
        self.write(f"{name}/data/secret/1.in", "1\n")
        self.write(f"{name}/data/secret/1.ans", "1\n")
        self.write(f"{name}/output_validators/v.py", self.VALIDATOR)
        return self.path(name)

    def judged(self, problem, text, name="a.py", **keys):
        return {"sources": [{"name": name, "text": text}], "problem": {"path": problem}, **keys}

    def verdicts(self, *jobs):
        ended = self.wait(*jobs)
        return [" ".join(test["verdict"] for test in ended[job]["result"]["tests"]) for job in jobs]

    def test_jobs_of_one_problem(self):
        """With other limits, other thoroughness, other languages, and then with other tests."""
        problem = self.plain({"1": ("1 2\n", "3\n"), "2": ("20 22\n", "42\n"), "3": ("2 2\n", "4\n")})
        c = "#include <stdio.h>\nint main(void) { int a, b; scanf(\"%d %d\", &a, &b); printf(\"%d\\n\", a + b); }\n"
        with self.working("--slots", 1):
            jobs = self.submit(
                self.judged(problem, self.BURN, limits={"cpu_ms": 5000}),
                self.judged(problem, self.BURN, limits={"cpu_ms": 300}),
                self.judged(problem, self.BURN, limits={"cpu_ms": 5000}),
                self.judged(problem, self.WRONG, limits={"cpu_ms": 5000}),
                self.judged(problem, self.WRONG, limits={"cpu_ms": 5000}, all_tests=True),
                self.judged(problem, self.WRONG, limits={"cpu_ms": 5000}),
                self.judged(problem, c, "a.c", limits={"cpu_ms": 5000}))
            self.assertEqual(["AC AC AC", "TLE SKIPPED SKIPPED", "AC AC AC", "AC WA SKIPPED", "AC WA AC",
                              "AC WA SKIPPED", "AC AC AC"], self.verdicts(*jobs))
            self.write("plain/1.ans", "4\n")
            self.assertEqual(["WA SKIPPED SKIPPED"], self.verdicts(*self.submit(
                self.judged(problem, c, "a.c", limits={"cpu_ms": 5000}))))

    def test_cancelled_at_work(self):
        """In a compiler, a test, a validator, an interaction; the next job of the problem has its verdict."""
        bomb = "#define a x x x x x x x x x x\n" + "".join(
            f"#define {name} {(last + ' ') * 10}\n" for last, name in zip("abcdefgh", "bcdefghi")) + "i\n"
        checked = self.package("checked", "custom")
        interactive = self.package("interactive", "custom interactive")
        cases = (("compile", checked, "a.c", bomb), ("secret/1", checked, "a.py", "while True: pass\n"),
                 ("secret/1", checked, "a.py", "print('slow')\n"),
                 ("secret/1", interactive, "a.py", "print('slow', flush=True)\ninput()\n"))
        with self.working("--slots", 1) as worker:
            for phase, problem, name, text in cases:
                slow, = self.submit(self.judged(problem, text, name))
                self.assertTrue(wait_until(lambda: self.state(slow) == "running", 20))
                time.sleep(1.5)
                self.assertEqual("cancelled", self.queue("cancel", slow)[0]["state"], phase)
                begin = time.monotonic()
                self.assertEqual(["AC"], self.verdicts(*self.submit(
                    self.judged(problem, "print('quick')\n"))))
                self.assertLess(time.monotonic() - begin, 4 * SLOWNESS, phase)
            self.assertEqual([], worker.log("slot-died"))


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

    def test_a_slot_that_is_stuck(self):
        """Its worker lives and would renew the lease for ever: it is ended, and the job tried again."""
        job, = self.submit(self.shell("sleep 2; echo done", wall_ms=3000))
        with self.working("--slots", 1, "--lease", f"{LEASE:g}s", "--patience", "1s") as worker:
            self.assertTrue(wait_until(
                lambda: "sleep" in descendants(worker.process.pid).values(), 20))
            slot, = worker.slots()
            os.kill(slot, signal.SIGSTOP)
            self.assertTrue(worker.saw("slot-silent", 30, job=job), worker.raw_log())
            ended = self.wait(job)[job]
        self.assertEqual(("done", 2), (ended["state"], ended["attempts"]))
        self.assertRegex(ended["last_error"], "^supervise: the slot was silent for 9 s")
        self.assertEqual("done\n", ended["result"]["stdout"]["text"])
        self.assertEqual([], worker.log("lease-lost"))

    def test_a_job_that_uses_all_its_time(self):
        """Goal: nobody takes an honest slot for a stuck one. Method: no patience to speak of, and jobs in which
        every step goes to its limit: a run, a test, a compiler."""
        bomb = "#define a x x x x x x x x x x\n" + "".join(
            f"#define {name} {(last + ' ') * 10}\n" for last, name in zip("abcdefgh", "bcdefghi")) + "i\n"
        idle = judge_spec("import time\ntime.sleep(60)\n", [("1 2\n", "3\n")] * 3)
        jobs = self.submit(self.shell("sleep 60", wall_ms=8000),
                           {**idle, "all_tests": True, "limits": {"wall_ms": 4000}},
                           {**judge_spec(), "language": "c", "sources": [{"name": "a.c", "text": bomb}]})
        with self.working("--slots", 1, "--patience", "1s") as worker:
            ended = self.wait(*jobs, timeout=150)
        self.assertEqual([], worker.log("slot-silent"))
        self.assertEqual([("done", 1)] * 3, [(ended[job]["state"], ended[job]["attempts"]) for job in jobs])
        self.assertEqual(["TLE", "TLE", "CE"], [ended[job]["result"]["verdict"] for job in jobs])

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

    def claim_unheard(self, execute, job, name, instance):
        """Has the store believe that this worker has claimed a job."""
        lease = "now() + interval '1 hour'" if POSTGRES else "1 << 62"
        execute(f"UPDATE {'bailiff.' if POSTGRES else ''}job SET state = 'running', fence = fence + 1,"
                f" attempts = attempts + 1, lease_until = {lease}, worker = '{name}', instance = {instance}"
                f" WHERE id = {job}")

    def test_a_claim_whose_answer_is_lost(self):
        """Nothing ran: the job goes back at once, and no attempt is counted. Method: a claim is kept waiting and then
        cut off, and meanwhile the store is made to look as if it had come to it; the job is one that the
        worker has no room for, so that nothing else becomes of it."""
        job, = self.submit(self.shell("true", memory_bytes=600 * MB))
        with self.working("--slots", 1, "--memory", "400M", "--lease", "600s", "--name", "w") as worker:
            self.assertTrue(wait_until(lambda: worker.slots(), 20))
            if POSTGRES:
                instance = self.sql("SELECT instance FROM bailiff.worker")
                lock = subprocess.Popen(
                    ["psql", "-XqAt", "-c", "BEGIN; LOCK TABLE bailiff.worker; SELECT pg_sleep(60)", self.url],
                    stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
                claiming = ("FROM pg_stat_activity WHERE usename = 'farmer' AND wait_event_type = 'Lock'"
                            " AND query LIKE '%bailiff.claim%'")
                self.assertTrue(wait_until(lambda: self.sql(f"SELECT count(*) {claiming}") == "1", 30))
                self.claim_unheard(self.sql, job, "w", instance)
                self.sql("SELECT bailiff._move('ready', 'running')")
                self.sql("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE usename = 'farmer'"
                         " OR query LIKE '%pg_sleep(60)%' AND pid <> pg_backend_pid()")
                lock.wait()
            else:
                # Only a worker that sees something to claim needs the lock.
                worker.signal(signal.SIGSTOP)
                self.submit(self.shell("true"))
                store = sqlite3.connect(self.url.removeprefix("sqlite:"), isolation_level=None)
                store.execute("BEGIN EXCLUSIVE")
                instance, = store.execute("SELECT instance FROM worker").fetchone()
                self.claim_unheard(store.execute, job, "w", instance)
                worker.signal(signal.SIGCONT)
                self.assertTrue(worker.saw("store-lost", 30), worker.raw_log())
                store.execute("COMMIT")
                store.close()
            self.assertTrue(worker.saw("claims-unheard", 30, jobs=1), worker.raw_log())
            left = self.queue("result", job)[0]
            self.assertEqual(("ready", 0), (left["state"], left["attempts"]))
        self.queue("cancel", job)

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

    def test_rights_are_taken_away_for_a_while(self):
        """Nobody is let in: what a job came to is kept until somebody mends that."""
        if not POSTGRES:
            self.skip_inherent("root has every right to an embedded store")
        job, = self.submit(self.shell("sleep 2; echo done", wall_ms=60000))
        with self.working("--slots", 1, "--lease", "600s") as worker:
            self.assertTrue(wait_until(
                lambda: "sleep" in descendants(worker.process.pid).values(), 20))
            self.sql("REVOKE bailiff_worker FROM farmer")
            self.assertTrue(worker.saw("store-lost", 30), worker.raw_log())
            self.assertTrue(wait_until(
                lambda: "sleep" not in descendants(worker.process.pid).values(), 20))
            time.sleep(1)
            self.sql("GRANT bailiff_worker TO farmer")
            ended = self.wait(job)[job]
            self.assertTrue(worker.saw("job-done", job=job))
        self.assertEqual(("done", 1), (ended["state"], ended["attempts"]))

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


class Waiting(QueueTest):
    """A worker that can do nothing but wait uses no CPU meanwhile."""

    def assert_calm(self, worker, seconds):
        begin, used = time.monotonic(), worker.cpu_seconds()
        while time.monotonic() - begin < seconds and worker.process.poll() is None:
            time.sleep(0.05)
        self.assertIsNone(worker.process.poll(), worker.raw_log()[-3000:])
        self.assertLess(worker.cpu_seconds() - used, 0.15 * seconds * SLOWNESS)

    def test_for_a_slot_that_does_not_answer(self):
        """At the end of the time to drain."""
        job, = self.submit(self.shell("sleep 600", wall_ms=700000))
        worker = self.worker("--slots", 1, "--drain", "1ms")
        self.assertTrue(wait_until(
            lambda: "sleep" in descendants(worker.process.pid).values(), 20))
        slot, = worker.slots()
        os.kill(slot, signal.SIGSTOP)
        worker.signal(signal.SIGTERM)
        self.assertTrue(worker.saw("drain"))
        self.assert_calm(worker, 3)
        self.assertEqual(143, worker.end())
        self.queue("cancel", job)

    def test_for_a_job_beside_a_slot_that_died(self):
        """While it drains, a slot that is down is not started again."""
        if len(os.sched_getaffinity(0)) < 2:
            self.skip_inherent("one CPU")
        job, = self.submit(self.shell("sleep 4; echo done", wall_ms=60000))
        worker = self.worker("--slots", 2, "--log-level", "debug")
        self.assertTrue(wait_until(
            lambda: "sleep" in descendants(worker.process.pid).values(), 20))
        idle, = [pid for pid in worker.slots() if "sleep" not in descendants(pid).values()]
        worker.signal(signal.SIGTERM)
        self.assertTrue(worker.saw("drain"))
        os.kill(idle, signal.SIGKILL)
        self.assertTrue(worker.saw("slot-died"), worker.raw_log())
        time.sleep(0.2)
        self.assert_calm(worker, 2)
        self.assertEqual(143, worker.end())
        self.assertEqual("done\n", self.wait(job)[job]["result"]["stdout"]["text"])

    def test_for_a_server_that_is_gone(self):
        if not POSTGRES:
            self.skip_inherent("an embedded store has no server")
        with self.working("--slots", 1) as worker:
            self.assertTrue(worker.saw("worker"))
            time.sleep(1)
            self.server("stop")
            try:
                self.assertTrue(worker.saw("store-lost", 30), worker.raw_log())
                self.assert_calm(worker, 3)
            finally:
                self.server("start")
            self.assertTrue(worker.saw("store-back", 30), worker.raw_log())

    def test_for_a_store_that_is_deleted(self):
        if POSTGRES:
            self.skip_inherent("deletes the embedded store")
        worker = self.worker("--slots", 1)
        self.assertTrue(worker.saw("worker"))
        time.sleep(1)
        for suffix in ("", "-wal", "-shm"):
            os.unlink(self.url.removeprefix("sqlite:") + suffix)
        self.assert_calm(worker, 3)
        worker.signal(signal.SIGTERM)
        self.assertEqual(143, worker.end())

    def test_for_a_store_that_is_out_of_reach_at_the_end(self):
        if POSTGRES:
            self.skip_inherent("locks the embedded store")
        job, = self.submit(self.shell("sleep 0.5; echo done", wall_ms=60000))
        worker = self.worker("--slots", 1, "--lease", "600s", "--drain", "1ms")
        self.assertTrue(wait_until(lambda: self.state(job) == "running", 20))
        store = sqlite3.connect(self.url.removeprefix("sqlite:"), isolation_level=None)
        store.execute("BEGIN EXCLUSIVE")
        worker.signal(signal.SIGTERM)
        self.assertTrue(worker.saw("store-lost", 30), worker.raw_log())
        self.assert_calm(worker, 3)
        store.execute("COMMIT")
        store.close()
        self.assertEqual(143, worker.end())


class Order(StrangeSlots):
    """What is claimed when, and what waits for what."""

    def test_the_shortest_lease(self):
        """Is renewed in time."""
        job, = self.submit(self.strange("sleep", 5))
        worker = self.worker("--slots", 1, "--lease", "1s")
        ended = self.wait(job)[job]
        self.assertEqual(("done", 1), (ended["state"], ended["attempts"]), worker.raw_log())

    def test_nothing_waits_behind_a_long_job(self):
        """Where jobs are short one more is at hand, but not for a slot whose job is not short."""
        self.wait(*self.begin_short())
        long, first = self.submit(self.strange("sleep", 6), self.strange("done"))
        self.assertTrue(wait_until(lambda: self.state(long) == "running", 20))
        time.sleep(3)
        for _ in range(5): # what is submitted wakes the worker
            self.submit(self.strange("done"))
            time.sleep(0.1)
        self.assertEqual("running", self.state(long))
        self.assertEqual(1, self.running())
        self.assertEqual("ready", self.state(first))
        self.assertEqual("done", self.wait(first)[first]["state"])

    def begin_short(self):
        jobs = self.submit(*[self.strange("done")] * 10)
        self.worker("--slots", 1)
        return jobs

    def test_a_large_job_is_taken_by_idle_slots(self):
        """One that takes more than each slot's part of the memory, and less than all of it."""
        if len(os.sched_getaffinity(0)) < 2:
            self.skip_inherent("one CPU")
        total = os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE")
        if total < 11 << 30:
            self.skip_inherent("less than 11 GiB of memory")
        job, = self.submit(self.strange("done", memory_bytes=7 << 30))
        worker = self.worker("--slots", 2, "--memory", "10G", "--until-empty")
        self.assertEqual(0, worker.end(20))
        self.assertEqual("done", self.state(job))

    def test_a_job_that_has_to_run_alone_does_not_keep_others(self):
        """While it waits for a slot's long job, the other slot goes on."""
        if len(os.sched_getaffinity(0)) < 2:
            self.skip_inherent("one CPU")
        if POSTGRES:
            self.skip_inherent("writes into the embedded store by hand")
        long, suspect, *others = self.submit(self.strange("sleep", 20), *[self.strange("done")] * 4)
        with sqlite3.connect(self.url.removeprefix("sqlite:")) as store:
            store.execute("UPDATE job SET losses = 1 WHERE id = ?", (suspect,))
        worker = self.worker("--slots", 2, "--log-level", "debug")
        self.assertTrue(wait_until(
            lambda: all(self.state(job) == "done" for job in others), 14), worker.raw_log())
        self.assertEqual(("running", "ready"), (self.state(long), self.state(suspect)))
        ended = self.wait(suspect)[suspect]
        self.assertEqual(("done", 1), (ended["state"], ended["attempts"]))


class Large(StrangeSlots):
    """A job that needs most of the memory, among small ones that never leave so much of it."""

    LIMITS = {"memory_bytes": 100 * MB, "output_bytes": MB}

    def test_it_does_not_wait_for_ever(self):
        if len(os.sched_getaffinity(0)) < 2:
            self.skip_inherent("one CPU")
        first, = self.submit(self.strange("sleep", 0.3, **self.LIMITS))
        large, = self.submit(self.strange("done", memory_bytes=500 * MB), options=("--client", "large"))
        small = [first, *self.submit(*[self.strange("sleep", 0.3, **self.LIMITS)] * 119)]
        worker = self.worker("--slots", 2, "--memory", "700M", "--reserve", "1s")
        # Jobs of 0.3 s in two slots: 18 s without it.
        self.assertTrue(wait_until(lambda: self.state(large) == "done", 12), worker.raw_log())
        self.assertEqual("ready", self.state(small[-1]))
        ended = self.wait(large, *small)
        self.assertEqual({("done", 1)}, {(line["state"], line["attempts"]) for line in ended.values()})

    def test_one_that_no_worker_here_could_take(self):
        """Keeps nobody: neither what is small nor what just fits."""
        too_large, = self.submit(self.strange("done", memory_bytes=900 * MB))
        time.sleep(0.5)
        others = self.submit(*[self.strange("done", **self.LIMITS)] * 20, self.strange("done", memory_bytes=500 * MB))
        worker = self.worker("--slots", 1, "--memory", "700M", "--reserve", "1ms", "--until-empty")
        self.assertEqual(0, worker.end(30))
        self.assertEqual({"done"}, {line["state"] for line in self.wait(*others).values()})
        self.assertEqual("ready", self.state(too_large))

    def test_several_workers(self):
        """Large and small jobs of different priorities come to their ends whoever takes them."""
        if len(os.sched_getaffinity(0)) < 2:
            self.skip_inherent("one CPU")
        jobs = []
        for i in range(30):
            limits = {"memory_bytes": 500 * MB} if i % 5 == 0 else self.LIMITS
            jobs += self.submit(*[self.strange("sleep", 0.05, **limits)] * 4,
                                options=("--client", f"c{i % 3}", "--priority", i % 2))
        for _ in range(2):
            self.worker("--slots", 1, "--memory", "700M", "--reserve", "1ms")
        ended = self.wait(*jobs)
        self.assertEqual({("done", 1)}, {(line["state"], line["attempts"]) for line in ended.values()})


class Silence(StrangeSlots):
    """A slot is to be heard of within the time that it names, and what the worker allows."""

    def test_longer_than_it_said(self):
        job, other = self.submit(self.strange("silent", 1, 600), self.strange("done"))
        worker = self.worker("--slots", 1, "--patience", "1s")
        self.assertTrue(worker.saw("slot-silent", job=job), worker.raw_log())
        self.assertTrue(worker.saw("job-failed", job=job, attempt=1))
        self.assertEqual("done", self.wait(other)[other]["state"])
        self.assertIn("silent for 2 s", self.queue("result", job)[0]["last_error"])
        self.queue("cancel", job)

    def test_never_for_that_long(self):
        """However long the job takes in all."""
        job, = self.submit(self.strange("silent", 1, 1.5, 4))
        worker = self.worker("--slots", 1, "--patience", "1s")
        self.assertEqual("done", self.wait(job)[job]["state"])
        self.assertEqual([], worker.log("slot-silent"))

    def test_for_ever_is_no_number(self):
        """What a slot says it may take does not overflow."""
        job, = self.submit(self.strange("silent", 1.8e10, 3))
        worker = self.worker("--slots", 1, "--patience", "1s")
        self.assertEqual("done", self.wait(job)[job]["state"])
        self.assertEqual([], worker.log("slot-silent"))

    def test_a_worker_that_was_stopped_itself(self):
        """Does not blame its slots for the time in which it heard nothing."""
        job, = self.submit(self.strange("silent", 1, 1.5, 12))
        worker = self.worker("--slots", 1, "--patience", "2s", "--lease", "600s")
        self.assertTrue(wait_until(lambda: self.state(job) == "running", 20))
        slot, = descendants(worker.process.pid)
        for pids, seconds in (([worker.process.pid], 5), ([slot, worker.process.pid], 5)):
            for pid in pids:
                os.kill(pid, signal.SIGSTOP)
            time.sleep(seconds)
            for pid in reversed(pids):
                os.kill(pid, signal.SIGCONT)
            time.sleep(1)
        ended = self.wait(job)[job]
        self.assertEqual(("done", 1), (ended["state"], ended["attempts"]), worker.raw_log())
        self.assertEqual([], worker.log("slot-silent"))


class Pauses(StrangeSlots):
    """A machine on which everything fails does not use up the attempts of all jobs."""

    def test_a_machine_that_fails(self):
        failing = self.submit(*[self.strange("outcome", 2)] * 40, options=("--client", "a"))
        worker = self.worker("--slots", 1)
        self.assertTrue(worker.saw("pausing"))
        time.sleep(6)
        self.assertLess(len(worker.log("job-failed")), 9) # pauses of 1, 2 and 4 s, and what was at hand
        for job in failing:
            self.queue("cancel", job)
        good = self.submit(*[self.strange("done")] * 20)
        self.assertEqual({"done"}, {line["state"] for line in self.wait(*good).values()})

    def test_one_job_that_fails(self):
        """Says nothing of the machine."""
        job, = self.submit(self.strange("outcome", 2))
        worker = self.worker("--slots", 1)
        self.assertEqual("dead", self.wait(job)[job]["state"])
        self.assertEqual([], worker.log("pausing"))


class Strange(StrangeSlots):
    """A slot that a job has taken over harms that job alone."""

    def test_an_outcome_that_is_none(self):
        job, other = self.submit(self.strange("outcome", 77), self.strange("done"))
        worker = self.worker("--slots", 1)
        self.assertTrue(worker.saw("slot-confused"))
        self.assertEqual("done", self.wait(other)[other]["state"])
        self.assertTrue(worker.saw("job-failed", job=job, attempt=1))
        self.queue("cancel", job)

    def test_giving_up_unasked_counts(self):
        """Given back uncounted, the job would come again for ever."""
        job, = self.submit(self.strange("outcome", 5))
        worker = self.worker("--slots", 1)
        self.assertTrue(worker.saw("job-failed", job=job, attempt=1))
        self.assertTrue(worker.saw("job-failed", job=job, attempt=2))
        self.queue("cancel", job)

    def test_one_that_hangs_up(self):
        job, other = self.submit(self.strange("mute"), self.strange("done"))
        worker = self.worker("--slots", 1)
        self.assertTrue(worker.saw("slot-died", job=job))
        self.assertEqual("done", self.wait(other)[other]["state"])
        self.queue("cancel", job)

    def test_a_flood_of_progress(self):
        """Keeps neither leases nor another slot's jobs waiting."""
        if len(os.sched_getaffinity(0)) < 2:
            self.skip_inherent("one CPU")
        flood, = self.submit(self.strange("flood", 2 * LEASE))
        worker = self.worker("--slots", 2, "--lease", f"{LEASE:g}s")
        self.assertTrue(wait_until(lambda: self.state(flood) == "running", 20))
        others = self.submit(*[self.strange("done")] * 20)
        self.assertEqual({"done"}, {line["state"] for line in self.wait(*others).values()})
        ended = self.wait(flood)[flood]
        self.assertEqual(("done", 1), (ended["state"], ended["attempts"]))
        self.assertEqual([], worker.log("lease-lost"))

    def test_what_it_says_stands_in_the_log(self):
        """And not between its lines, whatever it is."""
        jobs = self.submit(self.strange("tell", "a line\nand \x1b[31mmore\n"), self.strange("tell", "no end"),
                           self.strange("tell", "x" * 1500 + "\n"))
        worker = self.worker("--slots", 1)
        self.wait(*jobs)
        worker.signal(signal.SIGTERM)
        self.assertEqual(143, worker.end())
        said = [line["text"] for line in worker.log("slot-says")]
        self.assertEqual(["a line", "and \x1b[31mmore", "no end" + "x" * 506], said[:3])
        self.assertEqual("x" * 994, "".join(said[3:]))
        for line in worker.raw_log().splitlines():
            strict_json(line)

    def test_slots_that_do_not_start(self):
        """The worker ends, and says so; it would claim nothing for ever."""
        self.write("strange/broken")
        worker = self.worker("--slots", 1)
        self.assertEqual(69, worker.end(30))
        self.assertIn("no slot can be started", worker.raw_log())
        self.assertEqual(["strange: does not start"] * 3,
                         [line["text"] for line in worker.log("slot-says")])

    def test_a_slot_that_cannot_be_executed(self):
        os.chmod(self.path("strange/bailiff"), 0o755)
        with open(self.path("strange/bailiff"), "wb") as file:
            file.write(b"#!/no/such/interpreter\n")
        worker = self.worker("--slots", 1)
        self.assertEqual(70, worker.end(30))
        self.assertIn("strange/bailiff", worker.raw_log())


class Signals(StrangeSlots):
    """SIGTERM at any moment ends the worker in order."""

    def test_at_every_moment_of_the_start(self):
        jobs = self.submit(*[self.strange("done")] * 3)
        for delay in [i / 100 for i in range(0, 30, 2)]:
            worker = self.worker("--slots", 1)
            time.sleep(delay)
            worker.signal(signal.SIGTERM)
            self.assertIn(worker.end(20), (143, -signal.SIGTERM), worker.raw_log())
            self.assertEqual([], worker.log("slot-died"), delay)
        self.assertEqual(0, self.worker("--slots", 1, "--until-empty").end(20))
        ended = self.wait(*jobs)
        self.assertEqual({("done", 1)}, {(line["state"], line["attempts"]) for line in ended.values()})

    def test_to_the_whole_group(self):
        """As a terminal sends it: the slot goes on with its job."""
        job, = self.submit(self.strange("sleep", 1))
        worker = self.worker("--slots", 1, start_new_session=True)
        self.assertTrue(wait_until(lambda: self.state(job) == "running", 20))
        os.killpg(worker.process.pid, signal.SIGINT)
        self.assertEqual(130, worker.end(20))
        self.assertEqual([], worker.log("slot-died"))
        self.assertEqual("done", self.state(job))

    def test_a_name_that_another_takes(self):
        """While it lives: it ends, and its jobs are the other's."""
        if len(os.sched_getaffinity(0)) < 2:
            self.skip_inherent("one CPU")
        job, = self.submit(self.strange("sleep", 3))
        first = self.worker("--slots", 1, "--name", "w", "--lease", "600s")
        self.assertTrue(wait_until(lambda: self.state(job) == "running", 20))
        second = self.worker("--slots", 1, "--name", "w", "--lease", "600s")
        self.assertEqual(69, first.end(20))
        self.assertIn("another worker has the name 'w'", first.raw_log())
        ended = self.wait(job)[job]
        self.assertEqual(("done", 2), (ended["state"], ended["attempts"]))
        self.assertEqual([], first.log("job-done"))
        second.signal(signal.SIGTERM)
        self.assertEqual(143, second.end())


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
        time.sleep(LEASE) # of jobs whose worker was killed just now: until then they are not there to be taken
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
