"""What a batch costs, against the usual tf.data chain.

`python -m trainers.benchmark.data_pipeline --help`
"""

import dataclasses
import sys

from trainers import backend, files
from trainers.command_line import one_line, run_command
from trainers.errors import UsageError
from trainers.option_checks import check_fields, check_output
from trainers.options import option

USAGE = """
Times the pipeline of keras_mixup.data.plan against from_tensor_slices, shuffle, map and
batch on the same decoded arrays, with the same crops, flips and standardisation; and
keras_mixup.data.mix, with two and four points, against keras.layers.MixUp on the same
random images of 32x32x3.

  python -m trainers.benchmark.data_pipeline
  python -m trainers.benchmark.data_pipeline --dataset=cifar10 --data_dir=...

A round reads from each pipeline in turn, so that other load on the machine hits both
alike; a ratio is taken within a round. Printed are the median and the quartiles
over the rounds.
"""

RATIOS = (
    ("pipeline", "usual chain", 0.5),
    ("unaugmented", "usual unaugmented", 0.5),
)


@dataclasses.dataclass(frozen=True)
class PipelineBenchmark:
    """What is read, and how often."""

    dataset: str = option(
        "random",
        "as in trainers.run, or random: 50,000 random images of 32x32x3",
        "What",
    )
    data_dir: str | None = option(None, "where TFDS keeps it", "What", none="default")
    batch_size: int = option(128, "examples in a batch", "What", low=1)
    mix_batch_size: int = option(256, "images in a mixed batch", "What", low=1)
    rounds: int = option(10, "rounds that count, after one that does not", "How", low=1)
    batches_per_round: int = option(80, "batches in a row", "How", low=1)
    output: str = option(
        "benchmark_pipeline.json", "where the figures are written", "How"
    )

    def __post_init__(self):
        check_fields(self)
        check_output("output", self.output)


def benchmark_pipeline(options):
    """Times both pipelines, prints the table, writes the file, returns its contents."""
    backend.start("tensorflow")
    from trainers.benchmark import mixing_maps
    from trainers.benchmark.timing import compare, table
    from trainers.run import versions

    source = _source(options)
    ratios = compare(_contestants(source, options), RATIOS, options.rounds)
    # By themselves: pipelines that read ahead would take their time.
    maps = mixing_maps.datasets(options.mix_batch_size)
    ratios += compare(_readers(maps, options), mixing_maps.RATIOS, options.rounds)
    print(table(ratios))
    print(
        f"\n{source.num_train} training examples, batch {options.batch_size}; mixed "
        f"batches of {options.mix_batch_size}."
    )
    results = {
        "options": dataclasses.asdict(options),
        "versions": versions.versions(),
        "ratios": ratios,
    }
    files.write_json(options.output, results)
    print(f"Written to {options.output}.")
    return results


def _source(options):
    import numpy as np

    from keras_mixup import data

    if options.dataset != "random":
        try:
            return data.load(options.dataset, data_dir=options.data_dir)
        except ValueError as error:
            raise UsageError(one_line(error)) from error
    x = np.random.RandomState(0).randint(0, 256, (50_000, 32, 32, 3)).astype("uint8")
    train = x, np.arange(len(x)) % 10
    few = x[:10], np.arange(10)
    return data.Source("random", train, few, few, mirrored=True)


def _contestants(source, options):
    """Functions that read a round's batches, by name."""
    from keras_mixup import data

    datasets = {}
    for augmentation, name, usual in (
        ("auto", "pipeline", "usual chain"),
        ("none", "unaugmented", "usual unaugmented"),
    ):
        plan = data.plan(source, None, options.batch_size, augmentation=augmentation)
        datasets[name] = plan.dataset()
        datasets[usual] = _usual(source, options.batch_size, augmentation)
    return _readers(datasets, options)


def _readers(datasets, options):
    def reader(dataset):
        iterator = iter(dataset)

        def read():
            for _ in range(options.batches_per_round):
                next(iterator)

        return read

    return {name: reader(dataset) for name, dataset in datasets.items()}


def _usual(source, batch_size, augmentation):
    """The chain that everybody writes, with what the other one does to an example."""
    import tensorflow as tf

    from keras_mixup.data import augmentation as augmentation_lib

    augment = augmentation_lib.resolve(
        augmentation, source.input_shape, source.mirrored, None
    )
    mean, scale = source.mean_and_scale_of_values

    def prepare(x, y):
        if augment is not None:
            pad = [[augment.max_shift] * 2] * 2 + [[0, 0]]
            x = tf.pad(x, pad, mode="REFLECT")
            x = tf.image.random_crop(x, source.input_shape)
            x = tf.image.random_flip_left_right(x) if augment.flip else x
        return tf.cast((tf.cast(x, mean.dtype) - mean) * scale, "float32"), y

    return (
        tf.data.Dataset.from_tensor_slices(tuple(source.train))
        .shuffle(source.num_train)
        .repeat()
        .map(prepare, num_parallel_calls=tf.data.AUTOTUNE)
        .batch(batch_size)
        # As many as the other's: what is read ahead between turns is free.
        .prefetch(4)
    )


def main(argv=None):
    """Runs the command line and returns the exit code."""
    argv = sys.argv if argv is None else argv
    return run_command(benchmark_pipeline, PipelineBenchmark, USAGE, argv)


if __name__ == "__main__":
    sys.exit(main())
