"""Headers parsed once. Parsing those from outside takes a third to two thirds of the time of compiling a file."""

load("@bazel_tools//tools/cpp:toolchain_utils.bzl", "find_cpp_toolchain")

def _precompiled_header_impl(ctx):
    toolchain = find_cpp_toolchain(ctx)
    features = cc_common.configure_features(
        ctx = ctx,
        cc_toolchain = toolchain,
        requested_features = ctx.features,
        unsupported_features = ctx.disabled_features,
    )

    # The compiler takes a precompiled header only if its own options were the same; those of the toolchain and of
    # the command line (--config=asan) come with cc_common.compile.
    _, outputs = cc_common.compile(
        name = ctx.label.name,
        actions = ctx.actions,
        cc_toolchain = toolchain,
        feature_configuration = features,
        srcs = [ctx.file.src],
        private_hdrs = ctx.files.hdrs,
        compilation_contexts = [dep[CcInfo].compilation_context for dep in ctx.attr.deps],
        user_compile_flags = ctx.attr.copts + ["-x", "c++-header"],
    )
    precompiled = (outputs.objects + outputs.pic_objects)[0]

    # GCC takes <header>.gch in the place of <header>.
    header = ctx.actions.declare_file(ctx.label.name + ".h")
    gch = ctx.actions.declare_file(ctx.label.name + ".h.gch")
    ctx.actions.write(header, "#error \"precompiled with other options than those of this file\"\n")
    ctx.actions.symlink(output = gch, target_file = precompiled)
    root = "/".join([part for part in [ctx.bin_dir.path, ctx.label.workspace_root] if part])
    return [
        DefaultInfo(files = depset([gch])),
        CcInfo(compilation_context = cc_common.create_compilation_context(
            headers = depset([header, gch]),
            quote_includes = depset([root]),
        )),
    ]

precompiled_header = rule(
    implementation = _precompiled_header_impl,
    attrs = {
        "copts": attr.string_list(),
        "deps": attr.label_list(providers = [CcInfo]),
        "hdrs": attr.label_list(allow_files = [".inc"]),
        "src": attr.label(allow_single_file = [".cc"], mandatory = True),
        "_cc_toolchain": attr.label(default = "@bazel_tools//tools/cpp:current_cc_toolchain"),
    },
    fragments = ["cpp"],
    toolchains = ["@bazel_tools//tools/cpp:toolchain_type"],
)
