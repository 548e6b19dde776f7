"""The former names of arguments, until the next release."""

import zipfile

import keras
import numpy as np
import pytest

from keras_mixup import applications, mixing
from keras_mixup.layers import DirichletMixup
from keras_mixup.models import ICTModel, ManifoldMixupModel, MixupEModel, MixupModel

FORMER = "`symmetrize` is called `dominant_first`"


def with_network(model_class):
    def make(**options):
        network = applications.MLP((3,), 2, hidden_units=(4,))
        return model_class(network, seed=0, **options)

    return make


CLASSES = (ICTModel, ManifoldMixupModel, MixupEModel, MixupModel)
MAKERS = [DirichletMixup, *(with_network(each) for each in CLASSES)]


def places(caught):
    """The files that the warnings of a former name point at."""
    return [each.filename for each in caught if FORMER in str(each.message)]


@pytest.mark.parametrize("make", MAKERS)
def test_a_former_name_is_read_with_one_warning_and_not_written(make):
    with pytest.warns(DeprecationWarning, match=FORMER) as caught:
        made = make(symmetrize=True)
    assert places(caught) == [__file__]
    assert made.dominant_first is True
    config = made.get_config()
    assert config["dominant_first"] is True
    assert "symmetrize" not in config
    assert make().dominant_first is False


@pytest.mark.parametrize("make", MAKERS)
def test_a_configuration_with_a_former_name_is_read(make):
    made = make(dominant_first=True)
    config = made.get_config()
    config["symmetrize"] = config.pop("dominant_first")
    with pytest.warns(DeprecationWarning, match=FORMER) as caught:
        copy = type(made).from_config(config)
    assert places(caught) == [__file__]
    assert copy.dominant_first is True


def test_a_file_with_a_former_name_is_read(tmp_path):
    model = with_network(MixupModel)(dominant_first=True)
    model.compile("sgd", keras.losses.SparseCategoricalCrossentropy(from_logits=True))
    x, y = np.ones((4, 3), "float32"), np.arange(4) % 2
    model.fit(x, y, verbose=0)
    path, former = str(tmp_path / "new.keras"), str(tmp_path / "former.keras")
    model.save(path)
    with zipfile.ZipFile(path) as new, zipfile.ZipFile(former, "w") as old:
        for name in new.namelist():
            content = new.read(name)
            if name == "config.json":
                assert content.count(b'"dominant_first"') == 1
                content = content.replace(b'"dominant_first"', b'"symmetrize"')
            old.writestr(name, content)
    with pytest.warns(DeprecationWarning, match=FORMER) as caught:
        loaded = keras.saving.load_model(former)
    assert places(caught) == [__file__]
    assert loaded.dominant_first is True
    np.testing.assert_array_equal(
        loaded.predict(x, verbose=0), model.network.predict(x, verbose=0)
    )


@pytest.mark.parametrize("make", MAKERS)
def test_a_setting_that_is_changed_under_a_former_name_counts(make, tmp_path):
    made = make()
    with pytest.warns(DeprecationWarning, match=FORMER) as caught:
        made.symmetrize = True
    assert places(caught) == [__file__]
    assert made.dominant_first is made.symmetrize is True
    assert made.get_config()["dominant_first"] is True
    if isinstance(made, keras.Model):
        made.save(str(tmp_path / "model.keras"))


def test_draws_are_the_same_by_either_name():
    draws = mixing.draw(9, 3, 0.5, (0, 1), dominant_first=True)
    with pytest.warns(DeprecationWarning, match=FORMER):
        former = mixing.draw(9, 3, 0.5, (0, 1), symmetrize=True)
    for one, other in zip(draws, former):
        np.testing.assert_array_equal(one, other)


def test_both_names_are_refused():
    with pytest.raises(ValueError, match="leave `symmetrize` out"):
        DirichletMixup(symmetrize=True, dominant_first=True)
