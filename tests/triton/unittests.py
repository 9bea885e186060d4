#!/usr/bin/env python3
"""Runs a unittest file of Triton's qa, or tests of it, and appends a line for each to the file named by RESULTS.

    unittests.py FILE [Class[.test]]...

A line is "pass|fail|skip TAB name TAB reason". Names in NOT_APPLICABLE (a file of "suite test reason" lines) are not run.
"""
import os
import runpy
import sys
import unittest


def reasons():
    """By test, why it does not apply."""
    found = {}
    for line in open(os.environ["NOT_APPLICABLE"]):
        parts = line.strip().split(None, 2)
        if len(parts) == 3 and parts[0] == os.environ["SUITE"]:
            found[parts[1]] = parts[2]
    return found


LABEL = " ".join(os.environ[name] for name in ("BATCHER_TYPE", "CLIENT_TYPE", "TEST_LABEL") if os.environ.get(name))


class Result(unittest.TextTestResult):
    """One line for each test, whatever its subtests are."""

    def startTest(self, test):
        self.outcome = ("pass", "")
        with open(os.environ["RESULTS"] + ".running", "w") as running:
            running.write(self._name(test))
        super().startTest(test)

    def stopTest(self, test):
        super().stopTest(test)
        outcome, reason = self.outcome
        with open(os.environ["RESULTS"], "a") as results:
            results.write(f"{outcome}\t{self._name(test)}\t{' '.join(str(reason).split())[:300]}\n")

    def addError(self, test, err):
        super().addError(test, err)
        self.outcome = ("fail", f"{err[0].__name__}: {err[1]}")

    def addFailure(self, test, err):
        super().addFailure(test, err)
        self.outcome = ("fail", f"{err[0].__name__}: {err[1]}")

    def addSkip(self, test, reason):
        super().addSkip(test, reason)
        self.outcome = ("skip", reason)

    def addSubTest(self, test, subtest, err):
        super().addSubTest(test, subtest, err)
        if err is not None:
            self.outcome = ("fail", f"{err[0].__name__}: {err[1]}")

    @staticmethod
    def _name(test):
        return ".".join(test.id().split(".")[-2:]) + (f" ({LABEL})" if LABEL else "")


class Runner(unittest.TextTestRunner):
    resultclass = Result

    def run(self, test):
        left_out = reasons()

        def mark(suite):
            for one in suite:
                if isinstance(one, unittest.TestSuite):
                    mark(one)
                    continue
                method = one.id().split(".")[-1]
                why = left_out.get(method, left_out.get(type(one).__name__))
                if why:
                    one.setUp = lambda: None
                    setattr(one, method, lambda why=why, one=one: one.skipTest(why))

        mark(test)
        return super().run(test)


unittest.TextTestRunner = unittest.runner.TextTestRunner = Runner
unittest.main.__init__.__globals__["runner"].TextTestRunner = Runner
path = sys.argv[1]
sys.argv = [path, *sys.argv[2:]]
sys.path.insert(0, os.path.dirname(os.path.abspath(path)))
runpy.run_path(path, run_name="__main__")
