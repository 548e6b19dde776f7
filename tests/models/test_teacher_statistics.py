"""The moving statistics that a teacher comes with."""

import keras
import numpy as np
import pytest

from keras_mixup.models import ICTModel, MixMatchModel


def network():
    return keras.Sequential(
        [
            keras.Input((4,)),
            keras.layers.Dense(8),
            keras.layers.BatchNormalization(momentum=0.9),
            keras.layers.Dense(3),
        ]
    )


def trained(model_class, steps=3, **options):
    keras.utils.set_random_seed(0)
    model = model_class(network(), num_views=1, teacher_decay=0.9, seed=0, **options)
    loss = keras.losses.SparseCategoricalCrossentropy(from_logits=True)
    model.compile(keras.optimizers.SGD(0.5), loss)
    rng = np.random.default_rng(1)
    x = {
        "labeled": rng.normal(2, 1, size=(6, 4)).astype("float32"),
        "unlabeled": rng.normal(2, 1, size=(8, 4)).astype("float32"),
    }
    seen = [model.network.get_weights()]
    for _ in range(steps):
        model.train_on_batch(x, np.array([0, 1, 2, 0, 1, 2]))
        seen.append(model.network.get_weights())
    return model, seen


def averages(seen):
    """Moving averages by the documented rule, of weights after each step."""
    average = [w.astype("float64") for w in seen[0]]
    for step, weights in enumerate(seen[1:], start=1):
        keep = min(1 - 1 / (step + 1), 0.9)
        average = [keep * a + (1 - keep) * w for a, w in zip(average, weights)]
    return average


def are_trained(model):
    return [weight.trainable for weight in model.network.weights]


@pytest.mark.parametrize("model_class", [ICTModel, MixMatchModel])
@pytest.mark.parametrize("statistics", ["averaged", "copied"])
def test_against_numpy(model_class, statistics):
    model, seen = trained(model_class, teacher_statistics=statistics)
    assert are_trained(model).count(False) == 2
    everything = zip(
        model.teacher.get_weights(), averages(seen), seen[-1], are_trained(model)
    )
    for found, average, last, is_trained in everything:
        copied = statistics == "copied" and not is_trained
        np.testing.assert_allclose(
            found, last if copied else average, rtol=1e-4, atol=1e-6
        )
        if not is_trained:
            assert not np.allclose(average, last, rtol=1e-2)


def test_statistics_change_no_training():
    (_, one), (_, other) = (
        trained(MixMatchModel, teacher_statistics=statistics)
        for statistics in ("averaged", "copied")
    )
    for first, second in zip(one[-1], other[-1]):
        np.testing.assert_array_equal(first, second)


def test_saving_round_trip(tmp_path):
    model, _ = trained(ICTModel, teacher_statistics="copied")
    model.save(tmp_path / "model.keras")
    loaded = keras.models.load_model(tmp_path / "model.keras")
    assert loaded.teacher_statistics == "copied"
    assert ICTModel(network()).teacher_statistics == "averaged"


def test_errors():
    with pytest.raises(ValueError, match=r"`teacher_statistics` must be.*'own'"):
        ICTModel(network(), teacher_statistics="own")
