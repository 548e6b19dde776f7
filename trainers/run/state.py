"""The whole state of a model in training."""

import keras
import numpy as np

from trainers.errors import UsageError


def read(model):
    """Returns every variable of a compiled model: a list of (path, array).

    Weights, the states of random generators, what the method keeps (step, teacher) and
    the optimizer's variables. Paths are for people; the order tells variables apart.
    """
    return [
        (variable.path, keras.ops.convert_to_numpy(variable.value))
        for variable in _variables(model)
    ]


def write(model, state):
    """Sets every variable of a compiled model to what `read` returned.

    Raises:
        UsageError: when the state is that of another model.
    """
    variables = _variables(model)
    here = [(variable.path, tuple(variable.shape)) for variable in variables]
    there = [(path, array.shape) for path, array in state]
    if here != there:
        first = next((h for h, t in zip(here, there) if h != t), here[-1])
        raise UsageError(
            f"The checkpoint holds {len(there)} variables, the model has {len(here)}; "
            f"they differ first at {first[0]}. It was written by other code: choose "
            "another --workdir."
        )
    for variable, (_, array) in zip(variables, state):
        variable.assign(array)


def not_finite(state):
    """Returns the paths of the arrays that hold a number that is not finite."""
    return [
        path
        for path, array in state
        # NumPy knows no kind for bfloat16.
        if array.dtype.kind not in "iub"
        and not np.isfinite(array.astype("float32")).all()
    ]


def _variables(model):
    if not model.optimizer.built:
        model.optimizer.build(model.trainable_variables)
    every = [*model.variables, *model.optimizer.variables]
    return list({id(variable): variable for variable in every}.values())
