"""Finds nvcc, if there is one, and compiles .cu files with it.

@cuda//:defs.bzl holds NVCC (a path, or "" without a toolkit) and CUDA_HOME, so
that a tree without CUDA loads and only fails where a .cu file is asked for.
"""

load("@cuda//:defs.bzl", "CUDA_HOME", "NVCC")

_MISSING = "--config=cuda needs nvcc of CUDA 13: put it on PATH or set CUDA_HOME."

# Volta-class and older devices are not supported by CUDA 13 any more.
_ARCHITECTURES = [
    "-gencode=arch=compute_80,code=sm_80",
    "-gencode=arch=compute_90,code=sm_90",
    "-gencode=arch=compute_90,code=compute_90",  # PTX for anything newer
]

def _cuda_object_impl(ctx):
    if not NVCC:
        fail(_MISSING)
    compilation = cc_common.merge_cc_infos(
        cc_infos = [dep[CcInfo] for dep in ctx.attr.deps],
    ).compilation_context
    output = ctx.actions.declare_file(ctx.label.name + ".pic.o")
    args = ctx.actions.args()
    args.add_all(["-c", "-O3", "-std=c++17", "--expt-relaxed-constexpr", "-Xcompiler", "-fPIC"])
    args.add_all(_ARCHITECTURES)
    args.add_all(compilation.quote_includes, before_each = "-I")
    args.add_all(compilation.includes, before_each = "-I")
    args.add_all(compilation.system_includes, before_each = "-isystem")
    args.add_all(compilation.defines, before_each = "-D")
    args.add("-o", output)
    args.add(ctx.file.src)
    ctx.actions.run(
        executable = NVCC,
        arguments = [args],
        inputs = depset([ctx.file.src] + ctx.files.hdrs, transitive = [compilation.headers]),
        outputs = [output],
        mnemonic = "CudaCompile",
        progress_message = "Compiling %s with nvcc" % ctx.file.src.short_path,
        use_default_shell_env = True,
    )
    return [DefaultInfo(files = depset([output]))]

cuda_object = rule(
    implementation = _cuda_object_impl,
    attrs = {
        "src": attr.label(allow_single_file = [".cu"], mandatory = True),
        "hdrs": attr.label_list(allow_files = True),
        "deps": attr.label_list(providers = [CcInfo]),
    },
    doc = "One .cu file compiled by nvcc to a position-independent object.",
)
