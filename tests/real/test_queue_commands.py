# SPDX-License-Identifier: MIT
"""`bailiff queue` as scripts and people use it: what it prints, its exit statuses, and what it puts
into the queue and the store. Workers are played by hand (tests/edge/queue_hand.c); no cells.

BAILIFF_TEST_POSTGRES_URL: a database to use instead of SQLite (tests/queue/with_postgres).
"""
import contextlib
import hashlib
import json
import os
import pty
import re
import shutil
import signal
import subprocess
import tempfile
import threading
import time
import unittest

import harness
from harness import BAILIFF, SLOWNESS, strict_json

HAND = os.path.join(os.path.dirname(BAILIFF), "tests", "queue_hand")
POSTGRES = os.environ.get("BAILIFF_TEST_POSTGRES_URL")
EX_USAGE, EX_DATA, EX_NOINPUT, EX_UNAVAILABLE, EX_TEMPFAIL = 64, 65, 66, 69, 75
TIME = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z")
TRUE = {"argv": ["true"]}
RESULT = {"version": 1, "verdict": "OK", "text": "é \t"}


class QueueTest(unittest.TestCase):
    maxDiff = None

    def setUp(self):
        for path in (BAILIFF, HAND):
            self.assertTrue(os.access(path, os.X_OK), f"no program at {path}")
        self.dir = tempfile.mkdtemp(prefix="queue-test-")
        self.addCleanup(shutil.rmtree, self.dir, ignore_errors=True)
        # What other tests left in a database that all share must not be in the way.
        self.url = POSTGRES or f"sqlite:{self.dir}/q.db"
        self.client = f"c{os.getpid()}-{self._testMethodName}"
        if POSTGRES:
            self.call("init")
            for line in self.lines(self.call("list", "--limit", "10000")):
                if line["state"] in ("ready", "running"):
                    self.call("cancel", line["job"])

    def write(self, name, content):
        path = os.path.join(self.dir, name)
        os.makedirs(os.path.dirname(path), exist_ok=True)
        if isinstance(content, dict):
            content = json.dumps(content)
        with open(path, "wb") as file:
            file.write(content if isinstance(content, bytes) else content.encode())
        return path

    def command(self, name, *args):
        return [BAILIFF, "queue", name, "--queue", self.url, *map(str, args)]

    def call(self, name, *args, status=0, stdin=None, cwd=None):
        """Runs a command to its end, checks its exit status, returns the finished process."""
        done = subprocess.run(self.command(name, *args), input=stdin, capture_output=True, text=True,
                              timeout=60 * SLOWNESS, cwd=cwd or self.dir, check=False)
        self.assertEqual(status, done.returncode, (done.args, done.stdout, done.stderr))
        return done

    @staticmethod
    def lines(done):
        return [strict_json(line) for line in done.stdout.splitlines()]

    def submit(self, *specs, options=(), status=0):
        """Submits specs in files; returns the lines."""
        paths = [self.write(f"spec{i}.json", spec) for i, spec in enumerate(specs)]
        return self.lines(self.call("submit", "--client", self.client, *options, *paths,
                                    status=status))

    def job(self, spec=None):
        return self.submit(spec or TRUE)[0]["job"]

    def hand(self, verb, text=""):
        """A worker takes the next job; returns its number."""
        done = subprocess.run([HAND, self.url, verb, text], capture_output=True, text=True,
                              timeout=60 * SLOWNESS, check=False)
        self.assertEqual(0, done.returncode, done.stderr)
        return done.stdout

    def spec_of_next(self):
        return strict_json(self.hand("show").split("\n", 1)[1])

    def refused(self, done, *words):
        """A refusal says why on standard error and nothing on standard output."""
        self.assertEqual("", done.stdout)
        for word in words:
            self.assertIn(word, done.stderr)


class Environment(QueueTest):
    def call_plainly(self, name, *args, status=0, **env):
        done = subprocess.run([BAILIFF, *name.split(), *map(str, args)], capture_output=True, text=True,
                              cwd=self.dir, env={**os.environ, **env}, timeout=60 * SLOWNESS, check=False)
        self.assertEqual(status, done.returncode, (done.args, done.stdout, done.stderr))
        return self.lines(done)

    def test_the_queue_of_the_environment(self):
        """Goal: clients and workers that are told of a queue in one way mean the same one. Method: each
        command with BAILIFF_QUEUE, which is better than none and not as good as the option."""
        spec = self.write("spec.json", TRUE)
        job = self.call_plainly("queue submit", spec, BAILIFF_QUEUE=self.url)[0]["job"]
        self.assertEqual("ready", self.lines(self.call("result", job))[0]["state"])
        for name, *args in (("result", job), ("list",), ("dead",), ("stats",), ("init",), ("cancel", job),
                            ("retry", job), ("wait", job), ("purge", "--older-than", "1h")):
            self.call_plainly(f"queue {name}", *args, BAILIFF_QUEUE=self.url)
            self.call_plainly(f"queue {name}", "-q", self.url, *args, BAILIFF_QUEUE="redis://")
        self.assertFalse(os.path.exists(os.path.join(self.dir, "bailiff.db")))
        self.call_plainly("queue submit", spec, BAILIFF_QUEUE="redis://", status=EX_USAGE)
        self.call_plainly("queue submit", spec, BAILIFF_QUEUE="")
        self.assertTrue(os.path.exists(os.path.join(self.dir, "bailiff.db")))

    def test_top_takes_it_too(self):
        self.call("init")
        looked, = self.call_plainly("top", "--once", "--json", BAILIFF_QUEUE=self.url)
        self.assertIsNone(looked["trouble"])

    def test_metrics_that_cannot_be(self):
        """Goal: what is wrong with a worker's command line is said before anybody counts on it."""
        for option, value, word in (("--metrics", "0.0.0.0:9464", "loopback"),
                                    ("--metrics", "here", "HOST:PORT"),
                                    ("--metrics-file", "metrics.txt", "'.prom'")):
            done = subprocess.run([BAILIFF, "worker", "--queue", self.url, option, value],
                                  capture_output=True, text=True, timeout=60 * SLOWNESS, check=False)
            self.assertEqual(EX_USAGE, done.returncode, done)
            self.refused(done, word)


class Installed(QueueTest):
    def test_below_another_prefix(self):
        """Goal: what was installed below a prefix that the build was not told finds all of itself. Method: the
        two executables as they are laid out, whole and in part."""
        build = os.path.dirname(BAILIFF)
        with open(os.path.join(build, "CMakeCache.txt"), encoding="utf-8") as cache:
            places = dict(re.findall(r"^CMAKE_INSTALL_(BINDIR|LIBEXECDIR):PATH=(.+)$", cache.read(), re.M))
        main, folder = (os.path.join(self.dir, "prefix", places[key]) for key in ("BINDIR", "LIBEXECDIR"))
        os.makedirs(main)
        os.makedirs(os.path.join(folder, "bailiff"))
        shutil.copy(BAILIFF, main)
        moved = [os.path.join(main, "bailiff"), "queue", "init", "--print-sql", "--queue", "postgres://h/d"]
        alone = subprocess.run(moved, capture_output=True, text=True, timeout=60 * SLOWNESS, check=False)
        if alone.returncode == 0:
            self.skipTest("inherent: this very bailiff is installed, too")
        self.assertEqual(EX_UNAVAILABLE, alone.returncode, alone)
        self.refused(alone, "'bailiff-queue'", main, "cmake --install")
        shutil.copy(os.path.join(build, "bailiff-queue"), os.path.join(folder, "bailiff"))
        whole = subprocess.run(moved, capture_output=True, text=True, timeout=60 * SLOWNESS, check=False)
        self.assertEqual(0, whole.returncode, whole)
        self.assertIn("CREATE SCHEMA", whole.stdout)


@unittest.skipUnless(POSTGRES, "inherent: roles are a server's")
class Roles(QueueTest):
    def psql(self, statement, url=None):
        return subprocess.run(["psql", "-XqAt", "-v", "ON_ERROR_STOP=1", "-c", statement, url or self.url],
                              check=True, stdout=subprocess.PIPE, text=True).stdout

    def test_hints_about_rights(self):
        """Goal: who has not the right is told which role it takes, and never to take one that would not
        help. Method: users with one role each."""
        for role, user in (("bailiff_client", "hint_web"), ("bailiff_worker", "hint_judge")):
            self.psql(f"DO $$BEGIN CREATE ROLE {user} LOGIN IN ROLE {role};"
                      "EXCEPTION WHEN duplicate_object THEN NULL; END$$")
        web, judge = (self.url.replace("postgres@", f"{user}@") for user in ("hint_web", "hint_judge"))
        spec = self.write("spec.json", TRUE)
        for url, name, args, hint in (
                (judge, "submit", [spec], "submitting takes the role bailiff_client"),
                (web, "purge", ["--older-than", "1h"], "purge the queue's owner"),
                (web, "init", [], "only its owner may change it")):
            done = subprocess.run([BAILIFF, "queue", name, "--queue", url, *args], capture_output=True,
                                  text=True, timeout=60 * SLOWNESS, check=False)
            self.assertEqual(EX_UNAVAILABLE, done.returncode, done)
            self.refused(done, hint)


class Submit(QueueTest):
    def test_numbers_and_duplicates(self):
        """Goal: a request id makes submitting safe to repeat. Method: the same again, laid out
        otherwise; other content under the same name; another client with the same name."""
        first = self.submit(TRUE, options=["--request-id", "r1"])
        self.assertEqual([{"job": first[0]["job"], "duplicate": False}], first)
        again = self.submit('{ "argv" : [ "tr\\u0075e" ] }', options=["--request-id", "r1"])
        self.assertEqual([{"job": first[0]["job"], "duplicate": True}], again)
        other = self.write("other.json", {"argv": ["false"]})
        self.refused(self.call("submit", "--client", self.client, "--request-id", "r1", other,
                               status=EX_DATA), "other.json: ", "with other content")
        theirs = self.call("submit", "--client", self.client + "2", "--request-id", "r1", other)
        self.assertFalse(self.lines(theirs)[0]["duplicate"])
        for name in ("", "a\x1b[2J", "x" * 300):
            for option in ("--client", "--request-id"):
                self.refused(self.call("submit", option, name, other, status=EX_USAGE), option)

    def test_lines_of_standard_input(self):
        """Goal: one job for each line, numbered in its messages, and a broken batch can be repeated.
        Method: a batch with a mistake in the middle, then the mended one under the same request id."""
        batch = ['{"argv":["a"]}', "", '{"argv":["b"]}', '{"argv":[]}', '{"argv":["d"]}']
        options = ["--client", self.client, "--request-id", "batch", "-"]
        broken = self.call("submit", *options, stdin="\n".join(batch), status=EX_DATA)
        self.assertEqual(2, len(self.lines(broken)))
        self.assertIn("line 4 of standard input: argv: must name a program", broken.stderr)
        batch[3] = '{"argv":["c"]}'
        mended = self.lines(self.call("submit", *options, stdin="\n".join(batch)))
        self.assertEqual([True, True, False, False], [line["duplicate"] for line in mended])
        self.assertEqual(self.lines(broken), [dict(line, duplicate=False) for line in mended[:2]])
        ids = [self.lines(self.call("result", line["job"]))[0]["request_id"] for line in mended]
        self.assertEqual([f"batch:{i}" for i in (1, 2, 3, 4)], ids)

    def test_first_mistake_ends_it(self):
        """Goal: what was printed is in the queue, and nothing behind the mistake is."""
        good, bad = self.write("good.json", TRUE), self.write("bad.json", "{")
        done = self.call("submit", "--client", self.client, good, bad, good, status=EX_DATA)
        self.assertEqual(1, len(self.lines(done)))
        self.assertIn("bad.json: line 1", done.stderr)
        self.assertEqual(1, len(self.lines(self.call("list", "--client", self.client))))

    def test_each_line_comes_at_once(self):
        """Goal: who pipes specs in reads numbers while the rest is still to come."""
        with subprocess.Popen(self.command("submit", "-"), stdin=subprocess.PIPE,
                              stdout=subprocess.PIPE, text=True, cwd=self.dir) as process:
            for _ in range(2):
                process.stdin.write('{"argv":["true"]}\n')
                process.stdin.flush()
                self.assertFalse(strict_json(process.stdout.readline())["duplicate"])
            process.stdin.close()
            self.assertEqual(0, process.wait(30 * SLOWNESS))

    def test_files_go_along(self):
        """Goal: a job needs nothing of the machine it was made on. Method: a spec that names files
        in its own folder, submitted from another; what a worker gets."""
        self.write("a/in.txt", "1 2\n")
        self.write("a/tool", "#!/bin/sh\n")
        os.chmod(os.path.join(self.dir, "a/tool"), 0o755)
        path = self.write("a/spec.json", {"argv": ["./tool", "x"], "stdin": {"path": "in.txt"}})
        self.call("submit", path, cwd="/")
        self.assertEqual({"argv": ["/box/tool", "x"], "stdin": {"text": "1 2\n"},
                          "files": [{"to": "/box/tool", "mode": "0755", "text": "#!/bin/sh\n"}]},
                         self.spec_of_next())

    def test_programs_of_this_machine_stay(self):
        """Goal: nobody's files are read because a name in argv leads to them on the worker: what the
        worker gets names only what is in its cells."""
        self.submit({"argv": ["/usr/bin/env"]})
        self.assertEqual({"argv": ["/usr/bin/env"]}, self.spec_of_next())

    def test_what_is_not_for_a_job(self):
        """Goal: the client says what a worker would refuse."""
        for spec, key in (({"stdout": {"path": "x"}}, "stdout.path"),
                          ({"collect": [{"name": "a", "to": "b"}]}, "collect"),
                          ({"limits": {"cpuset": "0"}}, "limits.cpuset"),
                          ({"limits": {"cpus": 2}}, "limits.cpus"),
                          ({"rootfs": {"base": "root"}}, "rootfs.base"),
                          ({"stdout": {"capture_bytes": 2 << 20}}, "stdout.capture_bytes")):
            path = self.write("s.json", dict(TRUE, **spec))
            self.refused(self.call("submit", path, status=EX_DATA), f"s.json: {key}: ")

    def test_command_line(self):
        path = self.write("s.json", TRUE)
        for args, words in ((["--priority", "101", path], "--priority"),
                            (["--priority", "x", path], "--priority"),
                            (["--attempts", "0", path], "--attempts"),
                            (["--request-id", "", path], "--request-id"),
                            (["--frob", path], "--frob"), ([], "no FILE given"),
                            (["--queue", "mysql:x", path], "sqlite:PATH")):
            self.refused(self.call("submit", *args, status=EX_USAGE), words)
        self.refused(self.call("submit", "none.json", status=EX_NOINPUT), "none.json")
        self.refused(self.call("submit", "--languages", "none", path, status=EX_NOINPUT), "none")
        self.refused(self.call("submit", self.write("s2.json", dict(TRUE, stdin={"path": "none"})),
                               status=EX_NOINPUT), "s2.json: stdin.path: open '")

    def test_full_queue(self):
        """Goal: a client that has too much waiting is told so, and what it has stays."""
        if POSTGRES:
            self.skipTest("would change the bounds for the other tests")
        self.call("init", "--client-depth", "2")
        done = self.call("submit", "-", stdin='{"argv":["true"]}\n' * 3, status=EX_UNAVAILABLE)
        self.assertEqual(2, len(self.lines(done)))
        self.assertIn("2", done.stderr)


class Store(QueueTest):
    def setUp(self):
        super().setUp()
        self.store = f"{self.dir}/q.db-store" if not POSTGRES else f"{self.dir}/store"
        self.options = ["--client", self.client] + (["--store", self.store] if POSTGRES else [])

    def object(self, digest):
        name = digest.removeprefix("sha256:")
        return os.path.join(self.store, "objects", name[:2], name[2:])

    def test_only_when_needed(self):
        self.call("submit", *self.options, self.write("s.json", TRUE))
        self.assertFalse(os.path.exists(self.store))

    def test_large_file(self):
        data = os.urandom(20000)
        self.write("big", data)
        path = self.write("s.json", dict(TRUE, stdin={"path": "big"}))
        self.call("submit", *self.options, path)
        digest = self.spec_of_next()["stdin"]["digest"]
        self.assertEqual("sha256:" + hashlib.sha256(data).hexdigest(), digest)
        with open(self.object(digest), "rb") as file:
            self.assertEqual(data, file.read())
        self.assertEqual([], os.listdir(os.path.join(self.store, "new")))

    def test_without_a_store(self):
        """Goal: without a place that workers have, too, a small file stands in the spec, and a
        package is refused with what mends that."""
        if not POSTGRES:
            self.skipTest("beside SQLite there is always one")
        self.write("p/1.in", "")
        self.write("p/1.ans", "")
        path = self.write("j.json", {"problem": {"path": "p"},
                                     "sources": [{"name": "a.c", "text": ""}]})
        self.refused(self.call("submit", path, status=EX_DATA), "problem.path", "--store")

    def test_package(self):
        """Goal: a package becomes one digest, for whatever job names it, and its bytes are checked by
        it. Method: the manifest against the files."""
        self.write("sum/problem.yaml", "problem_format_version: legacy\nname: Sum\n")
        self.write("sum/data/secret/1.in", "1 2\n")
        self.write("sum/data/secret/1.ans", "3\n")
        os.symlink("1.ans", os.path.join(self.dir, "sum/data/secret/2.ans"))
        self.write("sum/data/secret/2.in", "2 1\n")
        self.write("sum/.git/config", "secret")
        for source in ("a", "b"):
            self.call("submit", *self.options, self.write(
                "j.json", {"problem": {"path": "sum"}, "sources": [{"name": "a.c", "text": source}]}))
        spec = self.spec_of_next()
        self.assertEqual("sum", spec["problem"]["name"])
        with open(self.object(spec["problem"]["digest"]), encoding="utf-8") as file:
            header, *entries = file.read().splitlines()
        self.assertEqual("bailiff tree 1", header)
        self.assertEqual(["data/secret/1.ans", "data/secret/1.in", "data/secret/2.ans",
                          "data/secret/2.in", "problem.yaml"], [e.split(" ")[3] for e in entries])
        self.assertEqual(hashlib.sha256(b"3\n").hexdigest(), entries[2].split(" ")[1])

    def test_link_out_of_a_package(self):
        """Goal: a package that somebody else made does not carry the submitter's files away."""
        self.write("secret", "secret")
        self.write("p/1.in", "")
        os.symlink("../secret", os.path.join(self.dir, "p/1.ans"))
        path = self.write("j.json", {"problem": {"path": "p"},
                                     "sources": [{"name": "a.c", "text": ""}]})
        done = self.call("submit", *self.options, path, status=EX_DATA)
        self.refused(done, "1.ans", "is a link that leads out")

    def test_damaged_object(self):
        """Goal: a store whose object cannot be right is not relied on for another job."""
        self.write("big", b"x" * 20000)
        path = self.write("s.json", dict(TRUE, stdin={"path": "big"}))
        self.call("submit", *self.options, path)
        digest = self.spec_of_next()["stdin"]["digest"]
        os.chmod(self.object(digest), 0o644)
        os.truncate(self.object(digest), 100)
        done = self.call("submit", *self.options, path, status=EX_UNAVAILABLE)
        self.refused(done, digest, "remove '")
        os.unlink(self.object(digest))
        self.call("submit", *self.options, path)


class Results(QueueTest):
    def test_states(self):
        """Goal: result tells what is known, at every stage of a job's life."""
        job = self.job()
        line = self.lines(self.call("result", job))[0]
        self.assertEqual(["job", "state", "kind", "client", "request_id", "priority", "attempts",
                          "attempts_max", "worker", "last_error", "created", "due", "started",
                          "finished", "waited_ms", "result"], list(line))
        self.assertEqual((job, "ready", "run", self.client, None, 0, 3),
                         tuple(line[key] for key in ("job", "state", "kind", "client", "result",
                                                     "attempts", "attempts_max")))
        self.assertRegex(line["created"], TIME)
        self.hand("fail", "the disk\x1b[2J is full")
        line = self.lines(self.call("result", job))[0]
        self.assertEqual(("ready", 1, "hand"), (line["state"], line["attempts"], line["worker"]))
        self.assertIn("is full", line["last_error"])
        self.assertNotIn("\x1b", line["last_error"])
        self.assertRegex(line["due"], TIME)
        self.call("cancel", job)
        job = self.job()
        self.hand("finish", json.dumps(RESULT, indent=2))
        done = self.call("result", job)
        line = self.lines(done)[0]
        self.assertEqual(("done", RESULT, "hand"), (line["state"], line["result"], line["worker"]))
        self.assertEqual(1, done.stdout.count("\n"))
        self.assertRegex(line["finished"], TIME)
        self.assertGreaterEqual(line["waited_ms"], 0)

    def test_unknown_jobs(self):
        """Goal: one number that is none does not hide the others."""
        job = self.job()
        done = self.call("result", 987654321, job, status=EX_NOINPUT)
        self.assertEqual([job], [line["job"] for line in self.lines(done)])
        self.assertIn("987654321", done.stderr)
        for text in ("0", "-1", "x", "1x", "99999999999999999999999"):
            self.refused(self.call("result", "--", text, status=EX_USAGE), text)
        self.refused(self.call("result", status=EX_USAGE), "no ID given")
        self.refused(self.call("result", 2**63, status=EX_NOINPUT), str(2**63))

    def test_cancel_and_retry(self):
        job, other = self.job(), self.job()
        self.assertEqual([{"job": job, "state": "cancelled"}], self.lines(self.call("cancel", job)))
        self.assertEqual([{"job": job, "state": "cancelled"}], self.lines(self.call("cancel", job)))
        self.assertEqual([{"job": job, "state": "cancelled"}], self.lines(self.call("retry", job)))
        self.hand("reject", "nobody can run this")
        dead = self.lines(self.call("dead", "--client", self.client))
        self.assertEqual([(other, "dead", "nobody can run this")],
                         [(line["job"], line["state"], line["last_error"]) for line in dead])
        self.assertEqual([{"job": other, "state": "dead"}], self.lines(self.call("cancel", other)))
        self.assertEqual([{"job": other, "state": "ready"}], self.lines(self.call("retry", other)))
        done = self.call("retry", 987654321, other, status=EX_NOINPUT)
        self.assertEqual([{"job": other, "state": "ready"}], self.lines(done))

    def test_list(self):
        jobs = [self.job() for _ in range(5)]
        self.call("cancel", jobs[1])

        def listed(*options):
            done = self.call("list", "--client", self.client, *options)
            return [line["job"] for line in self.lines(done)]
        self.assertEqual(jobs[::-1], listed())
        self.assertEqual([jobs[1]], listed("--state", "cancelled"))
        self.assertEqual(jobs[:2:-1], listed("--limit", "2"))
        self.assertEqual(jobs[2::-1], listed("--before", jobs[3]))
        self.assertEqual([], listed("--state", "done"))
        self.assertNotIn("result", self.lines(self.call("list", "--client", self.client))[0])
        self.refused(self.call("list", "--state", "redy", status=EX_USAGE), "did you mean 'ready'?")
        self.refused(self.call("list", "--limit", "0", status=EX_USAGE), "--limit")
        self.refused(self.call("list", "x", status=EX_USAGE), "unexpected argument 'x'")

    def test_tables(self):
        """Goal: on a terminal people get a table that no name can break, on a pipe programs get
        JSON. Method: a pseudo-terminal, a long name, and a reason with a mark that turns text around."""
        if POSTGRES:
            self.skipTest("the same")
        path = self.write("s.json", TRUE)
        self.call("submit", "--client", "joe", path)
        self.hand("reject", "\u202eno\x1b[2J")
        self.call("submit", "--client", "é" * 40, path)
        for command, words in (("list", ["JOB", "STATE", "ready", "é…"]),
                               ("dead", ["WHY", "joe", "\\xe2\\x80\\xaeno"]),
                               ("stats", ["ready", "workers", "waiting"])):
            text = self.on_terminal(command)
            for word in words:
                self.assertIn(word, text)
            self.assertNotIn("\x1b", text)
        self.assertTrue(self.on_terminal("list", "--json").startswith("{"))

    def on_terminal(self, *args):
        master, slave = pty.openpty()
        with subprocess.Popen(self.command(*args), stdout=slave, stdin=subprocess.DEVNULL) as process:
            os.close(slave)
            text = b""
            with contextlib.suppress(OSError):  # EIO: the other end is closed
                while chunk := os.read(master, 65536):
                    text += chunk
            self.assertEqual(0, process.wait(30 * SLOWNESS))
        os.close(master)
        return text.decode()

    def test_stats(self):
        if POSTGRES:
            self.skipTest("others' jobs count, too")
        self.call("submit", "-", stdin='{"argv":["true"]}\n' * 3)
        self.hand("finish", "{}")
        stats = self.lines(self.call("stats"))[0]
        self.assertEqual({"ready": 2, "running": 0, "done": 1, "dead": 0, "cancelled": 0},
                         stats["jobs"])
        self.assertEqual(1, stats["clients_waiting"])
        self.assertGreater(stats["oldest_ready_ms"], 0)

    def test_purge(self):
        job = self.job()
        self.call("cancel", job)
        self.refused(self.call("purge", status=EX_USAGE), "--older-than")
        self.refused(self.call("purge", "--older-than", "5", status=EX_USAGE), "--older-than")
        self.assertEqual([{"purged": 0}], self.lines(self.call("purge", "--older-than", "1h")))
        self.call("result", job)
        self.assertGreater(self.lines(self.call("purge", "--older-than", "0s"))[0]["purged"], 0)
        self.call("result", job, status=EX_NOINPUT)

    def test_missing_queue(self):
        self.url = f"sqlite:{self.dir}/none.db"
        for command, *args in (["list"], ["stats"], ["result", "1"], ["cancel", "1"],
                               ["purge", "--older-than", "1h"], ["wait", "1"]):
            self.refused(self.call(command, *args, status=EX_UNAVAILABLE), "none.db", "hint: ")
        self.assertFalse(os.path.exists(f"{self.dir}/none.db"))


class Wait(QueueTest):
    @contextlib.contextmanager
    def waiting(self, *args):
        # A shell that starts something in the background has it ignore SIGINT, and so would we.
        with subprocess.Popen(self.command("wait", *args), stdout=subprocess.PIPE,
                              stderr=subprocess.PIPE, text=True, cwd=self.dir,
                              preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL)
                              ) as process:
            try:
                yield process
            finally:
                if process.poll() is None:
                    process.kill()

    def test_in_order_of_ending(self):
        """Goal: each job is printed when it ends, not when all have. Method: the second of two ends
        first."""
        first, second = self.job(), self.job()
        with self.waiting(first, second) as process:
            lines = []
            reader = threading.Thread(target=lambda: lines.extend(process.stdout))
            reader.start()
            time.sleep(0.3)
            self.assertEqual([], lines)
            self.call("cancel", second)
            self.assertTrue(harness.wait_until(lambda: len(lines) == 1, 20), lines)
            self.assertIsNone(process.poll())
            self.hand("finish", json.dumps(RESULT))
            self.assertEqual(0, process.wait(30 * SLOWNESS))
            reader.join()
        seen = [strict_json(line) for line in lines]
        self.assertEqual([(second, "cancelled"), (first, "done")],
                         [(line["job"], line["state"]) for line in seen])
        self.assertEqual(RESULT, seen[1]["result"])

    def test_wakes_up_by_an_event(self):
        """Goal: a job that ends is told of sooner than the next poll (a second or more). Method: the
        time from its end to the line, the best of several."""
        best = 9.0
        for _ in range(5):
            job = self.job()
            with self.waiting(job) as process:
                time.sleep(0.4)
                self.hand("finish", "{}")
                begin = time.monotonic()
                self.assertEqual(job, strict_json(process.stdout.readline())["job"])
                best = min(best, time.monotonic() - begin)
        self.assertLess(best, 0.4 * SLOWNESS)

    def test_those_that_ended_before(self):
        jobs = [self.job() for _ in range(3)]
        for job in jobs[::-1]:
            self.call("cancel", job)
            time.sleep(0.01)
        done = self.call("wait", *jobs)
        self.assertEqual(jobs[::-1], [line["job"] for line in self.lines(done)])

    def test_timeout(self):
        """Goal: status 75 says that it is not over, and standard error which; what ended is printed."""
        first, second = self.job(), self.job()
        self.call("cancel", first)
        done = self.call("wait", "--timeout", "300ms", first, second, status=EX_TEMPFAIL)
        self.assertEqual([first], [line["job"] for line in self.lines(done)])
        self.assertIn(f"1 job has not ended in time: {second}", done.stderr)
        self.refused(self.call("wait", "--timeout", "5", second, status=EX_USAGE), "--timeout")

    def test_unknown_job(self):
        job = self.job()
        self.refused(self.call("wait", job, 987654321, status=EX_NOINPUT), "987654321")

    def test_signals(self):
        for number, status in ((signal.SIGINT, 130), (signal.SIGTERM, 143)):
            with self.waiting(self.job()) as process:
                time.sleep(0.3)
                process.send_signal(number)
                self.assertEqual(status, process.wait(30 * SLOWNESS))

    def test_queue_out_of_reach(self):
        """Goal: waiting outlives a database that is away; other commands say so at once. Method: a port
        where nobody listens."""
        self.url = "postgresql://nobody@127.0.0.1:1/none"
        self.refused(self.call("result", 1, status=EX_UNAVAILABLE), "127.0.0.1")
        self.refused(self.call("submit", self.write("s.json", TRUE), status=EX_UNAVAILABLE),
                     "127.0.0.1")
        begin = time.monotonic()
        done = self.call("wait", "--timeout", "1500ms", 1, status=EX_TEMPFAIL)
        self.assertGreater(time.monotonic() - begin, 1.4)
        self.assertEqual(1, done.stderr.count("trying again"))


class Help(QueueTest):
    def test_help_and_unknown_commands(self):
        commands = ("submit", "result", "wait", "list", "dead", "cancel", "retry", "stats", "init",
                    "purge")
        done = subprocess.run([BAILIFF, "queue", "--help"], capture_output=True, text=True, check=True)
        for command in commands:
            self.assertIn(f"\n  {command} ", done.stdout)
            text = self.call(command, "--help").stdout
            self.assertTrue(text.startswith(f"Usage: bailiff queue {command} "), text)
            self.assertLessEqual(max(map(len, text.splitlines())), 96, text)
        for args, words in ((["lst"], "did you mean 'bailiff queue list'?"), ([], "Usage:")):
            done = subprocess.run([BAILIFF, "queue", *args], capture_output=True, text=True,
                                  check=False)
            self.assertEqual(EX_USAGE, done.returncode)
            self.assertIn(words, done.stderr)

    def test_print_sql(self):
        done = subprocess.run([BAILIFF, "queue", "init", "--print-sql", "--queue", "postgres://x/y"],
                              capture_output=True, text=True, check=True)
        self.assertIn("create", done.stdout.lower())
        self.url = f"sqlite:{self.dir}/none.db"
        self.refused(self.call("init", "--print-sql", status=EX_USAGE), "--print-sql")


if __name__ == "__main__":
    harness.main()
