"""What a run ran on."""

import os
import platform
import sys

import keras

import keras_mixup
from trainers import files
from trainers.run.packages import installed_packages


def record(path):
    """Writes the versions to a file; says so where those of a resumed run differ."""
    now = versions()
    before = files.read_json(path)
    if before is not None and before != now:
        names = [name for name in now if before.get(name) != now[name]]
        print(
            f"warning: this run began with another {', '.join(names)} (see {path}); "
            "its numbers may differ from those of a run that was never stopped.",
            file=sys.stderr,
            flush=True,
        )
        return
    files.write_json(path, now)


def versions():
    """Returns the versions of what decides a run's numbers."""
    return {
        "python": platform.python_version(),
        "platform": platform.platform(),
        "backend": keras.config.backend(),
        "devices": _devices(),
        "cpu_threads": _threads(),
        "packages": {
            "keras-mixup": keras_mixup.__version__,
            **installed_packages(),
        },
    }


def _threads():
    """How many cores this process may use."""
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count()


def _devices():
    if keras.config.backend() == "jax":
        import jax

        return [f"{device.platform}: {device.device_kind}" for device in jax.devices()]
    if keras.config.backend() == "torch":
        import torch

        gpus = range(torch.cuda.device_count())
        return [f"gpu: {torch.cuda.get_device_name(gpu)}" for gpu in gpus] or ["cpu"]
    import tensorflow as tf

    gpus = tf.config.list_physical_devices("GPU")
    details = [tf.config.experimental.get_device_details(gpu) for gpu in gpus]
    return [f"gpu: {detail.get('device_name', '')}" for detail in details] or ["cpu"]
