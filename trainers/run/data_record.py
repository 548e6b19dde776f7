"""What a run keeps of its data set: a fingerprint, and the statistics."""

from keras_mixup.data.fingerprint import fingerprint
from trainers import files
from trainers.errors import RunFailure, UsageError

NAME = "data.json"


def record(folder, source):
    """Keeps what tells a data set, or checks it, and returns the set.

    The set is standardised by the statistics that are kept, so that a run that is
    resumed goes on with the same digits, whether the set is read into memory or by
    index, and without another pass.

    Args:
        folder: an open `RunFolder`.
        source: the data set.

    Raises:
        UsageError: when the run has begun on another data set.
        RunFailure: when the file cannot be written.
    """
    path = folder.file(NAME)
    if source.skipped:
        number = len(source.skipped)
        print(f"{number} damaged files are left out; {path} lists them.", flush=True)
    found = fingerprint(source)
    kept = files.read_json(path)
    if kept is not None:
        if kept.get("fingerprint") == found:
            return _with_kept(path, source, kept)
        if folder.holds_work:
            raise _changed(path, source)
    mean, scale = source.mean_and_scale
    contents = {
        "fingerprint": found,
        "mean": mean.tolist(),
        "scale": scale.tolist(),
        "skipped": list(source.skipped),
    }
    try:
        files.write_json(path, contents)
    except OSError as error:
        raise RunFailure(
            f"{path} cannot be written: {error.strerror}. Make room there, and give "
            "the same command again."
        ) from error
    return source


def with_statistics(path, source):
    """Returns the data set of a finished run as the run standardised it.

    Args:
        path: path of the file that `record` wrote, which earlier runs have not.
        source: the data set.

    Raises:
        UsageError: when it is not the data set of the run.
    """
    kept = files.read_json(path)
    if kept is None:
        return source
    if kept.get("fingerprint") != fingerprint(source):
        raise _changed(path, source)
    return _with_kept(path, source, kept)


def _with_kept(path, source, kept):
    try:
        return source.with_statistics(kept["mean"], kept["scale"])
    except (KeyError, TypeError, ValueError) as error:
        raise UsageError(
            f"{path!r} must hold the statistics of {source.name}; received {error}. "
            "Remove it to have them computed again."
        ) from error


def _changed(path, source):
    return UsageError(
        f"The data set {source.name} has changed since the run began ({path!r} has its "
        "fingerprint). Put the former data back, or choose another --workdir."
    )
