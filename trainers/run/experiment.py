"""Every option of a training run, in one frozen dataclass."""

import dataclasses
import os

from trainers.backend import BACKENDS, default_backend
from trainers.options import option
from trainers.run.experiment_checks import check
from trainers.run.method_options import MethodOptions


@dataclasses.dataclass(frozen=True)
class Experiment(MethodOptions):
    """One training run, described.

    Each field is a flag of `python -m trainers.run`;
    `trainers.run.training.train` runs the experiment. The values are checked
    when the object is made.

    Raises:
        UsageError: when an option, or a pair of them, makes no sense.

    Example:

    ```python
    from trainers.run.experiment import Experiment
    from trainers.run.training import train

    result = train(Experiment(dataset="digits", num_labels=50, steps=100))
    ```
    """

    dataset: str = option(
        "digits",
        "digits, iris, breast_cancer, wine, two_moons, ... (embedded), any image "
        "classification set of TensorFlow Datasets (cifar10, svhn_cropped, ...), "
        "openml:<name>, or the path of an .npz file or of a folder of images or of "
        ".npy files",
        "Data",
    )
    data_dir: str | None = option(
        None,
        "where TensorFlow Datasets keeps its files",
        "Data",
        none="default",
        identity=False,
    )
    image_size: int | None = option(
        None,
        "height and width to which the images of a folder are resized",
        "Data",
        low=1,
        none="as_they_are",
    )
    in_memory: str = option(
        "auto",
        "read a folder of images or .npy files into memory, or by index when a batch "
        "needs it; auto: into memory where it fits",
        "Data",
        choices=("auto", "true", "false"),
        identity=False,
    )
    skip_damaged: bool = option(
        False, "leave the damaged images of a folder out, and count them", "Data"
    )
    num_labels: int | None = option(
        None, "labelled training examples", "Data", low=1, none="all"
    )
    num_validation: int | None = option(
        None,
        "training examples set aside for validation",
        "Data",
        low=1,
        none="default",
    )
    unlabeled_includes_labeled: bool = option(
        True, "the labelled inputs are part of the unlabelled set too", "Data"
    )
    label_noise: float = option(
        0.0,
        "share of the training labels that are replaced by random ones",
        "Data",
        low=0,
        high=1,
    )
    standardize: str = option(
        "auto",
        "give the network inputs of mean 0 and standard deviation 1; auto: for all but "
        "the generated sets, whose coordinates are the point",
        "Data",
        choices=("auto", "true", "false"),
    )
    augmentation: str = option(
        "auto",
        "crop: pad and crop, a random shift; crop_flip: also mirror; auto: what suits "
        "the data set",
        "Data",
        choices=("auto", "none", "crop", "crop_flip"),
    )
    max_shift: int | None = option(
        None,
        "pixels by which a crop may move; none given: one for every 8 of the side",
        "Data",
        low=0,
        none="default",
    )

    architecture: str = option(
        "wide_resnet_10_1",
        "wide_resnet_DEPTH_WIDTH with DEPTH = 6n + 4, as wide_resnet_28_2, or the same "
        "with _group_norm after it, in place of batch normalisation, or _mixmatch or "
        "_mixupe, the blocks of the code of that paper; "
        "preact_resnet_18, _50 or _101; mlp_UNITS_UNITS..., as mlp_128_128 (which "
        "plain mlp stands for); linear; MODULE:FUNCTION, a function of your own of "
        "these options, the shape of an example and the number of classes that returns "
        "a keras.Model; or the path of a network that Keras saved, ending in .keras",
        "Network",
    )
    initial_weights: str = option(
        "keras",
        "as Keras draws them, or MODULE:FUNCTION leaves them; or, for mlp and linear, "
        "as PyTorch does: uniform within ± 1/sqrt(inputs of the layer), biases too; "
        "saved: those of the .keras file, which is trained further",
        "Network",
        choices=("keras", "pytorch", "saved"),
    )
    dropout: float = option(0.0, "dropout rate", "Network", low=0, below=1)
    batch_norm_momentum: float = option(
        0.99,
        "share of the old moving statistics that each step keeps",
        "Network",
        low=0,
        below=1,
    )
    negative_slope: float = option(
        0.0, "slope below 0 of a wide residual network's activations", "Network"
    )
    dtype_policy: str = option(
        "float32",
        "precision of the computation",
        "Network",
        choices=("float32", "mixed_float16", "mixed_bfloat16"),
    )

    label_smoothing: float = option(
        0.0,
        "share of each label that is spread over all classes",
        "Training",
        low=0,
        below=1,
    )
    steps: int = option(1500, "training steps", "Training", low=1)
    batch_size: int = option(50, "labelled examples in a step", "Training", low=1)
    unlabeled_batch_size: int | None = option(
        None,
        "unlabelled examples in a step, for the methods that take them",
        "Training",
        low=1,
        none="batch_size",
    )
    optimizer: str = option(
        "adam", "optimizer", "Training", choices=("adam", "sgd", "nesterov")
    )
    learning_rate: float = option(2e-3, "learning rate", "Training", above=0)
    learning_rate_schedule: str = option(
        "constant",
        "how the learning rate changes; cosine falls to 0",
        "Training",
        choices=("constant", "cosine"),
    )
    learning_rate_decay_steps: int | None = option(
        None, "steps in which cosine reaches 0", "Training", low=1, none="steps"
    )
    learning_rate_steps: tuple[int, ...] = option(
        (),
        "the numbers of steps done at which the learning rate is multiplied by "
        "--learning_rate_factor, by comma; none given: never",
        "Training",
        low=1,
    )
    learning_rate_factor: float = option(
        0.1,
        "factor on the learning rate at each of --learning_rate_steps",
        "Training",
        above=0,
    )
    warmup_steps: int = option(
        0,
        "steps over which the learning rate rises linearly, by the same amount a step, "
        "to what it would be without; 0: none",
        "Training",
        low=0,
    )
    momentum: float = option(
        0.9, "momentum of sgd and nesterov", "Training", low=0, below=1
    )
    weight_decay: float = option(
        0.0,
        "decoupled weight decay: each step takes learning_rate * weight_decay of the "
        "kernels away, whatever the gradient; biases and batch normalisation are "
        "left alone",
        "Training",
        low=0,
    )
    seed: int = option(
        0,
        "decides everything random: labels, weights, order, mixing",
        "Training",
        low=0,
        below=2**31,
    )

    evaluate_every: int = option(
        50,
        "steps between evaluations on validation data; each also writes the metrics "
        "and a checkpoint",
        "Measuring",
        low=1,
    )
    scored_examples: int = option(
        0,
        "labelled training examples, as they are, and test examples on which each "
        "evaluation measures loss and accuracy too; the first ones of each; 0: none",
        "Measuring",
        low=0,
    )
    extra_measure: str | None = option(
        None,
        "measured at each evaluation too: module:function; it is called with the "
        "evaluated network and the data set and returns numbers by name",
        "Measuring",
        none="none",
    )
    evaluated_network: str = option(
        "student",
        "the network whose accuracy and linearity are reported, where there is an "
        "average of its weights, the teacher; result.json holds the accuracies of both",
        "Measuring",
        choices=("student", "teacher"),
    )
    linearity_points: int = option(
        16,
        "how many times linearity is measured, both ends of the run included; 0: never",
        "Measuring",
        low=0,
        high=10_000,
    )
    linearity_examples: int = option(
        512, "test examples on which linearity is measured", "Measuring", low=2
    )
    linearity_layers: tuple[str, ...] = option(
        (), "layers that are measured, by name and comma; none named: all", "Measuring"
    )
    linearity_measure: str = option(
        "unit_norm",
        "unit_norm is the published measure, relative is 0 for a linear layer",
        "Measuring",
        choices=("unit_norm", "relative"),
    )
    linearity_start: str = option(
        "input",
        "measure from the network's input, or from the previous layer",
        "Measuring",
        choices=("input", "previous"),
    )
    linearity_num_points: int = option(
        2, "examples in a mixture on which linearity is measured", "Measuring", low=2
    )
    linearity_alpha: float = option(
        0.5, "concentration of the Dirichlet weights of these", "Measuring", above=0
    )

    workdir: str | None = option(
        None,
        "the run's folder; the same command again resumes the run in it; by "
        "default runs/DATASET-LABELS_METHOD_SEED",
        "Running",
        none="default",
        identity=False,
    )
    keep: str = option(
        "all",
        "what is left of the run: all; network: no checkpoints and no TensorBoard; "
        "numbers: no network either. Without checkpoints a run that was stopped begins "
        "again",
        "Running",
        choices=("all", "network", "numbers"),
        identity=False,
    )
    backend: str = option(
        default_backend,
        "Keras backend; the default is $KERAS_BACKEND",
        "Running",
        choices=BACKENDS,
    )
    strategy: str = option(
        "none",
        "share each batch; mirrored: among this machine's GPUs (TensorFlow); "
        "data_parallel: among the devices of one or more processes, on one machine or "
        "several (JAX)",
        "Running",
        choices=("none", "mirrored", "data_parallel"),
    )
    coordinator: str | None = option(
        None,
        "HOST:PORT of the first process, by which the processes of data_parallel meet",
        "Running",
        none="launcher",
        identity=False,
    )
    num_processes: int | None = option(
        None,
        "how many processes train together; by default what a launcher says (Slurm, "
        "Open MPI, KERAS_DISTRIBUTION_...), else one",
        "Running",
        low=1,
        none="launcher",
        identity=False,
    )
    process_id: int | None = option(
        None,
        "which of them this is, from 0 on; 0 alone writes the run's folder",
        "Running",
        low=0,
        none="launcher",
        identity=False,
    )
    steps_per_execution: int = option(
        1,
        "steps that Keras takes at once, which saves time where a step is short; they "
        "must divide steps and evaluate_every, and go without linearity_points",
        "Running",
        low=1,
    )
    jit_compile: str = option(
        "auto",
        "compile the step with XLA; auto: what Keras thinks best",
        "Running",
        choices=("auto", "true", "false"),
    )

    def __post_init__(self):
        check(self)

    @property
    def name(self):
        """A name by which TensorBoard and the folders of runs tell them apart."""
        # A folder's path may end in a slash.
        dataset = os.path.basename(os.path.abspath(self.dataset)).removesuffix(".npz")
        points = self.num_points if self.takes_points else ""
        labels = "all" if self.num_labels is None else self.num_labels
        # Of MODULE:ROW, the row.
        method = self.method.rpartition(":")[-1].lower()
        return f"{dataset}-{labels}_{method}{points}_seed{self.seed}"

    @property
    def folder(self):
        """The run's folder: `workdir`, or one of its own among the runs."""
        own = os.path.join("runs", self.name)
        return own if self.workdir is None else self.workdir
