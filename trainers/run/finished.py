"""A finished run, read from its folder."""

import functools
import os

from trainers import files
from trainers.command_line import one_line, read_flags
from trainers.errors import UsageError
from trainers.run import own_networks, result_file
from trainers.run.experiment import Experiment
from trainers.run.method_lookup import method_named
from trainers.run.user_modules import without_imports


class FinishedRun:
    """What a run left in its folder; model and data are loaded when first used.

    Making one needs no Keras; `check_version`, `model` and `source` do.

    Args:
        folder: path of the run's folder.

    Attributes:
        experiment: the `Experiment`, from flags.txt.
        result: the contents of result.json.

    Raises:
        UsageError: when the folder holds no finished run.
    """

    def __init__(self, folder):
        self.path = folder
        self._check_folder()
        self.experiment = self._read_experiment()
        self._check_files()
        self.result = result_file.read(self.file("result.json"))

    def file(self, *names):
        """Returns the path of a file in the folder."""
        return os.path.join(self.path, *names)

    def check_version(self):
        """Raises `UsageError` where another version of keras_mixup made the run."""
        import keras_mixup

        packages = files.read_json(self.file("versions.json")).get("packages", {})
        if not isinstance(packages, dict):
            raise UsageError(
                f"{self.file('versions.json')!r} must hold the versions of packages by "
                f"their names; received {packages!r}. Train the run again."
            )
        # Only the first version left its own out, where it ran from a checkout.
        made_by = packages.get("keras-mixup", "0.1.0")
        if made_by != keras_mixup.__version__:
            raise UsageError(
                f"The run in {self.path!r} was made by keras_mixup {made_by}, this is "
                f"{keras_mixup.__version__}: evaluate it with {made_by}, or train it "
                "again in a new folder."
            )

    @functools.cached_property
    def model(self):
        """The trained model, not compiled."""
        from trainers.run.saved_network import check_input, load_model

        # A user's module registers the classes of its models and layers.
        method_named(self.experiment.method)
        if own_networks.is_function(self.experiment.architecture):
            own_networks.function_named(self.experiment.architecture)
        model = load_model(self.file("model.keras"))
        if not hasattr(model, "network"):
            raise UsageError(
                f"{self.file('model.keras')!r} does not hold a model that was trained "
                f"here, but a {type(model).__name__}."
            )
        check_input(model.network, self.source)
        return model

    @functools.cached_property
    def networks(self):
        """`{"student": network}`, with `"teacher"` where there is one."""
        from trainers.run.training import networks_of

        return networks_of(self.model)

    @functools.cached_property
    def source(self):
        """The data set, split as in the run."""
        from trainers.run.data_record import with_statistics
        from trainers.run.training import load_source

        try:
            source = load_source(self.experiment)
            return with_statistics(self.file("data.json"), source)
        except (ValueError, OSError, ImportError) as error:
            raise UsageError(
                f"The data set of the run in {self.path!r} cannot be loaded: "
                f"{one_line(error)}"
            ) from error

    def _check_folder(self):
        if not os.path.isdir(self.path):
            raise UsageError(f"There is no folder {self.path!r}: name that of a run.")
        if not os.path.isfile(self.file("flags.txt")):
            raise UsageError(
                f"{self.path!r} holds no finished run: it has no flags.txt. Name the "
                "folder of a run."
            )

    def _check_files(self):
        for name in ("result.json", "versions.json", "model.keras"):
            if not os.path.isfile(self.file(name)):
                if name == "model.keras":
                    # The flags are those of the last call, which found it finished.
                    raise UsageError(
                        f"{self.path!r} holds a run that kept no network, as by "
                        "--keep=numbers: it has no model.keras. Train it with "
                        "--keep=network in another --workdir."
                    )
                raise UsageError(
                    f"{self.path!r} holds no finished run: it has no {name}. Let it "
                    "finish: python -m trainers.run --flagfile="
                    f"{self.file('flags.txt')}"
                )

    def _read_experiment(self):
        path = self.file("flags.txt")
        try:
            # A user's module imports Keras, on another backend perhaps than is wanted.
            with without_imports():
                return read_flags(Experiment, path)
        except UsageError as error:
            raise UsageError(
                f"{path!r} does not describe a run of this version: {error}"
            ) from error


def finished_run(folder):
    """Returns the `FinishedRun` in a folder, of this version of keras_mixup.

    Raises:
        UsageError: when the folder holds no finished run, or one of another version.
    """
    run = FinishedRun(folder)
    run.check_version()
    return run
