"""The sandbox's processes: one pool for each process of ours, none left behind."""

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

from apps.language.code import run
from apps.language.code.pool import POOL

CHILDREN = """
import os, sys, time
from apps.language.code import run
print(run("1 + 1", {}).output, flush=True)
{then}
"""


def children_of(pid):
    found = Path(f"/proc/{pid}/task/{pid}/children")
    return [int(each) for each in found.read_text().split()]


def alive(pid):
    try:
        state = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]
    except OSError:
        return False
    return state != "Z"


def gone(pids, seconds=5):
    until = time.monotonic() + seconds
    while time.monotonic() < until:
        if not any(alive(pid) for pid in pids):
            return True
        time.sleep(0.02)
    return False


def begun(then):
    program = CHILDREN.replace("{then}", then)
    process = subprocess.Popen([sys.executable, "-c", program], stdout=subprocess.PIPE, text=True)
    assert process.stdout.readline() == "2\n"
    return process


def test_a_process_that_is_killed_leaves_no_orphan():
    process = begun("time.sleep(60)")
    workers = children_of(process.pid)
    assert workers

    process.send_signal(signal.SIGKILL)
    process.wait()
    process.stdout.close()

    assert gone(workers)


def test_a_process_that_is_killed_in_the_midst_of_a_program_leaves_no_orphan():
    process = begun('run("while True: pass", {}, seconds=1)')
    workers = children_of(process.pid)
    assert workers

    process.send_signal(signal.SIGKILL)
    process.wait()
    process.stdout.close()

    assert gone(workers)


def test_a_process_that_ends_by_itself_ends_its_sandbox():
    process = begun("print(*[each for each in open(f'/proc/{os.getpid()}/task/{os.getpid()}/children')])")
    workers = [int(each) for each in process.stdout.readline().split()]
    assert workers

    process.wait(timeout=10)
    process.stdout.close()

    assert gone(workers)


def test_a_child_forked_before_the_first_program_opens_its_own_pool():
    program = """
import os
from apps.language.code import run
child = os.fork()
ok = run("3", {}).output == 3 and run("while True: pass", {}, seconds=0.2).code == "code_timeout"
ok = ok and run("4", {}).output == 4
if child == 0:
    os._exit(0 if ok else 1)
print(os.waitpid(child, 0)[1], ok, flush=True)
"""
    done = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, timeout=30, check=True
    )

    assert done.stdout == "0 True\n"


def test_a_child_forked_behind_a_program_refuses_at_once_and_leaves_its_parents_pool_alone():
    then = """
child = os.fork()
if child == 0:
    os._exit(0 if run("3", {}).code == "code_unavailable" else 1)
_, status = os.waitpid(child, 0)
print(status, run("5", {}).output, flush=True)
"""
    process = begun(then)

    assert process.stdout.readline() == "0 5\n"
    process.wait(timeout=10)
    process.stdout.close()


def test_a_worker_that_is_killed_from_outside_is_replaced():
    assert run("1", {}).output == 1
    killed = [pid for pid in children_of(os.getpid()) if "monty" in Path(f"/proc/{pid}/cmdline").read_text()]

    for pid in killed:
        os.kill(pid, signal.SIGKILL)
    outcomes = [run("2", {}) for _ in range(4)]

    assert outcomes[-1].output == 2


def test_a_closed_pool_is_opened_again_at_the_next_run():
    assert run("1", {}).output == 1

    POOL.close()

    assert run("2", {}).output == 2
