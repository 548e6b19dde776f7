"""Scalars, pictures and settings for TensorBoard, without TensorFlow."""

import glob
import os
import struct
import time

from tensorboard.compat.proto.event_pb2 import Event
from tensorboard.compat.proto.summary_pb2 import Summary
from tensorboard.compat.proto.tensor_pb2 import TensorProto
from tensorboard.compat.proto.tensor_shape_pb2 import TensorShapeProto
from tensorboard.compat.proto.types_pb2 import DT_FLOAT
from tensorboard.plugins.scalar import metadata as scalar
from tensorboard.summary.writer.event_file_writer import EventFileWriter


class EventFile:
    """One event file, in place of those that are in the folder.

    Use it as a context manager, or close it.

    Args:
        folder: path of the folder, which is made.
        adds: bool, whether the files that are there stay.
    """

    def __init__(self, folder, adds=False):
        if not adds:
            for old in glob.glob(os.path.join(glob.escape(folder), "events.*")):
                os.remove(old)
        self._writer = EventFileWriter(folder)

    def __enter__(self):
        return self

    def __exit__(self, *exception):
        self.close()

    def add_scalar(self, tag, value, step):
        """Adds a number."""
        kind = scalar.create_summary_metadata(display_name="", description="")
        tensor = TensorProto(
            dtype=DT_FLOAT, tensor_shape=TensorShapeProto(), float_val=[value]
        )
        number = Summary.Value(tag=tag, metadata=kind, tensor=tensor)
        self.add(Summary(value=[number]), step)

    def add_image(self, tag, path, step):
        """Adds the picture in a PNG file."""
        self.add(Summary(value=[Summary.Value(tag=tag, image=_image(path))]), step)

    def add(self, summary, step=0):
        """Adds a `Summary`."""
        event = Event(wall_time=time.time(), step=step, summary=summary)
        self._writer.add_event(event)

    def flush(self):
        """Hands everything to the system."""
        self._writer.flush()

    def close(self):
        """Flushes and closes the file."""
        self._writer.close()


def write(folder, step, scalars, images):
    """Writes an event file, in place of those in the folder.

    Args:
        folder: path of the folder.
        step: int.
        scalars: `{tag: float}`.
        images: `{tag: path of a PNG}`.
    """
    with EventFile(folder) as events:
        for tag, value in scalars.items():
            events.add_scalar(tag, value, step)
        for tag, path in images.items():
            events.add_image(tag, path, step)


def _image(path):
    with open(path, "rb") as file:
        content = file.read()
    # Every PNG states its size there, RGBA is colour space 4.
    width, height = struct.unpack(">II", content[16:24])
    return Summary.Image(
        width=width, height=height, colorspace=4, encoded_image_string=content
    )
