"""Which layers are measured, in networks of real size and behind masks."""

import keras
import numpy as np
import pytest
from keras import layers, ops

from keras_mixup._networks.rewire import common_layers
from keras_mixup.linearity import LinearityProbe, nonlinearity
from keras_mixup.models import ManifoldMixupModel


def real(name, **options):
    return getattr(keras.applications, name)(weights=None, classes=10, **options)


@pytest.mark.tensorflow
@pytest.mark.parametrize(
    ("name", "first", "endings"),
    [
        ("ResNet50", "conv1_conv", "_add"),
        ("ResNet50V2", "conv1_conv", "_out"),
        ("DenseNet121", "conv1_conv", "_concat"),
        ("EfficientNetV2B0", "stem_conv", "_add"),
    ],
)
def test_ends_of_blocks_of_real_networks(name, first, endings):
    names = LinearityProbe(real(name, input_shape=(64, 64, 3))).layers
    assert len(names) == len(set(names)) == 12
    assert (names[0], names[-1]) == (first, "predictions")
    # A gate within a block, as squeeze and excitation have it, is no end of one.
    assert all(name.endswith(endings) for name in names[1:-1])


@pytest.mark.tensorflow
def test_a_nested_backbone_is_entered():
    backbone = keras.applications.MobileNetV2(
        weights=None, include_top=False, input_shape=(32, 32, 3)
    )
    network = keras.Sequential(
        [backbone, layers.GlobalAveragePooling2D(), layers.Dense(10, name="logits")]
    )
    names = LinearityProbe(network).layers
    assert len(names) == 12
    assert all(name.endswith("_add") for name in names[1:-1])
    assert names[1].startswith(f"{backbone.name}/")
    assert names[-1] == "logits"


def reader(num_blocks, mask):
    """A transformer that reads words.

    Args:
        num_blocks: Integer.
        mask: "keras" for `mask_zero`, "input" for a second input of zeros and ones.
    """
    inputs = [keras.Input((6,), dtype="int32", name="words")]
    h = layers.Embedding(50, 4, mask_zero=mask == "keras", name="embedding")(inputs[0])
    options = {}
    if mask == "input":
        inputs.append(keras.Input((6,), dtype="int32", name="mask"))
        options["attention_mask"] = ops.cast(inputs[1][:, None, :], "bool")
    for number in range(num_blocks):
        attended = layers.MultiHeadAttention(2, 2, name=f"attention_{number}")(
            h, h, **options
        )
        h = layers.Add(name=f"sum_{number}")([h, attended])
        h = layers.LayerNormalization(name=f"norm_{number}")(h)
        wide = layers.Dense(8, "relu", name=f"wide_{number}")(h)
        narrow = layers.Dense(4, name=f"narrow_{number}")(wide)
        h = layers.Add(name=f"block_{number}")([h, narrow])
    pooled = layers.GlobalAveragePooling1D(name="mean")(h)
    return keras.Model(inputs, layers.Dense(2, name="logits")(pooled))


def words():
    x = np.random.default_rng(0).integers(1, 50, (12, 6))
    x[::2, 3:] = 0
    return x


@pytest.mark.parametrize("mask", ["keras", "input"])
def test_blocks_behind_an_embedding_with_padding(mask):
    network, x = reader(4, mask), words()
    examples = x if mask == "keras" else [x, (x > 0).astype("int32")]
    with pytest.raises(ValueError, match='start="embedding"'):
        nonlinearity(network, examples)
    result = nonlinearity(network, examples, start="embedding")
    sums = [f"{kind}_{i}" for i in range(4) for kind in ("sum", "block")]
    assert list(result) == [*sums, "logits"]
    few = nonlinearity(reader(1, mask), examples, start="embedding")
    assert list(few) == ["attention_0", "norm_0", "wide_0", "narrow_0", "logits"]


def masked_network(*after):
    words = keras.Input((6,), dtype="int32")
    h = layers.Embedding(50, 4, mask_zero=True, name="embedding")(words)
    for layer in after:
        h = layer(h)
    return keras.Model(words, layers.Dense(2, name="logits")(h))


def test_a_keras_mask_is_no_way_around_a_layer():
    x = words()
    network = masked_network(
        layers.LSTM(3, return_sequences=True, name="first"), layers.LSTM(3, name="last")
    )
    assert list(nonlinearity(network, x, start="embedding")) == [
        "first",
        "last",
        "logits",
    ]
    assert list(nonlinearity(network, x, start="first")) == ["last", "logits"]
    # A mixture there would go on with the mask of one of its examples.
    assert common_layers(network) == ["last", "logits"]
    with pytest.raises(ValueError, match=r"without a mask.*shape \(None, 6, 4\)"):
        ManifoldMixupModel(network, ["embedding"])
    model = ManifoldMixupModel(network, ["last"])
    model.compile("sgd", keras.losses.SparseCategoricalCrossentropy(True))
    model.fit(x, np.arange(12) % 2, verbose=0)
    # A mask that is handed to a layer as a value of its own is one.
    ids = keras.Input((6,), dtype="int32")
    h = layers.Embedding(50, 4, name="embedding")(ids)
    h = layers.GlobalAveragePooling1D(name="mean")(h, mask=ids > 0)
    with_values = keras.Model(ids, layers.Dense(2, name="logits")(h))
    assert common_layers(with_values) == ["mean", "logits"]


def test_previous_names_the_layers_that_work():
    inputs = keras.Input((6,))
    a = layers.Dense(6, "relu", name="a")(inputs)
    b = layers.Dense(6, "relu", name="b")(a)
    h = layers.Add(name="sum")([a, b])
    network = keras.Model(inputs, layers.Dense(2, name="c")(h))
    x = np.random.default_rng(0).normal(size=(9, 6))
    works = (
        r"'c' must be .* before it, 'b', alone.*Layers that work: \['a', 'sum', 'c'\]"
    )
    with pytest.raises(ValueError, match=works):
        nonlinearity(network, x, start="previous")
    result = nonlinearity(network, x, ["a", "sum", "c"], start="previous")
    assert list(result) == ["a", "sum", "c"]


def saved_and_loaded(network, folder):
    network.save(folder / "network.keras")
    return keras.saving.load_model(folder / "network.keras")


def test_a_loaded_network_has_its_masks(tmp_path):
    x = words()
    first = layers.LSTM(3, return_sequences=True, name="first")
    network = masked_network(first, layers.LSTM(3, name="last"))
    loaded = saved_and_loaded(network, tmp_path)
    for start in ("embedding", "first"):
        expected = nonlinearity(network, x, start=start)
        found = nonlinearity(loaded, x, start=start)
        assert list(found) == list(expected)
        for name, layer in expected.items():
            assert found[name].value == pytest.approx(layer.value, abs=1e-6)
    with pytest.raises(ValueError, match='start="embedding"'):
        nonlinearity(loaded, x)
