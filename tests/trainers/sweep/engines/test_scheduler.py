import io
import os
import time

import pytest

from trainers.sweep.engines import scheduler as scheduling
from trainers.sweep.engines.local import Slot
from trainers.sweep.engines.scheduler import Scheduler
from trainers.sweep.progress import ProgressLine, describe, seconds_left

SLOTS = [Slot(0, ()), Slot(1, ())]


class Task:
    """Writes a file, after what `code` does."""

    size = 1

    def __init__(self, folder, name, code="", needs=(), writes=True):
        self.name, self.kind, self.needs = name, name.rstrip("0123456789"), needs
        self.path = folder / f"{name}.done"
        self.arguments = ["-c", f"{code}\nopen({str(self.path)!r}, 'w')"]
        if not writes:
            self.arguments = ["-c", code]

    def is_done(self):
        return os.path.exists(self.path)


def schedule(tasks, folder, slots=SLOTS, on_change=lambda scheduler: None):
    scheduler = Scheduler(tasks, slots, str(folder), on_change)
    scheduler.run()
    return scheduler


def test_tasks_run_side_by_side_but_no_more_than_there_are_slots(tmp_path):
    most = []
    # Each of a pair waits for the other: one after the other they would never end.
    wait = "import os, time\nwhile not os.path.exists({other!r}): time.sleep(0.01)\n"
    tasks = []
    for pair in range(2):
        for one in range(2):
            names = [f"pair{pair}_{one}", f"pair{pair}_{1 - one}"]
            mine, other = (str(tmp_path / f"{name}.up") for name in names)
            code = f"open({mine!r}, 'w')\n" + wait.format(other=other)
            tasks.append(Task(tmp_path, names[0], code))
    scheduler = schedule(
        tasks, tmp_path, on_change=lambda s: most.append(len(s.running))
    )
    assert max(most) == 2
    assert set(scheduler.done) == set(tasks)
    assert not scheduler.failed


def test_what_is_done_is_not_repeated(tmp_path):
    task = Task(tmp_path, "one")
    task.path.write_text("before")
    assert schedule([task], tmp_path).done == [task]
    assert task.path.read_text() == "before"


def test_a_failure_stops_only_what_needs_it(tmp_path):
    bad = Task(tmp_path, "bad", "import sys; print('why'); sys.exit('error: because')")
    killed = Task(tmp_path, "killed", "import os; os.kill(os.getpid(), 9)")
    empty = Task(tmp_path, "empty", writes=False)
    silent = Task(tmp_path, "silent", "import os; os._exit(3)")
    after = Task(tmp_path, "after", needs=(bad,))
    later = Task(tmp_path, "later", needs=(after,))
    good = Task(tmp_path, "good")
    tasks = [bad, killed, empty, silent, after, later, good]
    scheduler = schedule(tasks, tmp_path)
    assert scheduler.done == [good]
    assert {task.name: why for task, why in scheduler.failed.items()} == {
        "bad": "exit code 1: because",
        "killed": f"killed by SIGKILL; see {tmp_path}/killed.log",
        "empty": f"left no result; see {tmp_path}/empty.log",
        "silent": "exit code 3: nothing was printed",
        "after": "needs bad",
        "later": "needs after",
    }
    assert (tmp_path / "bad.log").read_text() == "why\nerror: because\n"


def test_needs_come_first(tmp_path):
    first = Task(tmp_path, "first", "import time; time.sleep(0.2)")
    code = f"import os; assert os.path.exists({str(first.path)!r})"
    second = Task(tmp_path, "second", code, needs=(first,))
    assert schedule([first, second], tmp_path).done == [first, second]


def test_nothing_is_left_running_after_ctrl_c(tmp_path, monkeypatch):
    stubborn = "import signal; signal.signal(signal.SIGINT, signal.SIG_IGN)\n"
    sleep = "import time; open({path!r}, 'w'); time.sleep(60)"
    tasks = [
        Task(tmp_path, name, start + sleep.format(path=str(tmp_path / f"{name}.up")))
        for name, start in (("polite", ""), ("stubborn", stubborn))
    ]
    scheduler = Scheduler(tasks, SLOTS, str(tmp_path))
    processes = []

    def interrupt(_):
        if len(scheduler.running) == 2:
            processes.extend(p for _, p, *_ in scheduler._processes.values())
            while not all((tmp_path / f"{t.name}.up").exists() for t in tasks):
                time.sleep(0.01)
            raise KeyboardInterrupt

    scheduler._on_change = interrupt
    monkeypatch.setattr(scheduling, "PATIENCE_SECONDS", 0.5)
    with pytest.raises(KeyboardInterrupt):
        scheduler.run()
    # Python ends by the signal itself after Ctrl-C.
    assert sorted(p.returncode for p in processes) == [-9, -2]


def test_a_second_ctrl_c_leaves_nothing_running_either(tmp_path, monkeypatch):
    code = "import signal, time; signal.signal(signal.SIGINT, signal.SIG_IGN)\n"
    up = tmp_path / "stubborn.up"
    task = Task(tmp_path, "stubborn", f"{code}open({str(up)!r}, 'w'); time.sleep(60)")
    scheduler = Scheduler([task], SLOTS, str(tmp_path))
    processes = []

    def interrupt(_):
        if scheduler.running:
            processes.extend(p for _, p, *_ in scheduler._processes.values())
            while not up.exists():
                time.sleep(0.01)
            monkeypatch.setattr(processes[0], "wait", interrupted)
            raise KeyboardInterrupt

    def interrupted(timeout=None):
        monkeypatch.undo()
        raise KeyboardInterrupt

    scheduler._on_change = interrupt
    with pytest.raises(KeyboardInterrupt):
        scheduler.run()
    assert [process.returncode for process in processes] == [-9]


def test_a_narrow_terminal_gets_one_line(tmp_path, monkeypatch):
    monkeypatch.setenv("COLUMNS", "20")
    terminal = Terminal()
    tasks = [Task(tmp_path, "a_task_of_a_very_long_name")]
    schedule(tasks, tmp_path, SLOTS[:1], ProgressLine(terminal))
    shown = terminal.getvalue().removesuffix("\n").split("\r\x1b[K")
    assert max(map(len, shown)) == 19


def test_time_left(tmp_path):
    tasks = [Task(tmp_path, f"{kind}{i}") for kind in "ab" for i in range(3)]
    for task in tasks[3:]:
        task.size = 10
    scheduler = Scheduler(tasks, SLOTS, str(tmp_path))
    assert seconds_left(scheduler) is None
    scheduler.seconds["a"] = [(1, 10.0), (1, 20.0)]
    scheduler.done = tasks[:2]
    # 15 of its own kind, 3 x 15 of a kind that is not known; two at a time.
    assert seconds_left(scheduler) == (15 + 3 * 15) / 2
    scheduler.seconds["b"] = [(5, 20.0)]
    assert seconds_left(scheduler) == (15 + 3 * 40) / 2
    scheduler.failed = {tasks[3]: "why"}
    scheduler.running = [tasks[4]]
    assert describe(scheduler) == ("2 of 6 done; 1 failed; 0:48 left; running b1")


class Terminal(io.StringIO):
    def isatty(self):
        return True


def test_one_line_on_a_terminal_and_a_line_a_task_elsewhere(tmp_path):
    shown = {}
    for number, kind in enumerate((io.StringIO, Terminal)):
        folder = tmp_path / str(number)
        folder.mkdir()
        shown[kind] = kind()
        tasks = [Task(folder, f"t{i}") for i in range(3)]
        schedule(tasks, folder, SLOTS[:1], ProgressLine(shown[kind]))
    lines = shown[io.StringIO].getvalue().splitlines()
    assert [line.split(";")[0] for line in lines] == [
        f"{i} of 3 done" for i in range(4)
    ]
    text = shown[Terminal].getvalue()
    assert text.count("\n") == 1
    assert text.endswith("\r\x1b[K3 of 3 done\n")
