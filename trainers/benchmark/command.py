"""What a step costs, against plain Keras: `python -m trainers.benchmark --help`."""

import dataclasses
import logging
import sys

from trainers import backend, files
from trainers.backend import BACKENDS, default_backend
from trainers.command_line import run_command
from trainers.option_checks import check_fields, check_output
from trainers.options import option
from trainers.run.experiment_checks import check_architecture

USAGE = """
Times training steps and nonlinearity() against plain Keras, on one fixed batch.

  python -m trainers.benchmark
  python -m trainers.benchmark --architecture=wide_resnet_28_2 --rounds=40

A round runs each contestant in turn, so that other load on the machine hits all of
them alike; a ratio is taken within a round. Printed are the median and the
quartiles over the rounds.
"""


@dataclasses.dataclass(frozen=True)
class Benchmark:
    """What is timed, and how often.

    Example:

    ```python
    from trainers.benchmark.command import Benchmark, benchmark

    benchmark(Benchmark(architecture="mlp_8", image_size=8, rounds=3))
    ```
    """

    architecture: str = option(
        "wide_resnet_10_1", "see python -m trainers.run --help", "What"
    )
    image_size: int = option(32, "height and width of the images", "What", low=1)
    batch_size: int = option(
        64, "examples in a step; ICT has as many unlabelled ones", "What", low=4
    )
    num_examples: int = option(
        1024, "examples for nonlinearity() and predict()", "What", low=4
    )
    jit_compile: str = option(
        "auto", "compile the steps with XLA", "What", choices=("auto", "true", "false")
    )
    dropout: float = option(0.0, "dropout rate", "What", low=0, below=1)
    batch_norm_momentum: float = option(0.99, "of the networks", "What", low=0, below=1)
    negative_slope: float = option(0.0, "of the networks' activations", "What")
    backend: str = option(default_backend, "Keras backend", "What", choices=BACKENDS)
    rounds: int = option(20, "rounds that count, after one that does not", "How", low=1)
    steps_per_round: int = option(5, "steps in a row in a round", "How", low=1)
    output: str = option("benchmark.json", "where the figures are written", "How")

    def __post_init__(self):
        check_fields(self)
        check_architecture(self.architecture, self.backend)
        check_output("output", self.output)


def benchmark(options):
    """Times everything, prints the table, writes the file and returns its contents."""
    backend.start(options.backend)
    # Each contestant compiles a step of its own, of which TensorFlow would warn.
    logging.getLogger("tensorflow").setLevel(logging.ERROR)
    from trainers.benchmark import contestants
    from trainers.benchmark.timing import compare, table
    from trainers.run import versions

    ratios = [
        *compare(contestants.steps(options), contestants.STEP_RATIOS, options.rounds),
        *compare(
            contestants.measurements(options),
            contestants.MEASUREMENT_RATIOS,
            options.rounds,
        ),
    ]
    results = {
        "options": dataclasses.asdict(options),
        "versions": versions.versions(),
        "ratios": ratios,
    }
    print(table(ratios))
    print(f"\n{_describe(options, results['versions'])}")
    files.write_json(options.output, results)
    print(f"Written to {options.output}.")
    return results


def _describe(options, versions):
    shape = f"{options.image_size}x{options.image_size}x3"
    return (
        f"{options.architecture} on {shape}, batch {options.batch_size}, "
        f"jit_compile={options.jit_compile}; {versions['backend']} on "
        f"{', '.join(versions['devices'])}, {versions['cpu_threads']} CPU threads, "
        f"Keras {versions['packages']['keras']}"
    )


def main(argv=None):
    """Runs the command line and returns the exit code."""
    argv = sys.argv if argv is None else argv
    return run_command(benchmark, Benchmark, USAGE, argv)
