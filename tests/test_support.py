"""What is mixed and what is refused: the table of docs/support.md, row by row.

`python tests/test_support.py` writes the table into the page.
"""

import dataclasses
import re
from collections.abc import Callable
from pathlib import Path

import keras
import numpy as np
import pytest
import scipy.sparse
from keras import ops

from keras_mixup import models

PAGE = Path(__file__).resolve().parents[1] / "docs" / "support.md"
BEGIN, END = "<!-- cases: begin -->\n", "<!-- cases: end -->\n"

L = keras.layers
X = np.random.RandomState(0).normal(size=(8, 4)).astype("float32")
IDS = np.arange(8) % 3
ROWS = np.eye(3, dtype="float32")[IDS]
SEVERAL = (np.arange(24).reshape(8, 3) % 2).astype("float32")
STEPS = np.random.RandomState(1).normal(size=(8, 5, 2)).astype("float32")
STEPS[:, 3:] = 0
STEP_IDS = np.arange(40).reshape(8, 5) % 3
WORDS = np.arange(32).reshape(8, 4) % 9
SPARSE = keras.losses.SparseCategoricalCrossentropy
BINARY = keras.losses.BinaryCrossentropy


@dataclasses.dataclass(frozen=True)
class Case:
    """A row of the table.

    Args:
        what: What is given.
        how: How it is mixed, or why it is refused.
        run: Function that trains a step with it.
        refusal: Part of the message of a refusal, `None` where it is mixed.
    """

    what: str
    how: str
    run: Callable[[], object]
    refusal: str | None = None


def dense(units=3, dtype="float32", shape=(4,)):
    return keras.Sequential([keras.Input(shape, dtype=dtype), L.Dense(units)])


def words(mask_zero=False):
    table = L.Embedding(9, 3, mask_zero=mask_zero, name="words")
    inputs = keras.Input((4,))
    return keras.Model(inputs, L.Dense(3)(L.Flatten()(table(inputs))))


def steps(*first):
    return keras.Sequential(
        [keras.Input((5, 2)), *first, L.LSTM(3, return_sequences=True), L.Dense(3)]
    )


def masked_by_an_input():
    x, mask = keras.Input((5, 2)), keras.Input((5,), dtype="bool", name="valid")
    return keras.Model([x, mask], L.Dense(3)(L.LSTM(3)(x, mask=mask)))


def two_outputs():
    inputs = keras.Input((4,))
    return keras.Model(
        inputs, [L.Dense(1, name="age")(inputs), L.Dense(3, name="kind")(inputs)]
    )


def residual(layer):
    inputs = keras.Input((4,))
    stem = L.Dense(4, name="stem")(inputs)
    block = L.Add(name="block")([stem, L.Dense(4, name="branch")(stem)])
    network = keras.Model(inputs, L.Dense(3)(block))
    return models.ManifoldMixupModel(network, [layer])


def own_loss(y_true, y_pred):
    return ops.mean(ops.square(y_pred - y_true), axis=-1)


def own_loss_of_ids(y_true, y_pred):
    return keras.losses.sparse_categorical_crossentropy(y_true, y_pred, True)


def step(model, x=X, y=IDS, loss=None, sample_weight=None, **options):
    """Trains one step, which must leave finite weights."""
    if not isinstance(model, models.MixupModel | models.ManifoldMixupModel | ICT):
        model = models.MixupModel(model, seed=0)
    model.compile("sgd", SPARSE(from_logits=True) if loss is None else loss)
    if hasattr(model, "teacher"):
        x = {"labeled": x, "unlabeled": x}
    model.fit(x, y, sample_weight=sample_weight, verbose=0, **options)
    assert all(np.isfinite(weight).all() for weight in model.network.get_weights())


ICT = models.ICTModel | models.MixMatchModel | models.ApproximateMixupModel

INPUTS = [
    Case("floats of any width, images as bytes", "mixed in float", lambda: step(
        dense(dtype="uint8"), np.full((8, 4), 200, "uint8"))),
    Case("whole numbers that the network computes with: counts, pixels as int32",
         "mixed in float32; the cast to integers that a functional network declares is "
         "left out", lambda: step(dense(dtype="int32"), WORDS)),
    Case("booleans that the network computes with", "mixed as 0 and 1",
         lambda: step(dense(), X > 0)),
    Case("words, categories, indices, whatever their dtype",
         "refused: the mixture of two words is a third word. Mix behind the embedding, "
         'with `ManifoldMixupModel(network, ["words"])`',
         lambda: step(words(), WORDS.astype("float32")), "It looks this one up"),
    Case("the activations behind an embedding", "mixed", lambda: step(
        models.ManifoldMixupModel(words(), ["words"]), WORDS)),
    Case("a mask as an input", "refused: the mixture of two masks is their union",
         lambda: step(masked_by_an_input(), [STEPS, STEPS[..., 0] != 0]),
         "vary with this one but in steps"),
    Case("strings, objects, complex numbers", "refused: they have no mixtures",
         lambda: models.MixupModel(dense()).check_inputs(np.array([["a"]])),
         "Expected inputs of real numbers"),
    Case("sparse and ragged arrays", "refused: make them dense", lambda: step(
        keras.Sequential([keras.Input((4,), sparse=True), L.Dense(3)]),
        scipy.sparse.csr_matrix(X)), "Expected dense inputs"),
]  # fmt: skip

LABELS = [
    Case("class ids under a sparse categorical cross-entropy, of one output or several",
         "mixed as one-hot rows", lambda: step(
             two_outputs(), y=[X[:, :1], IDS], loss=["mse", SPARSE(from_logits=True)])),
    Case("rows of probabilities, independent labels, targets of a regression", "mixed",
         lambda: step(dense(), y=SEVERAL, loss=BINARY(from_logits=True))),
    Case("labels of a hinge loss, 0 and 1 or -1 and 1", "mixed as -1 and 1",
         lambda: step(dense(1), y=(IDS > 0).astype("float32"), loss="hinge")),
    Case("losses that read labels by value: categorical hinge, CTC, circle",
         "refused: compile a cross-entropy", lambda: step(
             dense(), y=ROWS, loss=keras.losses.CategoricalHinge()),
         "reads its labels by value"),
    Case("class ids, float ones too, under a loss of your own",
         "refused: their mean is another class. One-hot encode them",
         lambda: step(dense(), y=IDS.astype("float32"), loss=own_loss_of_ids),
         "Class ids can be mixed under"),
    Case("rows under a loss of your own", "mixed", lambda: step(
        dense(), y=ROWS, loss=own_loss)),
    Case("sample and class weights, of examples, steps or pixels",
         "the mixture weighs `sum lambda w`, its label is `sum lambda w y / sum lambda "
         "w`; an example of weight 0 has no say", lambda: step(
             steps(), STEPS, STEP_IDS, sample_weight=np.ones((8, 5), "float32"))),
    Case("masks of `Masking` and of embeddings", "as weights of 0", lambda: step(
        steps(L.Masking(0.0)), STEPS, STEP_IDS)),
    Case("`Masking` of another value than 0",
         "refused: the padding of one example would be mixed into another; pad with 0",
         lambda: step(steps(L.Masking(-1.0)), STEPS, STEP_IDS),
         "Expected padding of 0"),
    Case("`ignore_class`", "as weights of 0", lambda: step(
        steps(), STEPS, STEP_IDS, loss=SPARSE(from_logits=True, ignore_class=1))),
]  # fmt: skip

METHODS = [
    Case("`ICTModel`, binary cross-entropy", "compares sigmoids", lambda: step(
        models.ICTModel(dense()), y=SEVERAL, loss=BINARY(from_logits=True))),
    Case("`ICTModel`, regression", "compares outputs", lambda: step(
        models.ICTModel(dense(1)), y=X[:, :1], loss="mse")),
    Case("`ICTModel`, a loss of your own", "refused, unless `target=\"logits\"`: it "
         "does not say what the outputs mean", lambda: step(
             models.ICTModel(dense()), y=ROWS, loss=own_loss),
         "must know what the outputs mean"),
    Case('`ICTModel(target="logits")`, a loss of your own', "compares outputs",
         lambda: step(models.ICTModel(dense(), target="logits"), y=ROWS,
                      loss=own_loss)),
    Case("`MixMatchModel`, binary cross-entropy", "guesses and sharpens each label",
         lambda: step(models.MixMatchModel(dense(), num_views=1), y=SEVERAL,
                      loss=BINARY(from_logits=True))),
    Case("`MixMatchModel`, regression or a loss of your own",
         "refused: there are no probabilities to sharpen", lambda: step(
             models.MixMatchModel(dense(1), num_views=1), y=X[:, :1], loss="mse"),
         "must know what the outputs mean"),
    Case("`MixupEModel`, binary cross-entropy", "regularises the mean over the labels",
         lambda: step(models.MixupEModel(dense()), y=SEVERAL,
                      loss=BINARY(from_logits=True))),
    Case("`MixupEModel`, regression or a loss of your own",
         "refused: its regulariser is that of a cross-entropy", lambda: step(
             models.MixupEModel(dense(1)), y=X[:, :1], loss="mse"),
         "must know what the outputs mean"),
    Case("`ApproximateMixupModel`, any loss but a categorical cross-entropy from "
         "logits; weights; masks; several devices",
         "refused: its expansion has other terms there", lambda: step(
             models.ApproximateMixupModel(dense()), y=SEVERAL,
             loss=BINARY(from_logits=True)), "For any other loss use MixupModel"),
    Case("a cross-entropy of probabilities, where a method reads logits",
         "refused: leave out the last softmax", lambda: step(
             models.ICTModel(dense()), loss=SPARSE()), "from_logits=True"),
]  # fmt: skip

NETWORKS = [
    Case("a layer that every path goes through, for `ManifoldMixupModel`", "mixed at",
         lambda: step(residual("block"))),
    Case("a layer inside a residual branch",
         "refused: the skip connection would not be mixed, though the labels are",
         lambda: residual("branch"), "every path through the network"),
    Case("a network whose `call` takes no `training`", "trained", lambda: step(
        built(WithoutTraining()))),
    Case("a teacher of a network that its config cannot rebuild",
         "refused: write `get_config`, or give `teacher_decay=None`",
         lambda: models.ICTModel(built(WithoutTraining(note=object()))),
         "A teacher needs a network"),
    Case("a network with a `preprocessor` (KerasHub)",
         "refused: map it over the data set", lambda: models.MixupModel(preprocessed()),
         "preprocessor of the network would not be used"),
    Case("weights added after wrapping (`enable_lora`), with a teacher",
         "refused: change the network first", lambda: adapted_later(),
         "other weights than when it was wrapped"),
]  # fmt: skip


class WithoutTraining(keras.Model):
    def __init__(self, note=None):
        super().__init__()
        self.head = L.Dense(3)

    def call(self, x):
        return self.head(x)


def built(network):
    network(X)
    return network


def preprocessed():
    network = dense()
    network.preprocessor = lambda x: x
    return network


def adapted_later():
    network = dense()
    model = models.ICTModel(network)
    network.layers[-1].enable_lora(2)
    step(model)


TABLES = {
    "Inputs": INPUTS,
    "Labels and weights": LABELS,
    "Methods and losses": METHODS,
    "Networks": NETWORKS,
}
ALL = [case for cases in TABLES.values() for case in cases]


def marks(case):
    """A refusal comes before anything is compiled."""
    return [pytest.mark.slow_on_tensorflow] if case.refusal is None else []


@pytest.mark.parametrize(
    "case", [pytest.param(one, id=one.what[:50], marks=marks(one)) for one in ALL]
)
def test_the_table_is_true(case):
    if case.refusal is None:
        case.run()
        return
    if case.what.startswith("sparse") and keras.config.backend() == "torch":
        pytest.skip("Keras has no sparse tensors on PyTorch, and says so")
    with pytest.raises(ValueError, match=re.escape(case.refusal)):
        case.run()


def table():
    parts = []
    for title, cases in TABLES.items():
        parts += [f"### {title}\n", "| | |\n| --- | --- |"]
        parts += [f"| {case.what} | {case.how} |" for case in cases]
        parts += [""]
    return "\n".join(parts) + "\n"


def test_the_page_has_the_table():
    assert table() in PAGE.read_text()


if __name__ == "__main__":
    before, rest = PAGE.read_text().split(BEGIN)
    PAGE.write_text(before + BEGIN + "\n" + table() + END + rest.split(END)[1])
