"""The rules BUILD files of this project use; compiler options live here and nowhere else."""

load("@rules_cc//cc:defs.bzl", "cc_binary", "cc_library", "cc_proto_library", "cc_test")
load("@rules_proto//proto:defs.bzl", "proto_library")
load("//third_party/cuda:cuda.bzl", "cuda_object")

_COPTS = [
    "-Wall",
    "-Wextra",
    "-Werror",
    "-Wno-sign-compare",  # int64_t sizes of tensors against size_t of containers, everywhere
    "-Wswitch",  # a new oneof case must be handled wherever one is switched over
]

def mrsn_cc_library(name, copts = [], **kwargs):
    cc_library(name = name, copts = _COPTS + copts, **kwargs)

def mrsn_cc_binary(name, copts = [], **kwargs):
    cc_binary(name = name, copts = _COPTS + copts, **kwargs)

def mrsn_cc_test(name, deps = [], copts = [], size = "small", **kwargs):
    """A GoogleTest test; main() comes with //third_party:gtest."""
    cc_test(
        name = name,
        copts = _COPTS + copts,
        size = size,
        deps = deps + ["//third_party:gtest_main"],
        **kwargs
    )

def mrsn_cc_benchmark(name, srcs, deps = [], copts = [], smoke_args = [], data = [], **kwargs):
    """A Google Benchmark binary, and a test that runs each of its cases once.

    Args:
      name: the binary; the test is <name>_smoke_test.
      srcs: sources with BENCHMARK(...) registrations; main() is linked in.
      deps: libraries.
      copts: more compiler options.
      smoke_args: more arguments for the smoke test, e.g. a filter that leaves out the largest shapes.
      data: run-time files.
      **kwargs: passed to both.
    """
    library = name + "_lib"
    cc_library(
        name = library,
        srcs = srcs,
        copts = _COPTS + copts,
        testonly = True,
        alwayslink = True,
        deps = deps + ["//third_party:benchmark_main"],
    )
    cc_binary(name = name, testonly = True, data = data, deps = [":" + library], **kwargs)
    cc_test(
        name = name + "_smoke_test",
        size = "small",
        args = ["--benchmark_min_time=0"] + smoke_args,
        data = data,
        deps = [":" + library],
        **kwargs
    )

def mrsn_cuda_library(name, srcs, hdrs = [], deps = [], copts = [], **kwargs):
    """A library of .cu files: compiled under --config=cuda, empty otherwise.

    Kernels register themselves with the LibTorch dispatcher; a program built
    without CUDA has no CUDA kernel registered and the dispatcher says so.
    """
    objects = []
    for src in srcs:
        object_name = "%s_%s" % (name, src.replace(".", "_"))
        cuda_object(
            name = object_name,
            src = src,
            hdrs = hdrs,
            tags = ["manual"],
            deps = deps + ["//third_party:libtorch", "@cuda//:cudart"],
        )
        objects.append(":" + object_name)
    cc_library(
        name = name,
        srcs = select({
            "//third_party/cuda:enabled": objects,
            "//conditions:default": [],
        }),
        hdrs = hdrs,
        copts = _COPTS + copts,
        alwayslink = True,
        deps = deps + select({
            "//third_party/cuda:enabled": ["//third_party:libtorch_cuda"],
            "//conditions:default": [],
        }),
        **kwargs
    )

def mrsn_proto_library(name, srcs, deps = [], **kwargs):
    """<name> (proto_library) and <name>_cc, its C++ classes. deps name proto_libraries."""
    proto_library(name = name, srcs = srcs, deps = deps, **kwargs)
    cc_proto_library(name = name + "_cc", deps = [":" + name], **kwargs)

def mrsn_embedded_texts(name, srcs):
    """Text files as C++: <name>.inc has {"<file name>", R"(its text)"}, for each, to be #included in an array.

    Args:
      name: of the target, to be listed in a library's srcs.
      srcs: files without the characters )TEXT".
    """
    native.genrule(
        name = name,
        srcs = srcs,
        outs = [name + ".inc"],
        cmd = "for f in $(SRCS); do echo '{\"'$$(basename $$f)'\", R\"TEXT('; cat $$f; echo ')TEXT\"},'; done > $@",
    )

def mrsn_sh_test(name, size = "small", **kwargs):
    native.sh_test(name = name, size = size, **kwargs)
