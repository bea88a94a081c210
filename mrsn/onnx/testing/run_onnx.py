"""Runs an ONNX file with ONNX Runtime, for tests.

  run_onnx.py SITE MODEL FOLDER...

SITE holds the packages onnxruntime and numpy. For each FOLDER the model is run once: the file <input> there
is read for each of its inputs, and <output> written for each output. Such a file is a line "float32 2 3 4" of
type and shape, and the values, little-endian and row-major.
"""
import os
import sys

site, model, *folders = sys.argv[1:]
sys.path.insert(0, site)
import numpy
import onnxruntime


def read(path):
    with open(path, "rb") as file:
        kind, *shape = file.readline().decode().split()
        return numpy.frombuffer(file.read(), dtype=kind).reshape([int(size) for size in shape])


def write(path, array):
    with open(path, "wb") as file:
        file.write((" ".join([str(array.dtype), *map(str, array.shape)]) + "\n").encode())
        file.write(numpy.ascontiguousarray(array).tobytes())


options = onnxruntime.SessionOptions()
options.intra_op_num_threads = 1
options.log_severity_level = 3  # errors
session = onnxruntime.InferenceSession(model, options, providers=["CPUExecutionProvider"])
names = [output.name for output in session.get_outputs()]
for folder in folders:
    inputs = {i.name: read(os.path.join(folder, i.name)) for i in session.get_inputs()}
    for name, array in zip(names, session.run(names, inputs)):
        write(os.path.join(folder, name), array)
