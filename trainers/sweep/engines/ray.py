"""Does tasks side by side on the machines of a Ray cluster."""

import collections
import os

from trainers.errors import UsageError
from trainers.sweep.engines.node import Share, driver_environment
from trainers.sweep.engines.scheduler import Scheduler

# A run that takes its machines down with it is given up.
MOST_LOSSES = 3


class Ray(Scheduler):
    """Does each task in a process on some machine of a cluster.

    What is lost with its machine is done again on another, from its last checkpoint,
    since all work in one folder. Machines may come and go.

    Args:
        cluster: a `trainers.sweep.engines.ray_cluster.RayCluster`. For the rest see
            `Engine`.
    """

    def __init__(self, tasks, cluster, log_folder, on_change=lambda engine: None):
        super().__init__(tasks, cluster.slots(), log_folder, on_change)
        self._cluster = cluster
        self._losses = collections.Counter()

    def close(self):
        """Leaves the cluster."""
        self._cluster.close()

    def _look_around(self):
        self.slots = self._cluster.slots()

    def _process_ended(self, task, process, seconds):
        if process.lost is None and process.why is None:
            super()._process_ended(task, process, seconds)
            return
        if process.lost is None:
            self._ended(task, process.why, seconds)
            return
        self._cluster.distrust(process.place)
        self.num_lost += 1
        self._losses[task] += 1
        # It waits again, unless it came to its end unseen.
        if task.is_done():
            self._ended(task, None, seconds)
        elif self._losses[task] == MOST_LOSSES:
            why = f"lost with its machine {MOST_LOSSES} times ({process.lost})"
            self._ended(task, why, seconds)


def engine(options, tasks, log_folder, on_change):
    """Returns the engine of a sweep on the cluster at `--address`."""
    try:
        from trainers.sweep.engines import ray_cluster
    except ModuleNotFoundError as error:
        raise UsageError(
            f"--engine=ray needs {error.name}, which is not installed: pip install "
            '"keras-mixup[ray]"'
        ) from error
    ray_cluster.connect(options.address)
    share = Share(
        num_cores=options.cores_per_run,
        num_gpus=options.gpus_per_run,
        folder=os.getcwd(),
        environment=driver_environment(),
    )
    cluster = ray_cluster.RayCluster(share, options.workdir)
    try:
        cluster.check()
        return Ray(tasks, cluster, log_folder, on_change)
    except BaseException:
        cluster.close()
        raise
