"""Repository rule that looks for the CUDA toolkit; finding none is not an error."""

_DEFS = """
CUDA_HOME = "{home}"
NVCC = "{nvcc}"
"""

_BUILD = """
cc_library(
    name = "cudart",
    hdrs = glob(["include/**"]),
    includes = ["include"],
    linkopts = {linkopts},
    visibility = ["//visibility:public"],
)
"""

def _cuda_repository_impl(repository_ctx):
    home = repository_ctx.os.environ.get("CUDA_HOME", "")
    nvcc = repository_ctx.path(home + "/bin/nvcc") if home else repository_ctx.which("nvcc")
    if nvcc != None and not nvcc.exists:
        fail("CUDA_HOME=%s holds no bin/nvcc; unset it to build without CUDA." % home)
    linkopts = []
    if nvcc != None:
        home = str(nvcc.realpath.dirname.dirname)
        repository_ctx.symlink(home + "/include", "include")
        linkopts = ["-L%s/lib64" % home, "-Wl,-rpath,%s/lib64" % home, "-lcudart"]
    repository_ctx.file("defs.bzl", _DEFS.format(home = home, nvcc = nvcc or ""))
    repository_ctx.file("BUILD", _BUILD.format(linkopts = repr(linkopts)))

cuda_repository = repository_rule(
    implementation = _cuda_repository_impl,
    environ = ["CUDA_HOME", "PATH"],
    configure = True,
)
