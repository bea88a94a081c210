package(default_visibility = ["//visibility:public"])

# Linked by absolute path: the libraries find each other through their own
# $ORIGIN run paths, which Bazel's per-library symlinks would break.
cc_library(
    name = "libtorch",
    hdrs = glob(
        [
            "include/**/*.h",
            "include/**/*.hpp",
            "include/**/*.inc",
        ],
        exclude = [
            # 4,000 headers no program of ours includes; each one costs a hash per compile.
            "include/ATen/ops/*_native.h",
            "include/ATen/ops/*_cuda_dispatch.h",
            "include/ATen/ops/*_meta_dispatch.h",
            "include/ATen/ops/*_compositeimplicitautograd_dispatch.h",
            "include/ATen/ops/*_compositeexplicitautogradnonfunctional_dispatch.h",
        ],
    ),
    includes = [
        "include",
        "include/torch/csrc/api/include",
    ],
    linkopts = [
        "-L%{home}/torch/lib",
        "-Wl,-rpath,%{home}/torch/lib",
        "-Wl,-rpath,%{home}/nvidia/cu13/lib",
        "-Wl,-rpath-link,%{home}/torch/lib:%{home}/nvidia/cu13/lib",
        "-Wl,--no-as-needed,-ltorch_cpu,-lc10,--as-needed",
    ],
)

# Only for --config=cuda: needs the toolkit's and NVIDIA's libraries when run.
cc_library(
    name = "libtorch_cuda",
    linkopts = [
        "-Wl,--unresolved-symbols=ignore-in-shared-libs",
        "-Wl,--no-as-needed,-ltorch_cuda,-lc10_cuda,--as-needed",
    ],
    deps = [":libtorch"],
)
