"""The Chef cookbook `locking_resource`, as ZooKeeper sees it.

The same operations in the same order, its races included, from a client library
that shares no code with ours. One line of JSON in, one line of JSON out.
"""

import contextlib
import json
import logging
import os
import random
import sys
import threading
import time

from kazoo.client import KazooClient
from kazoo.exceptions import KazooException, NoNodeError

# a session of the cookbook's ends with each operation: nothing is lost by it
logging.getLogger("kazoo").setLevel(logging.CRITICAL)


class ChefFailure(Exception):
    """The Chef run ends with an error; its next run tries again."""


class CookbookRace(ChefFailure):
    """Somebody took the lock between its two looks, and it fails on a nil."""


class NotOurs(ChefFailure):
    """A release of what has other data."""


class Node:
    """One Chef node and its lock: `data` is its fqdn."""

    def __init__(self, servers, path, data, sleep_time=0.25, keep_session=False):
        self.servers = servers
        self.path = path
        self.data = data.encode()
        self.sleep_time = sleep_time
        self.kept = self.connect() if keep_session else None

    def connect(self):
        zk = KazooClient(hosts=self.servers, timeout=10)
        zk.start(timeout=10)
        return zk

    @contextlib.contextmanager
    def session(self):
        """The cookbook has one for each operation."""
        if self.kept:
            yield self.kept
            return
        zk = self.connect()
        try:
            yield zk
        finally:
            zk.stop()
            zk.close()

    def data_at(self, path):
        """None if nothing is there, and also for null data."""
        with self.session() as zk:
            try:
                return zk.get(path)[0]
            except KazooException:
                return None

    def matches(self):
        return self.data_at(self.path) == self.data

    def create(self):
        if self.data_at(self.path) is None:
            parts = self.path.split("/")
            paths = ["/".join(parts[: i + 1]) for i in range(1, len(parts))]
            missing = [path for path in paths if self.data_at(path) is None]
            if not missing:
                raise CookbookRace("the lock came between two looks")
            with self.session() as zk:
                for parent in missing[:-1]:
                    try:
                        zk.create(parent, b"")
                    except KazooException as error:
                        raise ChefFailure("failed to create " + parent) from error
        with self.session() as zk:
            try:
                zk.create(self.path, self.data)
                return True
            except KazooException:
                return False

    def acquire(self, timeout):
        got = self.matches()  # a stale one of its own
        end = time.monotonic() + timeout
        while not got and time.monotonic() <= end:
            got = self.create()
            time.sleep(self.sleep_time)  # also after success
        return got

    def release(self):
        with self.session() as zk:
            if not self.matches():
                raise NotOurs("node does not contain expected data")
            try:
                zk.delete(self.path)
                return True
            except NoNodeError:
                return False

    def serialize(self, timeout, act):
        """`:serialize`: an act that raises leaves the lock."""
        if not self.acquire(timeout):
            return "notGot"
        act()
        try:
            self.release()
        except NotOurs:
            return "lost"  # the cookbook warns
        return "acted"

    def serialize_process(self, down):
        """`:serialize_process`: it never takes the lock, whatever its readme says."""
        self.matches()
        acted = "acted" if down else "nothing"
        try:
            self.release()
        except NotOurs:
            pass
        return acted


class Died(Exception):
    """A host that goes down in the middle of its act."""


class Act:
    """Alone in here, or not: a file tells that no lock has a hand in."""

    def __init__(self, inside, dice):
        self.inside = inside
        self.dice = dice
        self.met = 0

    def __call__(self):
        try:
            os.close(os.open(self.inside, os.O_CREAT | os.O_EXCL))
        except FileExistsError:
            self.met += 1
            return
        time.sleep(self.dice.uniform(0, 0.002))
        os.unlink(self.inside)
        if self.dice.random() < 0.05:
            raise Died()


class Storm:
    """Nodes that run again and again; each outcome is counted."""

    def __init__(self, nodes, inside, runs, seed):
        self.counts = {"met": 0}
        self.lock = threading.Lock()
        self.threads = [
            threading.Thread(
                target=self.run, args=(node, inside, runs, seed * 100 + i), daemon=True
            )
            for i, node in enumerate(nodes)
        ]

    def count(self, outcome, by=1):
        with self.lock:
            self.counts[outcome] = self.counts.get(outcome, 0) + by

    def run(self, node, inside, runs, seed):
        dice = random.Random(seed)
        act = Act(inside, dice)
        done = 0
        while done < runs:
            try:
                outcome = node.serialize(60, act)
            except Died:
                outcome = "died"
            except CookbookRace:
                outcome = "raced"
            except Exception as error:  # told, not hidden: the test expects none
                outcome = repr(error)
                done = runs
            self.count(outcome)
            done += outcome in ("acted", "died")
            time.sleep(dice.uniform(0, 0.004))
        while act.met == 0 and node.matches():  # what its last run left
            outcome = node.serialize(60, lambda: None)
            self.count(outcome)
        self.count("met", act.met)

    def result(self):
        for thread in self.threads:
            thread.start()
        for thread in self.threads:
            thread.join()
        return self.counts


class Fleet:
    def __init__(self):
        self.nodes = {}

    def node(self, name, **settings):
        self.nodes[name] = Node(**settings)

    def acquire(self, name, timeout):
        return self.nodes[name].acquire(timeout)

    def release(self, name):
        return self.nodes[name].release()

    def serialize_process(self, name, down):
        return self.nodes[name].serialize_process(down)

    def storm(self, names, inside, runs, seed):
        nodes = [self.nodes[name] for name in names]
        return Storm(nodes, inside, runs, seed).result()


def main():
    fleet = Fleet()
    for line in sys.stdin:
        command, words = json.loads(line)
        try:
            answer = {"value": getattr(fleet, command)(**words)}
        except Exception as error:
            answer = {"error": type(error).__name__, "why": str(error)}
        print(json.dumps(answer), flush=True)
    os._exit(0)  # sessions that are kept may still be open


if __name__ == "__main__":
    main()
