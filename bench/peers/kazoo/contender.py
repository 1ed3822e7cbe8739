"""kazoo's locks under the commands of bench/peers/party.ts: one line in, one line out.

All contenders of a process share one client; each is a thread with a lock of its own.
"""

import gc
import os
import sys
import threading
import time

from kazoo.client import KazooClient


def now():
    """Microseconds of a clock that all processes of this machine share."""
    return time.monotonic_ns() // 1000


class Contender:
    def __init__(self, servers):
        self.client = KazooClient(hosts=servers, timeout=15)
        self.client.start(timeout=15)
        self.threads = []
        self.turns = []
        self.stopped = False
        self.failure = None
        self.held = None

    def grip(self, kind, path, limit):
        if kind == "Lock":
            return self.client.Lock(path)
        if kind == "Semaphore":
            return self.client.Semaphore(path, max_leases=int(limit))
        raise ValueError("unknown lock " + kind)

    def hold(self, kind, path, limit):
        self.held = self.grip(kind, path, limit)
        self.held.acquire()
        return str(now())

    def unhold(self):
        released = now()
        self.held.release()
        return str(released)

    def contend(self, kind, path, limit, contenders, hold_millis):
        """Starts contenders that take the lock, hold it and queue again until stopped."""
        self.stopped = False
        self.turns = []
        self.threads = [
            threading.Thread(
                target=self.take_turns,
                args=(self.grip(kind, path, limit), int(hold_millis) / 1000),
                daemon=True,
            )
            for _ in range(int(contenders))
        ]
        for thread in self.threads:
            thread.start()
        return ""

    def take_turns(self, grip, hold):
        try:
            while True:
                grip.acquire()
                acquired = now()
                if hold > 0 and not self.stopped:
                    time.sleep(hold)
                self.turns.append("%d,%d" % (acquired, now()))
                grip.release()
                if self.stopped:
                    return
        except Exception as error:
            self.failure = error

    def stop(self):
        """Nobody queues again; who waits has its turn and goes."""
        self.stopped = True
        for thread in self.threads:
            thread.join()
        if self.failure:
            raise self.failure
        return " ".join(self.turns)

    def spin(self, kind, path, limit, millis):
        grip = self.grip(kind, path, limit)
        grip.acquire()
        grip.release()
        begin = now()
        count = 0
        while now() - begin < int(millis) * 1000:
            grip.acquire()
            grip.release()
            count += 1
        return "%d %d" % (count, now() - begin)

    def now(self):
        return str(now())

    def collect(self):
        gc.collect()
        return ""


COMMANDS = {"hold", "unhold", "contend", "now", "stop", "spin", "collect"}


def main():
    contender = None
    for line in sys.stdin:
        command, *words = line.split()
        try:
            if command == "connect":
                contender = Contender(*words)
                answer = ""
            elif command in COMMANDS:
                answer = getattr(contender, command)(*words)
            else:
                raise ValueError("unknown command " + command)
            print("ok " + answer, flush=True)
        except Exception as error:
            print("error " + repr(error).replace("\n", " "), flush=True)
    os._exit(0)  # threads may still wait for a lock


if __name__ == "__main__":
    main()
