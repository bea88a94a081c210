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

def find_cuda(repository_ctx):
    """Looks at CUDA_HOME, then for nvcc on PATH.

    Args:
      repository_ctx: of a rule that lists CUDA_HOME and PATH in its environ.

    Returns:
      struct(nvcc, home): the compiler and the toolkit's folder, or None and "" without a toolkit.
    """
    given = repository_ctx.os.environ.get("CUDA_HOME", "")
    if given:
        nvcc = repository_ctx.path(given + "/bin/nvcc")
        if not nvcc.exists:
            fail("CUDA_HOME=%s holds no bin/nvcc; unset it to build without CUDA." % given)
        return struct(nvcc = nvcc, home = given)
    nvcc = repository_ctx.which("nvcc")
    if nvcc == None:
        return struct(nvcc = None, home = "")

    # nvcc on PATH may be a link or a script, so it is asked where it lives: "#$ TOP=/usr/local/cuda/bin/..".
    answer = repository_ctx.execute([nvcc, "--dryrun", "-x", "cu", "-c", "/dev/null", "-o", "/dev/null"])
    for line in (answer.stderr + answer.stdout).splitlines():
        if line.startswith("#$ TOP="):
            return struct(nvcc = nvcc, home = str(repository_ctx.path(line[len("#$ TOP="):].strip()).realpath))
    fail("%s does not say where its toolkit is (nvcc --dryrun: %s); set CUDA_HOME." % (nvcc, answer.stderr))

def _cuda_repository_impl(repository_ctx):
    cuda = find_cuda(repository_ctx)
    linkopts = []
    if cuda.nvcc != None:
        repository_ctx.symlink(cuda.home + "/include", "include")
        linkopts = ["-L%s/lib64" % cuda.home, "-Wl,-rpath,%s/lib64" % cuda.home, "-lcudart"]
    repository_ctx.file("defs.bzl", _DEFS.format(home = cuda.home, nvcc = cuda.nvcc or ""))
    repository_ctx.file("BUILD", _BUILD.format(linkopts = repr(linkopts)))

cuda_repository = repository_rule(
    implementation = _cuda_repository_impl,
    environ = ["CUDA_HOME", "PATH"],
    configure = True,
)
