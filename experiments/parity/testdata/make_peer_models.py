#!/usr/bin/env python3
"""Writes the cases of peer_models_test: whole detectors of public repositories on made-up weights and clips.

    python3 make_peer_models.py acar_r50_linear CLONE_OF_ACAR_NET acar_r50_linear.json
    python3 make_peer_models.py aia_r50_dense CLONE_OF_ALPHACTION aia_r50_dense.json
    python3 make_peer_models.py pyslowfast_slowfast CLONE_OF_PYSLOWFAST pyslowfast_slowfast.json
    python3 make_peer_models.py mmaction2_acrn CLONE_OF_MMACTION2 mmaction2_acrn.json
    python3 make_peer_models.py pytorchvideo_slow CLONE_OF_PYTORCHVIDEO pytorchvideo_slow.json

Needs torch, torchvision, numpy; for AlphAction also yacs, for mmaction2 mmengine and mmcv-lite, for PySlowFast and
PyTorchVideo fvcore and iopath, for PySlowFast also a clone of PyTorchVideo in PYTHONPATH. A case holds the names and
shapes of the state dict, the input and the logits; values of weights and clips follow from their names (values_of), so
that no weights are stored.
"""
import json
import logging
import os
import sys
import tempfile
import types

import numpy as np
import torch
import torchvision

FRAMES, SIZE = 32, 64
# Clip, x1, y1, x2, y2 in fractions of the frame.
BOXES = [[0, 0.1, 0.2, 0.55, 0.9], [0, 0.0, 0.0, 1.0, 1.0], [1, 0.5, 0.3, 0.8, 0.75]]
OBJECTS = [[0, 0.2, 0.5, 0.4, 0.7], [0, 0.6, 0.1, 0.9, 0.4]]
# Stem channels of the cases that have less than the published 64, so that their test is short.
NARROW = 16
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


def rois_in_pixels():
    return torch.tensor([[box[0]] + [SIZE * x for x in box[1:]] for box in BOXES])


def pytorchvideo(slow_fast):
    """The builders of the hub's detectors, without the sigmoid at their end."""
    from pytorchvideo.models.resnet import create_resnet_with_roi_head
    from pytorchvideo.models.slowfast import create_slowfast_with_roi_head

    if slow_fast:
        frames, slow = FRAMES, torch.linspace(0, FRAMES - 1, FRAMES // 4).long().tolist()
        model = create_slowfast_with_roi_head(stem_dim_outs=(NARROW, NARROW // 8), head_activation=None)
    else:
        frames, slow = 4, [0, 1, 2, 3]
        model = create_resnet_with_roi_head(stem_dim_out=NARROW, head_activation=None)
    state = fill(model)
    clip = input_values("clip", [2, 3, frames, SIZE, SIZE])
    logits = model([clip[:, :, slow], clip] if slow_fast else clip, rois_in_pixels())
    return {"state": state, "frames": frames, "slow_frames": slow, "logits": logits}


class RoIAlign(torch.nn.Module):
    """Stands in for the extensions of mmcv and detectron2, whose RoIAlign is the same."""

    def __init__(self, output_size, spatial_scale, sampling_ratio, aligned, pool_mode="avg"):
        super().__init__()
        assert pool_mode == "avg"
        self.options = dict(output_size=output_size, spatial_scale=spatial_scale, sampling_ratio=sampling_ratio,
                            aligned=aligned)

    def forward(self, x, rois):
        return torchvision.ops.roi_align(x, rois, **self.options)


class StandardRoIHead(torch.nn.Module):
    """Stands in for mmdet's, of which the forward pass takes the parts only."""

    with_shared_head = property(lambda self: hasattr(self, "shared_head"))


def module(name, repo=None, **members):
    """Makes a module or, with a repository, a package whose modules can be imported one by one."""
    made = sys.modules[name] = types.ModuleType(name)
    made.__dict__.update(members)
    if repo is not None:
        made.__path__ = [os.path.join(repo, *name.split("."))]


def pyslowfast(repo):
    """configs/AVA/SLOWFAST_32x2_R50_SHORT.yaml, without the sigmoid at its end."""
    module("slowfast.models", repo)
    module("slowfast.utils.logging", get_logger=logging.getLogger)
    module("detectron2")
    module("detectron2.layers", ROIAlign=RoIAlign)
    from slowfast.config.defaults import get_cfg
    from slowfast.models.video_model_builder import SlowFast

    cfg = get_cfg()
    cfg.merge_from_file(repo + "/configs/AVA/SLOWFAST_32x2_R50_SHORT.yaml")
    cfg.RESNET.WIDTH_PER_GROUP = NARROW
    model = SlowFast(cfg)
    state = fill(model)
    model.head.act = torch.nn.Identity()
    clip = input_values("clip", [2, 3, FRAMES, SIZE, SIZE])
    slow = torch.linspace(0, FRAMES - 1, FRAMES // 4).long().tolist()
    return {"state": state, "slow_frames": slow, "logits": model([clip[:, :, slow], clip], rois_in_pixels())}


def prepare_mmaction2(repo):
    """Lets its modules be imported without mmdet and the extension of mmcv."""
    for package in ("", ".models", ".models.backbones", ".models.roi_heads", ".models.roi_heads.bbox_heads",
                    ".models.roi_heads.roi_extractors", ".models.roi_heads.shared_heads", ".structures"):
        module("mmaction" + package, repo)
    module("mmaction.utils", ConfigType=dict, InstanceList=list, SampleList=list)
    module("mmaction.structures.bbox", bbox_target=None)
    module("mmcv.ops", RoIAlign=RoIAlign, RoIPool=None)
    for package in ("mmdet", "mmdet.models", "mmdet.models.task_modules", "mmdet.structures"):
        module(package)
    module("mmdet.models.roi_heads", StandardRoIHead=StandardRoIHead)
    module("mmdet.models.task_modules.samplers", SamplingResult=None)
    module("mmdet.structures.bbox", bbox2roi=None)


def mmaction2(backbone, frames, slow, channels, shared_head=None, **more):
    """A detector of its configuration files; `shared_head` and `more` add to it."""
    from mmaction.models.roi_heads.bbox_heads.bbox_head import BBoxHeadAVA
    from mmaction.models.roi_heads.roi_extractors.single_straight3d import SingleRoIExtractor3D
    from mmaction.models.roi_heads.roi_head import AVARoIHead

    model = torch.nn.Module()
    model.backbone, model.roi_head = backbone, AVARoIHead()
    model.roi_head.bbox_roi_extractor = SingleRoIExtractor3D(output_size=8, with_temporal_pool=True)
    if shared_head is not None:
        model.roi_head.shared_head = shared_head
    model.roi_head.bbox_head = BBoxHeadAVA(background_class=True, in_channels=channels, dropout_ratio=0.5)
    state = fill(model)
    clip = input_values("clip", [2, 3, frames, SIZE, SIZE])
    meta = [{"img_key": "first,0100"}, {"img_key": "second,0200"}]
    scores = model.roi_head._bbox_forward(model.backbone(clip), rois_in_pixels(), meta)["cls_score"]
    # Its class 0 is the background, which nobody scores.
    return {"state": state, "frames": frames, "slow_frames": slow, "logits": scores[:, 1:], **more}


def mmaction2_slow_fast(repo, alpha, lateral_kernel, acrn):
    """configs/detection/slowfast (4x16) and configs/detection/acrn."""
    prepare_mmaction2(repo)
    from mmaction.models.backbones.resnet3d_slowfast import ResNet3dSlowFast
    from mmaction.models.roi_heads.shared_heads.acrn_head import ACRNHead

    shared = dict(type="resnet3d", depth=50, pretrained=None, conv1_stride_t=1, pool1_stride_t=1,
                  spatial_strides=(1, 2, 2, 1))
    backbone = ResNet3dSlowFast(
        pretrained=None, resample_rate=alpha, speed_ratio=alpha, channel_ratio=8,
        slow_pathway=dict(lateral=True, fusion_kernel=lateral_kernel, conv1_kernel=(1, 7, 7), dilations=(1, 1, 1, 1),
                          inflate=(0, 0, 1, 1), base_channels=NARROW, **shared),
        fast_pathway=dict(lateral=False, conv1_kernel=(5, 7, 7), base_channels=NARROW // 8, **shared))
    channels = 36 * NARROW
    head = ACRNHead(in_channels=2 * channels, out_channels=channels) if acrn else None
    return mmaction2(backbone, FRAMES, list(range(0, FRAMES, alpha)), channels, head)


def mmaction2_lfb(repo, operator):
    """configs/detection/lfb, with a window of 4 seconds. It is full: zero vectors that fill a window are not ours."""
    prepare_mmaction2(repo)
    from mmaction.models.backbones.resnet3d_slowonly import ResNet3dSlowOnly
    from mmaction.models.roi_heads.shared_heads.fbo_head import FBOHead

    backbone = ResNet3dSlowOnly(depth=50, pretrained=None, lateral=False, conv1_kernel=(1, 7, 7), conv1_stride_t=1,
                                pool1_stride_t=1, spatial_strides=(1, 2, 2, 1), base_channels=NARROW)
    channels, latent, window, per_second = 32 * NARROW, 8 * NARROW, 4, 2
    entries = [[clip, second] for clip in (0, 1) for second in range(-window // 2, window // 2)
               for _ in range(per_second)]
    bank = {"first": {}, "second": {}}
    for feature, (clip, second) in zip(input_values("bank", [len(entries), channels]), entries):
        video, timestamp = (("first", 100), ("second", 200))[clip]
        bank[video].setdefault(timestamp + second, []).append(feature)
    with tempfile.TemporaryDirectory() as folder:
        torch.save(bank, folder + "/lfb_val.pkl")
        head = FBOHead(
            lfb_cfg=dict(lfb_prefix_path=folder, max_num_sampled_feat=per_second, window_size=window,
                         lfb_channels=channels, dataset_modes=("val",), device="cpu"),
            fbo_cfg=dict(type=operator, st_feat_channels=channels, lt_feat_channels=channels, latent_channels=latent,
                         num_st_feat=1, num_lt_feat=window * per_second, num_non_local_layers=2))
    wide = channels + (latent if operator == "non_local" else channels)
    return mmaction2(backbone, 4, [0, 1, 2, 3], wide, head, entries=entries, bank_width=channels)


CASES = {
    "acar_r50_linear": lambda repo: acar(50, {"type": "linear", "kwargs": {}}),
    "acar_r50": lambda repo: acar(50, {"type": "acar", "kwargs": {}}),
    "acar_r101": lambda repo: acar(101, {"type": "acar", "kwargs": {"depth": 1, "mlp_1x1": True}}),
    "aia_r50_dense": lambda repo: alphaction(repo + "/config_files/resnet50_4x16f_denseserial.yaml"),
    "pyslowfast_slowfast": pyslowfast,
    "pytorchvideo_slow": lambda repo: pytorchvideo(slow_fast=False),
    "pytorchvideo_slowfast": lambda repo: pytorchvideo(slow_fast=True),
    "mmaction2_slowfast": lambda repo: mmaction2_slow_fast(repo, alpha=8, lateral_kernel=5, acrn=False),
    "mmaction2_acrn": lambda repo: mmaction2_slow_fast(repo, alpha=4, lateral_kernel=7, acrn=True),
    "mmaction2_lfb_nonlocal": lambda repo: mmaction2_lfb(repo, "non_local"),
    "mmaction2_lfb_average": lambda repo: mmaction2_lfb(repo, "avg"),
    "mmaction2_lfb_max": lambda repo: mmaction2_lfb(repo, "max"),
}


def main():
    case, repo, path = sys.argv[1:]
    sys.path.insert(0, repo)
    torch.Tensor.cuda = lambda self, *unused, **also_unused: self  # the public code asks for a GPU
    with torch.no_grad():
        made = CASES[case](repo)
    made["clip"] = [2, 3, made.pop("frames", FRAMES), SIZE, SIZE]
    made["boxes"] = BOXES
    made["logits"] = [[float(np.float32(x)) for x in row] for row in made["logits"].tolist()]
    with open(path, "w") as out:
        json.dump(made, out, separators=(",", ":"))
        out.write("\n")


if __name__ == "__main__":
    main()
