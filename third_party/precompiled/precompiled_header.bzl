"""Headers parsed once. Parsing those from outside takes most of the time of compiling a file."""

load("@bazel_tools//tools/build_defs/cc:action_names.bzl", "CPP_COMPILE_ACTION_NAME")
load("@bazel_tools//tools/cpp:toolchain_utils.bzl", "find_cpp_toolchain")

# The working folder has another name in each checkout. Relative to it (-isysroot), and without times of files,
# a precompiled header serves all of them: the disk cache hands it and what is compiled with it from one to the next.
RELOCATABLE = '-Xclang -fno-pch-timestamp -Xclang -relocatable-pch -isysroot "$PWD"'

def _precompiled_header_impl(ctx):
    toolchain = find_cpp_toolchain(ctx)
    features = cc_common.configure_features(
        ctx = ctx,
        cc_toolchain = toolchain,
        requested_features = ctx.features,
        unsupported_features = ctx.disabled_features,
    )
    context = cc_common.merge_cc_infos(cc_infos = [dep[CcInfo] for dep in ctx.attr.deps]).compilation_context
    pch = ctx.actions.declare_file(ctx.label.name + ".pch")

    # The compiler takes a precompiled header only if its own options were the same: those of the toolchain and of
    # the command line (--config=asan), too.
    variables = cc_common.create_compile_variables(
        feature_configuration = features,
        cc_toolchain = toolchain,
        source_file = ctx.file.src.path,
        output_file = pch.path,
        user_compile_flags = ctx.fragments.cpp.copts + ctx.fragments.cpp.cxxopts + ctx.attr.copts + ["-x", "c++-header"],
        quote_include_directories = depset([".", ctx.bin_dir.path], transitive = [context.quote_includes]),
        include_directories = context.includes,
        system_include_directories = context.system_includes,
        preprocessor_defines = context.defines,
    )
    options = cc_common.get_memory_inefficient_command_line(
        feature_configuration = features,
        action_name = CPP_COMPILE_ACTION_NAME,
        variables = variables,
    )

    ctx.actions.run_shell(
        mnemonic = "PrecompiledHeader",
        progress_message = "Precompiling the headers of %s" % ctx.label,
        inputs = depset(
            [ctx.file.src] + ctx.files.hdrs,
            transitive = [context.headers, toolchain.all_files],
        ),
        outputs = [pch],
        command = '"$@" ' + RELOCATABLE,
        arguments = [cc_common.get_tool_for_action(
            feature_configuration = features,
            action_name = CPP_COMPILE_ACTION_NAME,
        )] + options,
        env = cc_common.get_environment_variables(
            feature_configuration = features,
            action_name = CPP_COMPILE_ACTION_NAME,
            variables = variables,
        ),
    )
    return [
        DefaultInfo(files = depset([pch])),
        CcInfo(compilation_context = cc_common.create_compilation_context(
            headers = depset([pch, ctx.file.src] + ctx.files.hdrs, transitive = [context.headers]),
        )),
    ]

precompiled_header = rule(
    doc = "A header precompiled by Clang; //third_party:mrsn.bzl has the options that use it.",
    implementation = _precompiled_header_impl,
    attrs = {
        "copts": attr.string_list(),
        "deps": attr.label_list(providers = [CcInfo]),
        "hdrs": attr.label_list(allow_files = [".inc"]),
        "src": attr.label(allow_single_file = [".inc"], mandatory = True),
        "_cc_toolchain": attr.label(default = "@bazel_tools//tools/cpp:current_cc_toolchain"),
    },
    fragments = ["cpp"],
    toolchains = ["@bazel_tools//tools/cpp:toolchain_type"],
)
