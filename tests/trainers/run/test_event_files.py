"""Events are read back as TensorBoard reads them."""

import io

import numpy as np
import pytest

from trainers import plots
from trainers.run import event_files

event_accumulator = pytest.importorskip(
    "tensorboard.backend.event_processing.event_accumulator"
)


def write(folder, value):
    picture = str(folder / "picture.png")
    with plots.figure(picture, width=2, height=1) as (_, (axes,)):
        axes.plot([0, value])
    events = folder / "events [1]"  # Brackets mean something to `glob`.
    event_files.write(str(events), 30, {"accuracy": value}, {"figure": picture})
    return events, picture


def test_scalars_and_pictures(tmp_path):
    from matplotlib.image import imread

    write(tmp_path, 0.25)
    events, picture = write(tmp_path, 0.5)
    accumulator = event_accumulator.EventAccumulator(str(events)).Reload()
    (scalar,) = accumulator.Tensors("accuracy")
    # The second time took the place of the first.
    assert (scalar.step, scalar.tensor_proto.float_val[0]) == (30, 0.5)
    (image,) = accumulator.Images("figure")
    assert (image.step, image.width, image.height) == (30, 240, 120)
    np.testing.assert_array_equal(
        imread(io.BytesIO(image.encoded_image_string)), imread(picture)
    )


def test_a_number_is_added_to_what_is_there(tmp_path):
    events, _ = write(tmp_path, 0.25)
    with event_files.EventFile(str(events), adds=True) as file:
        file.add_scalar("later", 0.75, 40)
    accumulator = event_accumulator.EventAccumulator(str(events)).Reload()
    values = {
        tag: accumulator.Tensors(tag)[0].tensor_proto.float_val[0]
        for tag in ("accuracy", "later")
    }
    assert values == {"accuracy": 0.25, "later": 0.75}
