from typing import Any

import keras
from keras import ops

from keras_mixup import distribution, mixing, random
from keras_mixup import labels as labels_lib
from keras_mixup.models import checks


class MixingModel(keras.Model):
    """A network in training by a method that mixes examples.

    The base of every model here. It holds what surrounds a method: the step counter
    and the seeds drawn from it, labels in the form the method needs, the parts of the
    loss as metrics, both backends' train steps, saving. A method overrides

    * `prepare_batch`, to change a batch before the forward pass,
    * `call`, where that pass is more than the network's own,
    * `added_loss`, to add to the compiled loss, given what `call` returned,
    * `after_update`, to act on the updated weights,

    and names what it adds to the logs in `loss_parts`. Everything else, from gradients
    and loss scaling to distribution, is Keras' own train step.

    Args:
        network: A `keras.Model` from inputs to logits.
        seed: Integer or `None`. Every draw is a function of it, the step and the
            replica.
    """

    loss_parts: tuple[str, ...] = ()
    # Whether the method does more with the outputs than the compiled loss.
    needs_logits = False

    def __init__(self, network: keras.Model, seed: int | None = None, **kwargs: Any):
        if not isinstance(network, keras.Model):
            raise ValueError(
                "`network` must be a keras.Model from inputs to logits. Received: "
                f"{network!r}"
            )
        if not network.built:
            raise ValueError(
                "`network` must be built, so that its weights are known. Call it once "
                f"on a batch of inputs. Received: the unbuilt network {network.name!r}"
            )
        kwargs.setdefault("dtype", network.dtype_policy)
        # The network casts its inputs; labels and weights beside them stay as they are.
        super().__init__(autocast=False, **kwargs)
        self.network = network
        self.seed = random.concrete_seed(seed)
        self.step = self.add_weight(
            name="step", shape=(), dtype="int32", initializer="zeros", trainable=False
        )
        self._part_metrics = [keras.metrics.Mean(name=name) for name in self.loss_parts]
        self._class_id_loss = False
        self._logits_shape = None
        self.built = True

    # What a method overrides.

    @property
    def mixes_labels(self) -> bool:
        """Whether the compiled loss is given mixed labels."""
        return False

    def prepare_batch(self, x, y, sample_weight):
        """Returns the batch on which the forward pass and the loss are computed."""
        return x, y, sample_weight

    def added_loss(self, x, y_pred, loss):
        """Returns what the method adds to the compiled loss, or `None`.

        Args:
            x: The inputs that `prepare_batch` made.
            y_pred: What `call` made of them.
            loss: The compiled loss, with the regularisation losses of the network.
        """
        return None

    def labeled_outputs(self, y_pred):
        """Returns, of what `call` returned, the logits that the labels belong to."""
        return y_pred

    def after_update(self):
        """Acts on the weights after the optimizer has."""

    # What a method uses.

    def step_seed(self, stream: int) -> Any:
        """Returns the seed of one stream of draws in this step and replica."""
        seed = random.fold_in((self.seed, stream), self.step.value)
        return random.fold_in(seed, distribution.replica_id())

    def mix_batch(self, x, y, sample_weight, stream=0, **options):
        """Mixes inputs, labels and sample weights with the draws of a stream."""
        y = self.label_rows(x, y)
        weights, partners = mixing.draw(
            ops.shape(keras.tree.flatten(x)[0])[0],
            seed=self.step_seed(stream),
            **options,
        )
        return (
            mixing.mix(x, weights, partners),
            None if y is None else mixing.mix(y, weights, partners),
            None
            if sample_weight is None
            else mixing.mix(_float32(sample_weight), weights, partners),
        )

    def label_rows(self, x, y):
        """Labels as they are mixed: rows for class ids, numbers for all else."""
        if y is None:
            return None
        if self._class_id_loss:
            shape = self._known_logits_shape(x)
            return labels_lib.class_rows(y, shape[-1], rank=len(shape))
        labels_lib.check_mixable(y, lambda: self._known_logits_shape(x))
        return _float32(y)

    def discarded_pass(self, x: Any, weights_of: keras.Model | None = None) -> Any:
        """A pass in training mode that leaves no trace but in the random state.

        Batch normalisation uses the statistics of this batch, and its moving
        statistics stay as they are. The masks of dropout differ from those of every
        other pass.

        Args:
            x: Inputs of the network.
            weights_of: A network of the same layers, whose weights the pass uses in
                place of the network's own.

        Returns:
            The logits.
        """
        network = self.network
        values = [v.value for v in (weights_of or network).weights]
        weights = {id(v): value for v, value in zip(network.weights, values)}
        logits, updated = network.stateless_call(
            [weights[id(v)] for v in network.trainable_variables],
            [weights.get(id(v), v.value) for v in network.non_trainable_variables],
            x,
            training=True,
        )
        for variable, value in zip(network.non_trainable_variables, updated):
            if id(variable) not in weights:  # The state of a random generator.
                variable.assign(value)
        return logits

    def regularization_loss(self) -> Any:
        """The part of the compiled loss that is the network's regularisation."""
        return sum(ops.cast(loss, "float32") for loss in self.losses) / (
            distribution.num_replicas()
        )

    @staticmethod
    def unscaled(loss: Any) -> Any:
        """The value of a Keras loss before its share among replicas was taken."""
        return loss * distribution.num_replicas()

    def report(self, x: Any, **parts: Any) -> None:
        """Logs parts of the loss, each a scalar of the batch of inputs `x`."""
        # The weight that Keras gives to the loss of a batch, so that parts sum to it.
        size = ops.shape(keras.tree.flatten(x)[0])[0]
        for metric in self._part_metrics:
            if metric.name in parts:
                metric.update_state(parts[metric.name], sample_weight=size)

    # The step.

    def call(self, inputs, training=None):
        logits = self.network(inputs, training=training)
        if hasattr(logits, "shape"):
            self._logits_shape = tuple(logits.shape)
        return logits

    def train_step(self, *args):
        """One step, with the signature of either backend."""
        if keras.config.backend() == "jax":
            return self._stateless_train_step(*args)
        logs = super().train_step(self._prepared(*args))
        self._finish_step()
        return logs

    def _stateless_train_step(self, state, data):
        # The preparation may have drawn from random generators.
        data, state = self._in_scope(state, lambda: self._prepared(data))
        logs, state = super().train_step(state, data)
        _, state = self._in_scope(state, self._finish_step)
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
        return keras.utils.pack_x_y_sample_weight(*self.prepare_batch(*batch))

    def _finish_step(self):
        self.step.assign(self.step.value + 1)
        self.after_update()

    def test_step(self, *args):
        """One step of evaluation, whose logs leave out the parts of training."""
        result = super().test_step(*args)
        logs, *state = result if isinstance(result, tuple) else (result,)
        logs = {k: v for k, v in logs.items() if k not in self.loss_parts}
        return (logs, *state) if state else logs

    # Loss and metrics.

    def compile(self, optimizer="rmsprop", loss=None, *args, **kwargs):
        """Configures training, as `keras.Model.compile` does.

        Where the method mixes labels, a sparse categorical cross-entropy is computed
        as the categorical cross-entropy of the mixed one-hot rows. Metrics see class
        ids: the dominant class of a mixed label in training.

        Raises:
            ValueError: For a sparse cross-entropy with `ignore_class`, or within a
                nested loss; for a cross-entropy of probabilities where the method
                needs logits; for XLA under a `tf.distribute` strategy.
        """
        if self.needs_logits:
            checks.check_from_logits(loss)
        dense = labels_lib.dense_crossentropy(loss) if self.mixes_labels else None
        self._class_id_loss = dense is not None
        super().compile(optimizer, dense or loss, *args, **kwargs)
        self._given_loss = loss if self._class_id_loss else None
        if self._num_replicas > 1 and self.jit_compile:
            raise ValueError(
                "Keras cannot train under a tf.distribute strategy with XLA. Compile "
                "with `jit_compile=False`. Received: jit_compile=True, "
                f"{self._num_replicas} replicas"
            )

    @property
    def _num_replicas(self):
        strategy = getattr(self, "distribute_strategy", None)
        return 1 if strategy is None else strategy.num_replicas_in_sync

    def fit(self, x=None, y=None, batch_size=None, *args, **kwargs):
        """Trains as `keras.Model.fit` does.

        Raises:
            ValueError: Under a `tf.distribute` strategy, if the first batch is not a
                multiple of the number of replicas.
        """
        if self._num_replicas > 1:
            distribution.check_even_batches(x, batch_size, self._num_replicas)
        return super().fit(x, y, batch_size, *args, **kwargs)

    def get_compile_config(self):
        config = super().get_compile_config()
        if config and self._class_id_loss:
            # What is compiled underneath takes rows; a loaded model is given ids.
            config["loss"] = keras.saving.serialize_keras_object(self._given_loss)
        return config

    def compile_from_config(self, config):
        self.compile(**keras.saving.deserialize_keras_object(config))
        if self.built:
            self.optimizer.build(self.trainable_variables)

    def compute_loss(
        self, x=None, y=None, y_pred=None, sample_weight=None, training=True
    ):
        if self._class_id_loss and not training:
            y = labels_lib.class_rows(y, y_pred.shape[-1], rank=len(y_pred.shape))
        # First and once: a second call would add regularisation losses again, and a
        # pass before it would replace them.
        labeled = self.labeled_outputs(y_pred)
        loss = super().compute_loss(x, y, labeled, sample_weight, training=training)
        added = self.added_loss(x, y_pred, loss) if training else None
        if "supervised_loss" in self.loss_parts and training:
            self.report(x, supervised_loss=self.unscaled(loss))
        return loss if added is None else loss + added

    def compute_metrics(self, x, y, y_pred, sample_weight=None):
        y_pred = self.labeled_outputs(y_pred)
        # Ids end in an axis of size 1 or lack the axis of the classes, of which there
        # are two or more: labels of the form of the logits are the rows made here.
        if self._class_id_loss and (
            (len(y.shape), y.shape[-1]) == (len(y_pred.shape), y_pred.shape[-1])
        ):
            y = ops.argmax(y, axis=-1)
        return super().compute_metrics(x, y, y_pred, sample_weight)

    def _known_logits_shape(self, x):
        # Keras calls a model symbolically before it trains; other loops may not.
        if self._logits_shape is None:
            spec = keras.tree.map_structure(
                lambda t: keras.KerasTensor(t.shape, _dtype(t)), x
            )
            output = self.network.compute_output_spec(spec)
            checks.check_one_output(output)
            self._logits_shape = tuple(output.shape)
        return self._logits_shape

    # Saving.

    def export(self, *args: Any, **kwargs: Any) -> None:
        """Exports the network for inference, as `keras.Model.export` does."""
        self.network.export(*args, **kwargs)

    def get_config(self) -> dict[str, Any]:
        return {
            "network": keras.saving.serialize_keras_object(self.network),
            "seed": self.seed,
            "name": self.name,
        }

    @classmethod
    def from_config(cls, config):
        config = dict(config)
        config["network"] = keras.saving.deserialize_keras_object(config["network"])
        return cls(**config)


def _dtype(tensor):
    return keras.backend.standardize_dtype(tensor.dtype)


def _float32(values):
    return keras.tree.map_structure(lambda t: ops.cast(t, "float32"), values)
