"""Scalars and pictures for TensorBoard, without TensorFlow."""

import glob
import os
import struct
import time

from tensorboard.compat.proto.event_pb2 import Event
from tensorboard.compat.proto.summary_pb2 import Summary
from tensorboard.summary import Writer
from tensorboard.summary.writer.event_file_writer import EventFileWriter


def write(folder, step, scalars, images):
    """Writes event files, in place of those in the folder.

    Args:
        folder: path of the folder.
        step: int.
        scalars: `{tag: float}`.
        images: `{tag: path of a PNG}`.
    """
    for old in glob.glob(os.path.join(glob.escape(folder), "events.*")):
        os.remove(old)
    writer = Writer(folder)
    for tag, value in scalars.items():
        writer.add_scalar(tag, value, step)
    writer.close()
    # `Writer` has no pictures yet.
    pictures = EventFileWriter(folder)
    for tag, path in images.items():
        value = Summary.Value(tag=tag, image=_image(path))
        summary = Summary(value=[value])
        pictures.add_event(Event(wall_time=time.time(), step=step, summary=summary))
    pictures.close()


def _image(path):
    with open(path, "rb") as file:
        content = file.read()
    # Every PNG states its size there, RGBA is colour space 4.
    width, height = struct.unpack(">II", content[16:24])
    return Summary.Image(
        width=width, height=height, colorspace=4, encoded_image_string=content
    )
