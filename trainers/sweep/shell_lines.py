"""What is left of a sweep as lines for a shell, which any queue can run."""

import shlex
import sys


def lines_of(tasks):
    """Returns the lines of what can be done now, and the tasks that have to wait.

    The lines need nothing of each other, so they can be run at the same time and in
    any order, in the current folder. What needs a run follows it on its line.

    Args:
        tasks: list of tasks; see `trainers.sweep.tasks`.

    Returns:
        Tuple: list of strings, and list of the tasks that need more than one line.
    """
    left = [task for task in tasks if not task.is_done()]
    chains, later = {}, []
    for task in left:
        needs = [need for need in task.needs if need in left]
        if not needs:
            chains[task] = [task]
        elif len(needs) == 1 and needs[0] in chains:
            chains[needs[0]].append(task)
        else:
            later.append(task)
    return [" && ".join(map(_command, chain)) for chain in chains.values()], later


def _command(task):
    return shlex.join([sys.executable, *task.arguments])
