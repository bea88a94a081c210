"""The rules BUILD files of this project use; compiler options live here and nowhere else."""

load("@rules_cc//cc:defs.bzl", "cc_binary", "cc_library", "cc_proto_library", "cc_test")
load("@rules_proto//proto:defs.bzl", "proto_library")
load("//third_party/cuda:cuda.bzl", "cuda_object")

# Labels of this workspace, written so that BUILD files of other workspaces may use the macros, too.
_LIBTORCH = str(Label("//third_party:libtorch"))
_LIBTORCH_CUDA = str(Label("//third_party:libtorch_cuda"))
_PRECOMPILED = Label("//third_party/precompiled:BUILD")
_CLANG = str(Label("//third_party/precompiled:clang"))
_CUDA_ENABLED = str(Label("//third_party/cuda:enabled"))
_GTEST_MAIN = str(Label("//third_party:gtest_main"))
_BENCHMARK_MAIN = str(Label("//third_party:benchmark_main"))
_WITH_CPU = str(Label("//third_party:with_cpu.sh"))

_COPTS = [
    "-Wall",
    "-Wextra",
    "-Werror",
    "-Wno-sign-compare",  # int64_t sizes of tensors against size_t of containers, everywhere
    "-Wswitch",  # a new oneof case must be handled wherever one is switched over
]

# A test's own file is compiled in two thirds of the time without optimisation. Libraries are optimised in every
# build, so a test runs what users run.
TEST_COPTS = ["-O0"]

# Templates that the headers use are instantiated there, once.
PRECOMPILED_COPTS = ["-fpch-instantiate-templates"]

def _compiled(deps, copts, suffix = ""):
    """The arguments deps and copts of a rule, whose files take the headers from outside precompiled.

    Clang takes a precompiled header only if options of the language are the same: copts are others, -O3.
    """
    header = ("libtorch" if type(deps) == type([]) and _LIBTORCH in deps else "base") + suffix
    folder = "/".join(["$(BINDIR)"] + [part for part in [_PRECOMPILED.workspace_root, _PRECOMPILED.package] if part])
    return {
        "deps": deps + select({
            _CLANG: [str(_PRECOMPILED.relative(header))],
            "//conditions:default": [],
        }),
        "copts": _COPTS + copts + select({
            _CLANG: PRECOMPILED_COPTS + ["-isysroot", ".", "-include-pch", "%s/%s.pch" % (folder, header)],
            "//conditions:default": [],
        }),
    }

def mrsn_cc_library(name, deps = [], copts = [], **kwargs):
    kwargs.update(_compiled(deps, copts))
    cc_library(name = name, **kwargs)

def mrsn_cc_binary(name, deps = [], copts = [], **kwargs):
    kwargs.update(_compiled(deps, copts))
    cc_binary(name = name, **kwargs)

def _cores(threads):
    return ["cpu:%d" % threads] if threads > 1 else []

def mrsn_cc_test(name, deps = [], copts = [], size = "small", threads = 1, tags = [], **kwargs):
    """A GoogleTest test; main() comes with //third_party:gtest.

    Args:
      name: the test.
      deps: libraries.
      copts: more compiler options.
      size: small takes a minute at most with all cores busy, medium five, large fifteen. .bazelrc allows
        five times as much.
      threads: how many threads LibTorch computes with, if more than one; they wait for each other at every
        operation, so that Bazel starts fewer other tests beside it. Other threads and processes only take longer.
      tags: more tags.
      **kwargs: passed to cc_test.
    """
    kwargs.update(_compiled(deps + [_GTEST_MAIN], copts, "_for_tests"))
    kwargs["copts"] = TEST_COPTS + kwargs["copts"]
    cc_test(name = name, size = size, tags = tags + _cores(threads), **kwargs)

def mrsn_cc_test_with_cpus(name, size = "small", threads = 1, **kwargs):
    """A test, and <name>_default, <name>_avx2 and <name>_avx512, which run its program as on a lesser processor.

    For code that chooses a kernel by what the processor has. Nothing is compiled or linked again.

    Args:
      name: the test.
      size: of each of the tests, as for mrsn_cc_test.
      threads: of each of the tests, as for mrsn_cc_test.
      **kwargs: passed to mrsn_cc_test.
    """
    mrsn_cc_test(name = name, size = size, threads = threads, **kwargs)
    for cpu in ["default", "avx2", "avx512"]:
        native.sh_test(
            name = "%s_%s" % (name, cpu),
            size = size,
            srcs = [_WITH_CPU],
            args = [cpu, "$(rootpath :%s)" % name],
            data = [":" + name],
            tags = _cores(threads),
        )

def mrsn_cc_benchmark(name, srcs, deps = [], copts = [], smoke_args = [], data = [], threads = 1, **kwargs):
    """A Google Benchmark binary, and a test that runs each of its cases once.

    Args:
      name: the binary; the test is <name>_smoke_test.
      srcs: sources with BENCHMARK(...) registrations; main() is linked in.
      deps: libraries.
      copts: more compiler options.
      smoke_args: more arguments for the smoke test: a filter that leaves shapes of a few milliseconds.
      data: run-time files.
      threads: how many cores the smoke test keeps busy.
      **kwargs: passed to both.
    """
    library = name + "_lib"
    cc_library(
        name = library,
        srcs = srcs,
        testonly = True,
        alwayslink = True,
        **_compiled(deps + [_BENCHMARK_MAIN], copts)
    )
    cc_binary(name = name, testonly = True, data = data, deps = [":" + library], **kwargs)
    cc_test(
        name = name + "_smoke_test",
        size = "medium",
        args = ["--benchmark_min_time=0"] + smoke_args,
        data = data,
        tags = _cores(threads),
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
            deps = deps + [_LIBTORCH, "@cuda//:cudart"],
        )
        objects.append(":" + object_name)
    cc_library(
        name = name,
        srcs = select({
            _CUDA_ENABLED: objects,
            "//conditions:default": [],
        }),
        hdrs = hdrs,
        copts = _COPTS + copts,
        alwayslink = True,
        deps = deps + select({
            _CUDA_ENABLED: [_LIBTORCH_CUDA],
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
