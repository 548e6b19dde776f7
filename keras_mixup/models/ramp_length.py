import math

import keras
from keras import ops


class RampLength(keras.callbacks.Callback):
    """Tells a model how many steps the ramp of its consistency weight takes.

    It is a share of the run, `ramp * epochs * steps_per_epoch`, rounded up. A run that
    goes on at an `initial_epoch` is one run with what came before. A model that has
    been trained already, and starts at epoch 0 again, keeps its ramp, or its full
    weight if it had none.

    Where the length of an epoch is not known, it is by the end of the first, during
    which the weight is 0.
    """

    # Longer than any run: the weight of a step is then practically 0.
    _NOT_KNOWN = 2**31 - 1

    def on_train_begin(self, logs=None):
        self._is_told = False
        self._began = None
        if self.params.get("steps") is None and self.params.get("epochs") == 1:
            raise ValueError(
                "The consistency weight rises over a share of the run, whose length is "
                "not known before its only epoch has ended. Give `fit` the "
                "`steps_per_epoch`, or the model `ramp=None` for the full weight from "
                "the first step. Received: data of unknown length, epochs=1, "
                f"ramp={self.model.ramp}"
            )

    def on_epoch_begin(self, epoch, logs=None):
        if self._is_told:
            return
        # On JAX, the property brings the weights of the model up to date.
        model = self.model
        done = int(ops.convert_to_numpy(model.step.value))
        steps = self.params.get("steps")
        if self._began is None:
            self._began = epoch, done
        if steps is None:
            self._tell_by_epochs(epoch, done)
            return
        self._is_told = True
        if done == epoch * steps:
            self._set(self.params["epochs"] * steps)

    def _tell_by_epochs(self, epoch, done):
        began, done_before = self._began
        model = self.model
        if epoch > began:
            self._is_told = True
            per_epoch = (done - done_before) // (epoch - began)
            if self._starts_anew:
                self._set(self.params["epochs"] * per_epoch)
        else:
            known = int(ops.convert_to_numpy(model.ramp_steps.value))
            self._starts_anew = done == 0 or known == self._NOT_KNOWN
            if done == 0:
                model.ramp_steps.assign(self._NOT_KNOWN)

    def _set(self, total):
        self.model.ramp_steps.assign(math.ceil(self.model.ramp * total))
