"""Writes the .pth files of this folder with PyTorch: python make_testdata.py

Values are 0, 1, 2, .. in the order of the names (modulo 1024, so that every dtype holds
them exactly), continued from tensor to tensor; tests recompute them.
"""
import collections
import datetime
import decimal
import os
import pathlib

import numpy as np
import torch
from torch import nn

HERE = pathlib.Path(__file__).parent
counter = 0


def values(*shape, dtype=torch.float32):
    global counter
    count = int(np.prod(shape)) if shape else 1
    flat = torch.arange(counter, counter + count) % 1024
    counter += count
    return flat.to(dtype).reshape(shape)


def save(name, content, **options):
    global counter
    torch.save(content, HERE / name, **options)
    counter = 0


def norm(name, channels):
    state = {f"{name}.{part}": values(channels) for part in ["weight", "bias", "running_mean", "running_var"]}
    state[f"{name}.num_batches_tracked"] = values(dtype=torch.int64)
    return state


def slow_only(classes):
    """PySlowFast's names: 2 channels, one block of one stage, linear head."""
    state = {"s1.pathway0_stem.conv.weight": values(2, 3, 1, 3, 3), **norm("s1.pathway0_stem.bn", 2)}
    block = "s2.pathway0_res0"
    state.update({f"{block}.branch1.weight": values(4, 2, 1, 1, 1), **norm(f"{block}.branch1_bn", 4)})
    state.update({f"{block}.branch2.a.weight": values(1, 2, 3, 1, 1), **norm(f"{block}.branch2.a_bn", 1)})
    state.update({f"{block}.branch2.b.weight": values(1, 1, 1, 3, 3), **norm(f"{block}.branch2.b_bn", 1)})
    state.update({f"{block}.branch2.c.weight": values(4, 1, 1, 1, 1), **norm(f"{block}.branch2.c_bn", 4)})
    state.update({"head.projection.weight": values(classes, 4), "head.projection.bias": values(classes)})
    return state


# What PySlowFast writes: the OrderedDict of a module, with _metadata, an optimizer and a config.
layer = nn.Linear(1, 1)
optimizer = torch.optim.SGD(layer.parameters(), lr=0.1, momentum=0.9)
layer(torch.ones(1, 1)).sum().backward()
optimizer.step()
state = collections.OrderedDict(slow_only(3))
state._metadata = layer.state_dict()._metadata
save("pyslowfast.pyth", {"epoch": 19, "model_state": state, "optimizer_state": optimizer.state_dict(), "cfg": "A: 1"})
save("ordered.pth", collections.OrderedDict(slow_only(3)))
save("plain.pth", slow_only(3))
save("data_parallel.pth", {"module." + name: tensor for name, tensor in slow_only(3).items()})
save("legacy.pth", {"epoch": 19, "model_state": state, "optimizer_state": optimizer.state_dict()},
     _use_new_zipfile_serialization=False)
base = values(6)
save("legacy_tiny.pth", {"a": base[:4].reshape(2, 2), "b": values(1, dtype=torch.int64), "rest": base[4:]},
     _use_new_zipfile_serialization=False)
save("legacy_complex.pth", {"a": values(2), "optimizer": torch.ones(1, dtype=torch.complex64)},
     _use_new_zipfile_serialization=False)
for protocol in [3, 4, 5]:
    save(f"protocol{protocol}.pth", {"w": values(2, 3), "long_name" * 40: values(1)}, pickle_protocol=protocol)

# mmaction2: weights beside objects of other libraries, among them none that could be made here.
log = collections.deque([np.float64(0.5), np.int64(3)])
save("mmaction2.pth", {
    "meta": {"time": datetime.datetime(2023, 1, 2), "epoch": 8, "big": 1 << 100, "set": {1, 2}, "frozen": frozenset([1]),
             "path": pathlib.PurePosixPath("a"), "decimal": decimal.Decimal("1.5"), "none": None, "half": 0.5,
             "counts": collections.defaultdict(list, {"a": [1]}), "bytes": b"\x00\xff", "size": torch.Size([1, 2]),
             "device": torch.device("cpu"), "dtype": torch.float16, "minus": -5},
    "message_hub": {"log": log, "array": np.arange(3.0), "scalar": np.float32(2)},
    "optimizer": {"state": {0: {"momentum_buffer": torch.ones(2)}}, "param_groups": [{"params": [0], "lr": 0.1}]},
    "state_dict": collections.OrderedDict({"backbone.conv1.conv.weight": values(2, 3, 1, 1, 1), **norm("backbone.conv1.bn", 2),
                                           "roi_head.bbox_head.fc_cls.weight": values(4, 2),
                                           "roi_head.bbox_head.fc_cls.bias": values(4)})})

# Views: transposed, strided, a part of a shared storage, a whole one twice; Parameters; no and zero dimensions.
base = values(24)
parameter = nn.Parameter(values(2))
parameter.note = "an attribute"
save("views.pth", {"transposed": base.reshape(4, 6).t(), "every_third": base[1::3], "middle": base[5:9],
                   "whole": base, "again": base.reshape(2, 3, 4), "parameter": nn.Parameter(values(3), requires_grad=False),
                   "parameter_with_state": parameter, "scalar": values(), "empty": torch.empty(0, 4)})
save("dtypes.pth", {str(dtype).split(".")[1]: values(3, dtype=dtype) for dtype in [
    torch.float32, torch.float64, torch.float16, torch.bfloat16, torch.int64, torch.int32, torch.int16, torch.int8,
    torch.uint8, torch.bool]})
save("complex.pth", {"state_dict": {"w": torch.ones(2, dtype=torch.complex64)}})
save("no_state.pth", {"epoch": 3, "lr": 0.1})
save("control.pth", {"a\nb": values(1)})
save("tiny.pth", {"a": values(2, 2), "b": values(1, dtype=torch.int64)})


class Evil:
    """Loading this with Python's pickle runs a command (a harmless one)."""

    def __reduce__(self):
        return os.system, ("true",)


save("malicious.pth", Evil())
save("malicious_meta.pth", {"state_dict": {"w": values(2)}, "meta": {"hook": Evil()}})
save("malicious_legacy.pth", {"state_dict": {"w": values(2)}, "hook": Evil()}, _use_new_zipfile_serialization=False)
save("malicious_state.pth", {"state_dict": {"w": values(2), "hook": Evil()}})

# An image network with torchvision's names.
save("torchvision.pth", {"conv1.weight": values(2, 3, 3, 3), **norm("bn1", 2), "layer1.0.conv1.weight": values(1, 2, 1, 1),
                         **norm("layer1.0.bn1", 1), "fc.weight": values(5, 4), "fc.bias": values(5)})


class Script(nn.Module):
    def forward(self, x):
        return x


torch.jit.script(Script()).save(str(HERE / "torchscript.pt"))
