#!/usr/bin/env python3
"""Writes the cases of peer_models_test: whole detectors of public repositories on made-up weights and clips.

    python3 make_peer_models.py acar_r50_linear CLONE_OF_ACAR_NET acar_r50_linear.json
    python3 make_peer_models.py aia_r50_dense CLONE_OF_ALPHACTION aia_r50_dense.json

Needs torch, torchvision, numpy; for AlphAction also yacs. A case holds the names and shapes of the state dict, the
input and the logits; values of weights and clips follow from their names (values_of), so that no weights are stored.
"""
import json
import sys
import types

import numpy as np
import torch
import torchvision

FRAMES, SIZE = 32, 64
# Clip, x1, y1, x2, y2 in fractions of the frame.
BOXES = [[0, 0.1, 0.2, 0.55, 0.9], [0, 0.0, 0.0, 1.0, 1.0], [1, 0.5, 0.3, 0.8, 0.75]]
OBJECTS = [[0, 0.2, 0.5, 0.4, 0.7], [0, 0.6, 0.1, 0.9, 0.4]]
# Of a memory: clip, second beside the clip's.
ENTRIES = [[0, -10], [0, 0], [0, 0], [1, 7]]


def uniform(name, count):
    """count numbers in [0,1): a hash (FNV-1a) of the name, and MurmurHash3's finaliser of hash + i * 0x9E3779B9."""
    seed = 2166136261
    for byte in name.encode():
        seed = (seed ^ byte) * 16777619 & 0xFFFFFFFF
    x = np.uint64(seed) + np.arange(count, dtype=np.uint64) * np.uint64(0x9E3779B9) & np.uint64(0xFFFFFFFF)
    for shift, factor in ((16, 0x85EBCA6B), (13, 0xC2B2AE35)):
        x = (x ^ x >> np.uint64(shift)) * np.uint64(factor) & np.uint64(0xFFFFFFFF)
    x ^= x >> np.uint64(16)
    return x.astype(np.float64) / 2**32


def values_of(name, shape):
    """Weights: variance 2 / fan-in; norms: scale 0.25 to 0.75, variance 0.5 to 1.5; means and biases within 0.1."""
    if name.endswith("num_batches_tracked"):
        return torch.zeros(shape, dtype=torch.long)
    u = uniform(name, int(np.prod(shape)))
    if name.endswith("running_var"):
        u = u + 0.5
    elif len(shape) > 1:
        u = (2 * u - 1) * np.sqrt(6 / np.prod(shape[1:]))
    elif name.endswith("weight"):
        u = u / 2 + 0.25
    else:
        u = 0.2 * (u - 0.5)
    return torch.from_numpy(u.astype(np.float32).reshape(shape))


def input_values(name, shape):
    """Inputs: -1 to 1."""
    return torch.from_numpy((2 * uniform(name, int(np.prod(shape))) - 1).astype(np.float32).reshape(shape))


class Config(dict):
    __getattr__ = dict.__getitem__


class Joined(torch.nn.Module):
    def __init__(self, backbone, head):
        super().__init__()
        self.backbone, self.head = backbone, head


def fill(model):
    state = {name: values_of(name, list(value.shape)) for name, value in model.state_dict().items()}
    model.load_state_dict(state)
    model.eval()
    return [[name, list(value.shape)] for name, value in state.items()]


def acar(depth, head):
    from models.backbones import AVA_backbone
    from models.heads import AVA_head

    laterals = dict(fuse_only_conv=False, fuse_kernel_size=7, slow_full_span=True) if depth == 50 else {}
    model = Joined(AVA_backbone(Config(arch="slowfast%d" % depth, kwargs=dict(alpha=4, beta=0.125, **laterals))),
                   AVA_head(Config(type=head["type"], kwargs=dict(width=2304, num_classes=60, **head["kwargs"]))))
    state = fill(model)
    clip = input_values("clip", [2, 3, FRAMES, SIZE, SIZE])
    every = range(0, FRAMES, 4)
    slow = torch.linspace(0, FRAMES - 1, FRAMES // 4).long().tolist() if depth == 50 else list(every)
    features = model.backbone({"clips": clip})["features"]
    data = {"features": features, "rois": torch.tensor(BOXES), "num_rois": len(BOXES), "roi_ids": [0, 2, 3],
            "sizes_before_padding": [[1.0, 1.0]] * 2}
    return {"state": state, "slow_frames": slow, "logits": model.head(data)["outputs"]}


class RoiAlign3d(torch.nn.Module):
    """Stands in for AlphAction's CUDA extension on maps of one frame, where both are RoIAlign without half-cell shift."""

    def __init__(self, output_size, spatial_scale, sampling_ratio):
        super().__init__()
        self.options = (output_size, spatial_scale, sampling_ratio)

    def forward(self, x, rois):
        return torchvision.ops.roi_align(x.squeeze(2), rois, *self.options).unsqueeze(2)


def alphaction(config_file):
    extension = types.ModuleType("alphaction._custom_cuda_ext")
    sys.modules["alphaction._custom_cuda_ext"] = extension
    import alphaction.layers

    alphaction.layers.ROIAlign3d = RoiAlign3d
    from alphaction.config import cfg
    from alphaction.modeling.detector import build_detection_model
    from alphaction.structures.bounding_box import BoxList

    cfg.merge_from_file(config_file)
    cfg.INPUT.ALPHA, cfg.INPUT.TAU = 4, 8
    model = build_detection_model(cfg)
    for module in model.modules():
        if isinstance(module, torch.nn.Conv3d):
            module.stride = tuple(int(stride) for stride in module.stride)  # True there, which new torch refuses
    state = fill(model)
    fast = input_values("clip", [2, 3, FRAMES, SIZE, SIZE])
    slow = list(range(0, FRAMES, 4))

    def lists(boxes):
        per_clip = [[[SIZE * x for x in box[1:]] for box in boxes if box[0] == clip] for clip in (0, 1)]
        return [BoxList(torch.tensor(b).reshape(-1, 4), (SIZE, SIZE), mode="xyxy") for b in per_clip]

    length, per_second = 61, cfg.MODEL.IA_STRUCTURE.MAX_PER_SEC
    features = input_values("bank", [len(ENTRIES), 2304])
    memory = torch.zeros(2, length, per_second, 2304)
    used = {}
    for feature, (clip, second) in zip(features, ENTRIES):
        place = used[clip, second] = used.get((clip, second), -1) + 1
        memory[clip, second + 30, place] = feature
    memory = memory.reshape(2, length * per_second, 2304, 1, 1, 1)
    head = model.roi_heads.action
    head.feature_extractor.get_memory_feature = lambda *unused: (memory, None)
    extras = {"person_pool": None}
    slow_map, fast_map = model.backbone(fast[:, :, slow], fast)
    after, _, _ = head.feature_extractor(slow_map, fast_map, lists(BOXES), lists(OBJECTS), extras)
    return {"state": state, "slow_frames": slow, "objects": OBJECTS, "entries": ENTRIES,
            "logits": head.predictor(after)}


CASES = {
    "acar_r50_linear": lambda repo: acar(50, {"type": "linear", "kwargs": {}}),
    "acar_r50": lambda repo: acar(50, {"type": "acar", "kwargs": {}}),
    "acar_r101": lambda repo: acar(101, {"type": "acar", "kwargs": {"depth": 1, "mlp_1x1": True}}),
    "aia_r50_dense": lambda repo: alphaction(repo + "/config_files/resnet50_4x16f_denseserial.yaml"),
}


def main():
    case, repo, path = sys.argv[1:]
    sys.path.insert(0, repo)
    torch.Tensor.cuda = lambda self, *unused, **also_unused: self  # the public code asks for a GPU
    with torch.no_grad():
        made = CASES[case](repo)
    made["clip"] = [2, 3, FRAMES, SIZE, SIZE]
    made["boxes"] = BOXES
    made["logits"] = [[float(np.float32(x)) for x in row] for row in made["logits"].tolist()]
    with open(path, "w") as out:
        json.dump(made, out, separators=(",", ":"))
        out.write("\n")


if __name__ == "__main__":
    main()
