"""A train step that counts, with a hook before Keras' own step and one after it."""

from typing import Any, Unpack

import keras
from keras import ops

from keras_mixup import _distribution, random
from keras_mixup._keras_arguments import LayerArguments
from keras_mixup.models.wrapped_model import WrappedModel


class SteppedModel(WrappedModel):
    """A wrapped network with a train step that counts, on every backend.

    `prepare_batch` changes a batch before Keras' own train step, `after_update` acts on
    the weights after it. The step counts the batches that the model was trained on;
    `step_seed` makes seeds of it. The parts of the loss that `loss_parts` names are
    metrics of training.

    Args:
        network: A `keras.Model`.
        seed: Integer or `None`. Every draw is a function of it, the step and the
            replica.
    """

    loss_parts: tuple[str, ...] = ()

    def __init__(
        self,
        network: keras.Model,
        seed: int | None = None,
        **kwargs: Unpack[LayerArguments],
    ):
        super().__init__(network, **kwargs)
        self.seed = random.concrete_seed(seed)
        self.step = self.add_weight(
            name="step", shape=(), dtype="int32", initializer="zeros", trainable=False
        )
        self._part_metrics = [keras.metrics.Mean(name=name) for name in self.loss_parts]
        self._derived.settings = None
        self.built = True

    def settings(self) -> dict[str, Any]:
        return {"seed": self.seed}

    def prepare_batch(self, x, y, sample_weight):
        """Returns the batch on which the forward pass and the loss are computed."""
        return x, y, sample_weight

    def after_update(self):
        """Acts on the weights after the optimizer has."""

    def step_seed(self, stream: int) -> Any:
        """Returns the seed of one stream of draws in this step and replica."""
        seed = random.fold_in((self.seed, stream), self.step.value)
        return random.fold_in(seed, _distribution.replica_id())

    def at_step(self, value: Any) -> Any:
        """The value of a setting that may be a schedule of the step."""
        return value(self.step.value) if callable(value) else value

    def report(self, x: Any, **parts: Any) -> None:
        """Logs parts of the loss, each a scalar of the batch of inputs `x`."""
        # The weight that Keras gives to the loss of a batch, so that parts sum to it.
        size = batch_size_of(x)
        for metric in self._part_metrics:
            if metric.name in parts:
                metric.update_state(parts[metric.name], sample_weight=size)

    def fit(self, x=None, y=None, batch_size=None, *args, **kwargs):
        """Trains as `keras.Model.fit` does.

        Raises:
            ValueError: Under a `tf.distribute` strategy, if the first batch is not a
                multiple of the number of replicas.
        """
        if self._num_replicas > 1:
            _distribution.check_even_batches(x, batch_size, self._num_replicas)
        return super().fit(x, y, batch_size, *args, **kwargs)

    @property
    def _num_replicas(self):
        strategy = getattr(self, "distribute_strategy", None)
        return 1 if strategy is None else strategy.num_replicas_in_sync

    def make_train_function(self, force=False):
        """Makes the compiled step, again where a setting has changed since."""
        settings = self.settings()
        if settings != self._derived.settings:
            self.check_settings()
            force = True
        self._derived.settings = settings
        return super().make_train_function(force=force)

    def train_step(self, *args):
        """One step, with the signature of any backend."""
        if keras.config.backend() == "jax":
            return self._stateless_train_step(*args)
        logs = super().train_step(self._prepared(*args))
        self._finish_step(*args)
        return logs

    def _stateless_train_step(self, state, data):
        # The preparation may have drawn from random generators.
        prepared, state = self._in_scope(state, lambda: self._prepared(data))
        logs, state = super().train_step(state, prepared)
        _, state = self._in_scope(state, lambda: self._finish_step(data))
        return logs, state

    def _in_scope(self, state, function):
        """What a function returns, and the state with what it assigned."""
        mapping = [
            *zip(self.trainable_variables, state[0]),
            *zip(self.non_trainable_variables, state[1]),
        ]
        with keras.StatelessScope(mapping) as scope:
            result = function()
        updated = [scope.get_current_value(v) for v in self.non_trainable_variables]
        return result, (state[0], updated, *state[2:])

    def _prepared(self, data):
        batch = keras.utils.unpack_x_y_sample_weight(data)
        with _distribution.without_gradients():
            return keras.utils.pack_x_y_sample_weight(*self.prepare_batch(*batch))

    def _finish_step(self, data):
        # Without the batch itself, a step that finds none left would count as well.
        with _distribution.without_gradients(), _distribution.after(data):
            self.step.assign(self.step.value + 1)
            self.after_update()

    def test_step(self, *args):
        """One step of evaluation, whose logs leave out the parts of training."""
        result = super().test_step(*args)
        logs, *state = result if isinstance(result, tuple) else (result,)
        logs = {k: v for k, v in logs.items() if k not in self.loss_parts}
        return (logs, *state) if state else logs


def batch_size_of(x: Any) -> Any:
    """The number of examples in inputs of any structure."""
    given = [t for t in keras.tree.flatten(x) if t is not None]
    return ops.shape(given[0])[0]
