from typing import Any, Unpack

import keras
from keras import ops

from keras_mixup import _distribution, mixing
from keras_mixup._keras_arguments import LayerArguments
from keras_mixup._networks.masks import mask_of, without_mask
from keras_mixup._networks.mixable import check_mixable
from keras_mixup._networks.network_calls import in_order, training_argument
from keras_mixup._networks.rewire import on_floats
from keras_mixup.models import label_forms, model_checks
from keras_mixup.models.compiled_loss import CompiledLoss
from keras_mixup.models.stepped_model import SteppedModel, batch_size_of
from keras_mixup.models.targets import BatchTargets, Output, Outputs


class MixingModel(SteppedModel):
    """A network in training by a method that mixes examples.

    The base of every model here. It mixes inputs, labels and weights, and computes the
    compiled loss on labels in the form that the method needs. `SteppedModel` has the
    train steps of every backend, the step counter and the seeds drawn from it;
    `WrappedModel` makes the model look like its network, and saves it. A method
    overrides

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

    def __init__(
        self,
        network: keras.Model,
        seed: int | None = None,
        **kwargs: Unpack[LayerArguments],
    ):
        super().__init__(network, seed, **kwargs)
        self._derived.loss = CompiledLoss.unknown()
        self._derived.outputs = {}
        self._derived.on_floats = None
        self._derived.checked = set()

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

    # What a method uses.

    def mix_batch(self, x, y, sample_weight, stream=0, **options):
        """Mixes inputs, labels and sample weights with the draws of a stream."""
        self.check_inputs(x)
        weights, partners = mixing.draw(
            batch_size_of(x),
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
        return BatchTargets(outputs, self._derived.loss.forms, y, sample_weight, masks)

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

    # The step.

    def call(self, inputs, training=None):
        x, network = inputs, self.network
        if training and self.mixes_inputs:
            network = self._network_of_mixtures()
            x = inputs if network is self.network else in_order(inputs, self.network)
        outputs = network(x, **training_argument(network, training))
        self._keep(inputs, outputs)
        return outputs

    def _network_of_mixtures(self):
        """The network without the rounding of inputs that are declared integers."""
        if self._derived.on_floats is None:
            self._derived.on_floats = on_floats(self.network)
        return self._derived.on_floats

    # Loss and metrics.

    def compile(self, optimizer="rmsprop", loss=None, *args, **kwargs):
        """Configures training, as `keras.Model.compile` does.

        Where labels are mixed, a sparse categorical cross-entropy is computed as the
        categorical cross-entropy of the mixed one-hot rows. Metrics see class ids then:
        the dominant class of a mixed label.

        Raises:
            ValueError: For a loss whose labels have no mixtures, where they are mixed;
                for one under which the method has no meaning; for XLA under a
                `tf.distribute` strategy; for a compiled step on PyTorch.
        """
        compiled = CompiledLoss(loss)
        self.check_forms(compiled.all_forms)
        super().compile(optimizer, compiled.switches, *args, **kwargs)
        self._derived.settings = self._derived.settings or self.settings()
        self.loss = loss
        self._derived.loss = compiled
        if self._num_replicas > 1 and self.jit_compile:
            raise ValueError(
                "Keras cannot train under a tf.distribute strategy with XLA. Compile "
                "with `jit_compile=False`. Received: jit_compile=True, "
                f"{self._num_replicas} replicas"
            )
        if self.jit_compile and keras.config.backend() == "torch":
            raise ValueError(
                "A step of Keras breaks into many parts under torch.compile, which "
                "takes minutes and fails on some. Compile with `jit_compile=False`, "
                'or "auto". Received: jit_compile=True'
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
        return self._derived.loss.activation

    def get_compile_config(self):
        config = super().get_compile_config()
        if config:
            # The switches that are compiled in its place are internal to the package.
            config["loss"] = keras.saving.serialize_keras_object(
                self._derived.loss.given
            )
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
        with self._derived.loss.on_mixed_labels(training and self.mixes_labels):
            loss = super().compute_loss(x, y, labeled, sample_weight, training=training)
        added = self.added_loss(x, y_pred, loss) if training else None
        if "supervised_loss" in self.loss_parts and training:
            self.report(x, supervised_loss=self.unscaled(loss))
        return loss if added is None else loss + ops.cast(added, loss.dtype)

    def compute_metrics(self, x, y, y_pred, sample_weight=None):
        y_pred = self.labeled_outputs(y_pred)
        y = self._derived.loss.labels_for_metrics(y, y_pred, self.output_names)
        return super().compute_metrics(x, y, y_pred, sample_weight)


def _form(x):
    """What tells batches of one form: all but their number of examples."""
    return str(_map_given(lambda t: tuple(t.shape)[1:], x))


def _map_given(function, x):
    """A function of every input but the optional ones that are `None`."""
    return keras.tree.map_structure(lambda t: None if t is None else function(t), x)
