# SPDX-License-Identifier: MIT
"""The benchmarks work: each of them does next to nothing, and prints figures. No time is judged."""
import json
import math
import os
import pathlib
import shutil
import subprocess

from harness import BAILIFF, TREE, CellTest, main

BUILD = pathlib.Path(BAILIFF).parent


def numbers(value):
    """Every number in it."""
    if isinstance(value, dict):
        return [number for part in value.values() for number in numbers(part)]
    return [value] if isinstance(value, (int, float)) else []


class Bench(CellTest):
    """bench/run, a part at a time."""

    def run_part(self, name):
        path = self.path(f"{name}.json")
        outcome = subprocess.run(
            [os.path.join(TREE, "bench/run"), "--smoke", "--no-build", "--build", BUILD,
             "--only", name, "--json", path, "--svg", self.path("plot.svg")],
            capture_output=True, text=True, check=False)
        self.assertEqual(0, outcome.returncode, outcome.stdout + outcome.stderr)
        with open(path, encoding="utf-8") as file:
            report = json.load(file)
        found = numbers(report[name])
        self.assertGreater(len(found), 5, report)
        self.assertTrue(all(math.isfinite(number) for number in found), report)
        return report

    def setUp(self):
        super().setUp()
        if not (BUILD / "bench/bench_scale").exists():
            self.skipTest("the benchmarks are not built")

    def test_compare(self):
        """Goal: `compare` measures bailiff beside the bare program and writes its plot. Method: two
        runs of each."""
        report = self.run_part("compare")
        self.assertLessEqual({"bare", "bailiff"}, set(report["compare"]["latency"]))
        with open(self.path("plot.svg"), encoding="utf-8") as file:
            self.assertIn("</svg>", file.read())
        self.assertIn("bailiff run, p50 us", report["summary"])

    def test_pool(self):
        """Goal: every kind of cell is measured in every section. Method: two runs of each."""
        report = self.run_part("pool")["pool"]
        for section in ("latency", "latency_after_idleness", "cpu", "rate"):
            self.assertEqual({"bare", "series", "pooled", "fresh", "cold"}, set(report[section]))

    def test_scale(self):
        """Goal: every section of `scale` has rows. Method: a few cells, files and tests."""
        report = self.run_part("scale")["scale"]
        for section in ("held", "at_once", "in_a_row", "tests", "policy", "root_folder",
                        "supervisor", "spec", "messages"):
            self.assertTrue(report[section], section)

    def test_overshoot(self):
        """Goal: programs that are stopped at their limit are measured. Method: 20 ms, once."""
        self.run_part("overshoot")

    def test_policy(self):
        """Goal: every policy is compiled and loaded. Method: one round."""
        if (BUILD / "bench/bench_policy").exists():
            self.run_part("policy")

    def test_judge(self):
        """Goal: judging is measured beside a shell loop. Method: two tests, one run."""
        if shutil.which("g++") is None:
            self.skipTest("needs g++")
        self.run_part("judge")


if __name__ == "__main__":
    main()
