"""What every test shares: virtual devices, backend marks, the optional data."""

import functools
import gc
import os
from pathlib import Path

# Virtual devices have to be asked for before a backend starts.
os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "2")
os.environ.setdefault("CUDA_VISIBLE_DEVICES", "-1")
os.environ.setdefault("JAX_PLATFORMS", "cpu")
# Most of a test is compiling, which takes 1.6 times as long with optimisation.
os.environ.setdefault(
    "XLA_FLAGS",
    "--xla_force_host_platform_device_count=4 --xla_backend_optimization_level=0",
)
# Several processes test at once, on arrays too small to share among threads.
os.environ.setdefault("TF_NUM_INTRAOP_THREADS", "1")
# The same few functions are compiled again and again, in every checkout.
os.environ.setdefault(
    "JAX_COMPILATION_CACHE_DIR",
    os.path.join(
        os.environ.get("XDG_CACHE_HOME") or Path("~/.cache").expanduser(),
        "keras_mixup_tests",
        "jax",
    ),
)
os.environ.setdefault("JAX_PERSISTENT_CACHE_MIN_COMPILE_TIME_SECS", "0")
os.environ.setdefault("JAX_PERSISTENT_CACHE_MIN_ENTRY_SIZE_BYTES", "-1")

import keras
import numpy as np
import pytest

BACKENDS = ("tensorflow", "jax", "torch")
BACKEND = keras.config.backend()

if BACKEND == "tensorflow":
    import tensorflow as tf

    tf.config.set_logical_device_configuration(
        tf.config.list_physical_devices("CPU")[0],
        [tf.config.LogicalDeviceConfiguration()] * 2,
    )
    # Each graph runs a few times, on small arrays: less than optimising it takes.
    tf.config.optimizer.set_experimental_options({"disable_meta_optimizer": True})

if BACKEND == "torch":
    import torch

    torch.set_num_threads(1)


def pytest_configure(config):
    for name in BACKENDS:
        config.addinivalue_line("markers", f"{name}: runs on this backend alone")
        # JAX keeps what it compiled from one run of the tests to the next. TensorFlow
        # compiles for seconds in each, so there `slow` takes most of what is the same
        # on every backend.
        config.addinivalue_line("markers", f"slow_on_{name}: slow on this backend")
    config.addinivalue_line("markers", "every_model: of the battery, for every model")
    config.addinivalue_line("markers", "compiled: needs a step that Keras compiles")
    # JAX compiles again where an entry of its cache was never finished.
    ignored = "ignore:Error reading persistent compilation cache entry:UserWarning"
    config.addinivalue_line("filterwarnings", ignored)


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(items):
    for item in items:
        for name in BACKENDS:
            if item.get_closest_marker(name) and name != BACKEND:
                item.add_marker(pytest.mark.skip(reason=f"needs the {name} backend"))
        if BACKEND == "torch" and _compiles(item):
            item.add_marker(pytest.mark.skip(reason="no step is compiled on PyTorch"))
        if item.get_closest_marker(f"slow_on_{BACKEND}"):
            item.add_marker(pytest.mark.slow)


def _compiles(item):
    """Whether a test needs XLA, or several steps in one, by its mark or parameters."""
    given = getattr(getattr(item, "callspec", None), "params", {})
    options = [given, *(value for value in given.values() if isinstance(value, dict))]
    return item.get_closest_marker("compiled") or any(
        o.get("jit_compile") is True or o.get("steps_per_execution", 1) != 1
        for o in options
    )


def pytest_collection_finish():
    """Keeps the modules, most of what there is, out of the garbage collections."""
    gc.collect()
    gc.freeze()


@pytest.fixture(autouse=True)
def _fresh_state():
    """Gives every test the same global seed, policy and names."""
    # A collection of garbage after each test took longer than the tests themselves.
    keras.utils.clear_session(free_memory=False)
    keras.utils.set_random_seed(0)
    yield
    keras.config.set_dtype_policy("float32")


@pytest.fixture
def gradient():
    """A function from a scalar function and an array to the derivative there."""

    def gradient(function, x, compiled=lambda of: of):
        of = compiled(functools.partial(_GRADIENTS[BACKEND], function))
        return np.asarray(of(keras.ops.convert_to_tensor(x)))

    return gradient


def _gradient_on_jax(function, x):
    import jax

    return jax.grad(function)(x)


def _gradient_on_tensorflow(function, x):
    with tf.GradientTape() as tape:
        tape.watch(x)
        value = function(x)
    return tape.gradient(value, x)


def _gradient_on_torch(function, x):
    x = x.detach().requires_grad_()
    return torch.autograd.grad(function(x), x)[0]


_GRADIENTS = {
    "jax": _gradient_on_jax,
    "tensorflow": _gradient_on_tensorflow,
    "torch": _gradient_on_torch,
}


@pytest.fixture
def shared_dir():
    """The folder of shared data beside the checkout, where there is one."""
    path = Path(__file__).resolve().parents[2] / "shared"
    if not path.is_dir():
        pytest.skip("no shared data beside the checkout")
    return path
