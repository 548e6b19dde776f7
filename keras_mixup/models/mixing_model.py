import threading
import types
from typing import Any, Unpack

import keras
from keras import ops

from keras_mixup import _distribution, mixing, random
from keras_mixup._keras_arguments import LayerArguments
from keras_mixup._networks.masks import mask_of, without_mask
from keras_mixup._networks.mixable import check_mixable
from keras_mixup._networks.network_calls import in_order, training_argument
from keras_mixup._networks.rewire import on_floats
from keras_mixup.models import label_forms, model_checks
from keras_mixup.models.targets import BatchTargets, Output, Outputs


class MixingModel(keras.Model):
    """A network in training by a method that mixes examples.

    The base of every model here. It holds what surrounds a method: the step counter
    and the seeds drawn from it, labels in the form the method needs, the parts of the
    loss as metrics, both backends' train steps, saving. A method overrides

    * `prepare_batch`, to change a batch before the forward pass,
    * `call`, where that pass is more than the network's own,
    * `added_loss`, to add to the compiled loss, given what `call` returned,
    * `after_update`, to act on the updated weights,
    * `settings`, the arguments beside the network, and `check_settings`,

    and names what it adds to the logs in `loss_parts`. Everything else, from gradients
    and loss scaling to distribution, is Keras' own train step.

    Args:
        network: A `keras.Model` from inputs to logits.
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
        model_checks.check_network(network)
        kwargs.setdefault("dtype", network.dtype_policy)
        # The network casts its inputs; labels and weights beside them stay as they are.
        super().__init__(autocast=False, **kwargs)
        self.network = network
        self.seed = random.concrete_seed(seed)
        self.step = self.add_weight(
            name="step", shape=(), dtype="int32", initializer="zeros", trainable=False
        )
        self._part_metrics = [keras.metrics.Mean(name=name) for name in self.loss_parts]
        # Kept where Keras does not track it: it derives from what it tracks.
        self._derived = types.SimpleNamespace(
            forms=label_forms.LabelForm(label_forms.OTHER),
            loss=None,
            outputs={},
            settings=None,
            on_floats=None,
            checked=set(),
            state=threading.local(),
        )
        self.built = True

    # What a method overrides.

    @property
    def activations(self) -> tuple[str, ...] | None:
        """What the outputs may mean to the method: "softmax", "sigmoid", "linear".

        `None` where it does no more with them than the compiled loss.
        """
        return None

    @property
    def mixes_inputs(self) -> bool:
        """Whether the network is given mixed inputs in training."""
        return self.mixes_labels

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

    def settings(self) -> dict[str, Any]:
        """The arguments of the class beside the network, by name."""
        return {"seed": self.seed}

    def check_settings(self) -> None:
        """Raises a `ValueError` for a setting outside its range."""

    # What a method uses.

    def step_seed(self, stream: int) -> Any:
        """Returns the seed of one stream of draws in this step and replica."""
        seed = random.fold_in((self.seed, stream), self.step.value)
        return random.fold_in(seed, _distribution.replica_id())

    def at_step(self, value: Any) -> Any:
        """The value of a setting that may be a schedule of the step."""
        return value(self.step.value) if callable(value) else value

    def mix_batch(self, x, y, sample_weight, stream=0, **options):
        """Mixes inputs, labels and sample weights with the draws of a stream."""
        self.check_inputs(x)
        weights, partners = mixing.draw(
            _batch_size(x),
            seed=self.step_seed(stream),
            **options,
        )
        mixed = mixing.mix(x, weights, partners)
        if y is None:
            return mixed, None, sample_weight
        targets = self.targets(x, y, sample_weight)
        return mixed, *targets.mixed(weights, partners)

    def check_inputs(self, x: Any) -> None:
        """Refuses inputs that have no mixtures, once for each form of a batch."""
        form = _form(x), str(_map_given(lambda t: t.dtype, x))
        if form not in self._derived.checked:
            check_mixable(self.network, x)
            self._derived.checked.add(form)

    def targets(self, x: Any, y: Any, sample_weight: Any) -> BatchTargets:
        """The labels and weights of a batch, as they are mixed.

        Args:
            x: Inputs of the network, not mixed.
            y: Labels, as the compiled losses take them.
            sample_weight: Weights of the examples or of their elements, or `None`.
        """
        outputs = self.outputs_on(x)
        masks = [None] * len(outputs.names)
        if any(output.is_masked for output in outputs.flat):
            clean = self.discarded_pass(x, training=False)
            masks = [mask_of(t) for t in keras.tree.flatten(clean)]
        return BatchTargets(outputs, self._derived.forms, y, sample_weight, masks)

    def outputs_on(self, x: Any) -> Outputs:
        """Shapes and names of the network's outputs on inputs like these."""
        # A pass in training has told before, but for batches of a new form.
        if _form(x) not in self._derived.outputs:
            self._keep(x, self.discarded_pass(x, training=False))
        return self._derived.outputs[_form(x)]

    def _keep(self, x, outputs):
        self._derived.outputs[_form(x)] = Outputs.of(
            keras.tree.map_structure(Output.of, outputs), self.output_names
        )

    def discarded_pass(
        self, x: Any, weights_of: keras.Model | None = None, training: bool = True
    ) -> Any:
        """A pass that leaves no trace but in the random state.

        In training mode, batch normalisation uses the statistics of this batch, and its
        moving statistics stay as they are. The masks of dropout differ from those of
        every other pass.

        Args:
            x: Inputs of the network.
            weights_of: A network of the same layers, whose weights the pass uses in
                place of the network's own.
            training: Boolean, the mode.

        Returns:
            The outputs.
        """
        network = self._network_of_mixtures()
        if network is not self.network:
            x = in_order(x, self.network)
        values = [v.value for v in (weights_of or self.network).weights]
        weights = {id(v): value for v, value in zip(self.network.weights, values)}
        outputs, updated = network.stateless_call(
            [weights[id(v)] for v in network.trainable_variables],
            [weights.get(id(v), v.value) for v in network.non_trainable_variables],
            x,
            **training_argument(self.network, training),
        )
        for variable, value in zip(network.non_trainable_variables, updated):
            if id(variable) not in weights:  # The state of a random generator.
                variable.assign(value)
        return outputs

    def without_masks(self, y_pred: Any) -> Any:
        """Outputs without their masks, where the weights of the batch hold them.

        The mask of a mixture is one of all its examples together.
        """
        if not self.mixes_inputs:
            return y_pred
        return keras.tree.map_structure(without_mask, y_pred)

    def regularization_loss(self) -> Any:
        """The part of the compiled loss that is the network's regularisation."""
        return sum(ops.cast(loss, "float32") for loss in self.losses) / (
            _distribution.num_replicas()
        )

    @staticmethod
    def unscaled(loss: Any) -> Any:
        """The value of a Keras loss before its share among replicas was taken."""
        return loss * _distribution.num_replicas()

    def report(self, x: Any, **parts: Any) -> None:
        """Logs parts of the loss, each a scalar of the batch of inputs `x`."""
        # The weight that Keras gives to the loss of a batch, so that parts sum to it.
        size = _batch_size(x)
        for metric in self._part_metrics:
            if metric.name in parts:
                metric.update_state(parts[metric.name], sample_weight=size)

    # The step.

    def call(self, inputs, training=None):
        x, network = inputs, self.network
        if training and self.mixes_inputs:
            network = self._network_of_mixtures()
            x = inputs if network is self.network else in_order(inputs, self.network)
        outputs = network(x, **training_argument(network, training))
        self._keep(inputs, outputs)
        return outputs

    @property
    def output_names(self) -> list[str] | None:
        """The names of the network's outputs, by which losses and metrics are given."""
        return getattr(self.network, "output_names", None)

    @property
    def layers(self) -> list[keras.Layer]:
        """The network's layers in its place, as callbacks and `summary` look for them.

        The network itself, where it has weights beside those of its layers.
        """
        layers: list[keras.Layer] = []
        for layer in super().layers:
            inner = layer.layers if layer is self.network else []
            held = {id(w) for part in inner for w in part.weights}
            whole = not inner or any(id(w) not in held for w in layer.weights)
            layers += [layer] if whole else inner
        return layers

    @layers.setter
    def layers(self, _):
        raise AttributeError("`layers` is read only. Change those of `network`.")

    def get_layer(
        self, name: str | None = None, index: int | None = None
    ) -> keras.Layer:
        """Returns a layer of the network, or of the model, by name or index."""
        if name is not None and name == self.network.name:
            return self.network
        return super().get_layer(name, index)

    def _network_of_mixtures(self):
        """The network without the rounding of inputs that are declared integers."""
        if self._derived.on_floats is None:
            self._derived.on_floats = on_floats(self.network)
        return self._derived.on_floats

    def make_train_function(self, force=False):
        """Makes the compiled step, anew where a setting changed since the last."""
        settings = self.settings()
        if settings != self._derived.settings:
            self.check_settings()
            force = True
        self._derived.settings = settings
        return super().make_train_function(force=force)

    def train_step(self, *args):
        """One step, with the signature of either backend."""
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
        return keras.utils.pack_x_y_sample_weight(*self.prepare_batch(*batch))

    def _finish_step(self, data):
        # Without the batch itself, a step that finds none left would count as well.
        with _distribution.after(data):
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

        Where labels are mixed, a sparse categorical cross-entropy is computed as the
        categorical cross-entropy of the mixed one-hot rows. Metrics see class ids then:
        the dominant class of a mixed label.

        Raises:
            ValueError: For a loss whose labels have no mixtures, where they are mixed;
                for one under which the method has no meaning; for XLA under a
                `tf.distribute` strategy.
        """
        forms = keras.tree.map_structure(_form_of, loss)
        self.check_forms([form for form in keras.tree.flatten(forms) if form])
        switches = keras.tree.map_structure(self._switch, loss, forms)
        super().compile(optimizer, switches, *args, **kwargs)
        self._derived.settings = self._derived.settings or self.settings()
        self.loss = loss
        self._derived.forms, self._derived.loss = forms, loss
        if self._num_replicas > 1 and self.jit_compile:
            raise ValueError(
                "Keras cannot train under a tf.distribute strategy with XLA. Compile "
                "with `jit_compile=False`. Received: jit_compile=True, "
                f"{self._num_replicas} replicas"
            )

    def check_forms(self, forms: list[label_forms.LabelForm]) -> None:
        """Raises a `ValueError` for losses that the method cannot train with."""
        if self.mixes_labels:
            for form in forms:
                label_forms.check_mixes(form)
        if self.activations is not None:
            model_checks.check_activation(type(self).__name__, forms, self.activations)

    @property
    def activation(self) -> str | None:
        """What the compiled loss makes of the outputs: "softmax", "sigmoid", "linear".

        `None` before there is a loss of one output, or where it does not tell.
        """
        forms = [form for form in keras.tree.flatten(self._derived.forms) if form]
        return forms[0].activation if len(forms) == 1 else None

    def _switch(self, loss, form):
        if form is None or form.mixed_loss is None:
            return loss
        return label_forms.LossSwitch(loss, form.mixed_loss, self._derived.state)

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
            _distribution.check_even_batches(x, batch_size, self._num_replicas)
        return super().fit(x, y, batch_size, *args, **kwargs)

    def get_compile_config(self):
        config = super().get_compile_config()
        if config:
            # What is compiled underneath is this package's own affair.
            config["loss"] = keras.saving.serialize_keras_object(self._derived.loss)
        return config

    def compile_from_config(self, config):
        self.compile(**keras.saving.deserialize_keras_object(config))
        if self.built:
            self.optimizer.build(self.trainable_variables)

    def compute_loss(
        self, x=None, y=None, y_pred=None, sample_weight=None, training=True
    ):
        # First and once: a second call would add regularisation losses again, and a
        # pass before it would replace them.
        labeled = self.labeled_outputs(y_pred)
        if training:
            labeled = self.without_masks(labeled)
        self._derived.state.mixed = training and self.mixes_labels
        try:
            loss = super().compute_loss(x, y, labeled, sample_weight, training=training)
        finally:
            self._derived.state.mixed = False
        added = self.added_loss(x, y_pred, loss) if training else None
        if "supervised_loss" in self.loss_parts and training:
            self.report(x, supervised_loss=self.unscaled(loss))
        return loss if added is None else loss + ops.cast(added, loss.dtype)

    @property
    def metrics(self) -> list[keras.Metric]:
        """The metrics of the model, and those that the network updates in its call.

        Keras passes over the metrics of a model inside another, and on JAX cannot
        update any in a call.
        """
        metrics = super().metrics
        if keras.config.backend() != "jax" and not model_checks.own_steps(self.network):
            metrics = [*metrics, *self.network._metrics]
        return metrics

    def compute_metrics(self, x, y, y_pred, sample_weight=None):
        y_pred = self.labeled_outputs(y_pred)
        return super().compute_metrics(
            x, self._class_ids(y, y_pred), y_pred, sample_weight
        )

    def _class_ids(self, y, y_pred):
        """Labels as metrics take them, ids for the rows that were made of ids."""
        kinds = {form.kind for form in keras.tree.flatten(self._derived.forms) if form}
        if label_forms.CLASS_IDS not in kinds or y is None:
            return y
        outputs = Outputs.of(
            keras.tree.map_structure(Output.of, y_pred), self.output_names
        )
        return outputs.map_labels(_dominant_ids, self._derived.forms, y)

    # Saving.

    def export(self, *args: Any, **kwargs: Any) -> None:
        """Exports the network for inference, as `keras.Model.export` does."""
        self.network.export(*args, **kwargs)

    def get_config(self) -> dict[str, Any]:
        return {
            "network": keras.saving.serialize_keras_object(self.network),
            "name": self.name,
            **{
                name: keras.saving.serialize_keras_object(value)
                if callable(value)
                else value
                for name, value in self.settings().items()
            },
        }

    @classmethod
    def from_config(cls, config):
        return cls(
            **{
                name: keras.saving.deserialize_keras_object(value)
                if isinstance(value, dict)
                else value
                for name, value in config.items()
            }
        )


def _form_of(loss):
    return None if loss is None else label_forms.form_of(loss)


def _dominant_ids(number, form, y, output):
    # Ids end in an axis of size 1 or lack the axis of the classes, of which there are
    # two or more: labels of the form of the logits are rows that were made here.
    rows = (len(y.shape), y.shape[-1]) == (len(output.shape), output.shape[-1])
    if form is None or form.kind != label_forms.CLASS_IDS or not rows:
        return y
    return ops.argmax(y, axis=-1)


def _form(x):
    """What tells batches of one form: all but their number of examples."""
    return str(_map_given(lambda t: tuple(t.shape)[1:], x))


def _map_given(function, x):
    """A function of every input but the optional ones that are `None`."""
    return keras.tree.map_structure(lambda t: None if t is None else function(t), x)


def _batch_size(x):
    given = [t for t in keras.tree.flatten(x) if t is not None]
    return ops.shape(given[0])[0]
