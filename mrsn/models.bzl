"""The libraries that make models."""

# For each member of the oneof `head` of ModelConfig, the target of its head or detector. The target registers
# itself (model_factory.h); the one of a folder has a target `config` beside it, without LibTorch.
MODELS = {
    "acar": "//mrsn/baselines/acar",
    "acrn": "//mrsn/baselines/acrn",
    "act": "//mrsn/baselines/act",
    "aia": "//mrsn/baselines/aia",
    "context_average": "//mrsn/baselines/context_average",
    "lfb": "//mrsn/baselines/lfb",
    "linear": "//mrsn/head:linear_head",
    "mrsn": "//mrsn/head:mrsn_head",
    "step": "//mrsn/baselines/step",
}

def configs_of_models():
    """The targets that read the messages of MODELS."""
    return depset([
        model.split(":")[0] + ":config"
        for model in MODELS.values()
    ]).to_list()
