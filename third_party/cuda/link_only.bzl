"""Libraries for the linker alone."""

def _link_only_impl(ctx):
    merged = cc_common.merge_cc_infos(cc_infos = [dep[CcInfo] for dep in ctx.attr.deps])
    return [CcInfo(linking_context = merged.linking_context)]

link_only = rule(
    implementation = _link_only_impl,
    attrs = {"deps": attr.label_list(providers = [CcInfo])},
    doc = """What `deps` link, without their headers and definitions.

    A target that depends on this one compiles with the options that it has without it. So --config=cuda compiles
    only what CUDA is in, and finds all other files compiled by builds without it.
    """,
)
