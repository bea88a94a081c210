"""Repository rule for the NVIDIA libraries that libtorch_cuda.so loads.

Only --config=cuda asks for it. Most come with a CUDA toolkit; those that do not
(cuSPARSELt, NVSHMEM and, where the toolkit is a small one, others) are unpacked
from pinned PyPI wheels into the user's cache.
"""

load("//third_party/cuda:repository.bzl", "find_cuda")

# soname: (name==version, sha256) of the wheel that holds it; the versions LibTorch 2.11.0 was built with.
_WHEELS = {
    "libcublas.so.13": ("nvidia-cublas==13.1.0.3", "ee8722c1f0145ab246bccb9e452153b5e0515fd094c3678df50b2a0888b8b171"),
    "libcudnn.so.9": ("nvidia-cudnn-cu13==9.19.0.56", "d20e1734305e9d68889a96e3f35094d733ff1f83932ebe462753973e53a572bf"),
    "libcufft.so.12": ("nvidia-cufft==12.0.0.61", "6c44f692dce8fd5ffd3e3df134b6cdb9c2f72d99cf40b62c32dde45eea9ddad3"),
    "libcufile.so.0": ("nvidia-cufile==1.15.1.6", "08a3ecefae5a01c7f5117351c64f17c7c62efa5fffdbe24fc7d298da19cd0b44"),
    "libcurand.so.10": ("nvidia-curand==10.4.0.35", "1aee33a5da6e1db083fe2b90082def8915f30f3248d5896bcec36a579d941bfc"),
    "libcusolver.so.12": ("nvidia-cusolver==12.0.4.66", "0a759da5dea5c0ea10fd307de75cdeb59e7ea4fcb8add0924859b944babf1112"),
    "libcusparse.so.12": ("nvidia-cusparse==12.6.3.3", "2b3c89c88d01ee0e477cb7f82ef60a11a4bcd57b6b87c33f789350b59759360b"),
    "libcusparseLt.so.0": ("nvidia-cusparselt-cu13==0.8.0", "25e30a8a7323935d4ad0340b95a0b69926eee755767e8e0b1cf8dd85b197d3fd"),
    "libnccl.so.2": ("nvidia-nccl-cu13==2.28.9", "e4553a30f34195f3fa1da02a6da3d6337d28f2003943aa0a3d247bbc25fefc42"),
    "libnvJitLink.so.13": ("nvidia-nvjitlink==13.0.88", "13a74f429e23b921c1109976abefacc69835f2f433ebd323d3946e11d804e47b"),
    "libnvshmem_host.so.3": ("nvidia-nvshmem-cu13==3.4.5", "290f0a2ee94c9f3687a02502f3b9299a9f9fe826e6d0287ee18482e78d495b80"),
}

_UNPACK = """
set -eu
home=$1
requirements=$2
if [ ! -e "$home/complete" ]; then
    mkdir -p "$(dirname "$home")"
    work=$(mktemp -d "$home.XXXXXX")
    trap 'rm -rf "$work"' EXIT
    python3 -m pip download --quiet --disable-pip-version-check --no-deps --require-hashes \\
        --only-binary=:all: -d "$work/wheels" -r "$requirements"
    for wheel in "$work"/wheels/*.whl; do
        unzip -q -o "$wheel" 'nvidia/*/lib/*' -d "$work/site"
    done
    touch "$work/site/complete"
    mv -T "$work/site" "$home" 2>/dev/null || [ -e "$home/complete" ]
fi
ls -d "$home"/nvidia/*/lib
"""

# libtorch_cuda.so finds its libraries through the program's run path only where that is
# the old kind (RPATH); the new kind is not searched for libraries of libraries.
_BUILD = """
cc_library(
    name = "cuda_runtime",
    linkopts = ["-Wl,--disable-new-dtags"] + ["-Wl,-rpath," + path for path in {folders}],
    visibility = ["//visibility:public"],
)
"""

def _exists(repository_ctx, folders, soname):
    for folder in folders:
        if repository_ctx.path("%s/%s" % (folder, soname)).exists:
            return True
    return False

def _cuda_runtime_repository_impl(repository_ctx):
    env = repository_ctx.os.environ
    folders = []
    cuda_home = find_cuda(repository_ctx).home
    if cuda_home:
        folders.append(cuda_home + "/lib64")

    # A LibTorch of the user's own may sit in a site-packages folder with NVIDIA's wheels beside it.
    libtorch = env.get("LIBTORCH_HOME", "")
    if libtorch:
        folders += ["%s/nvidia/%s/lib" % (libtorch, part) for part in ["cu13", "cudnn", "cusparselt", "nccl", "nvshmem"]]
    missing = [wheel for soname, wheel in _WHEELS.items() if not _exists(repository_ctx, folders, soname)]
    if missing:
        requirements = "".join(["%s --hash=sha256:%s\n" % wheel for wheel in missing])
        repository_ctx.file("requirements.txt", requirements)
        cache = env.get("XDG_CACHE_HOME", "") or env.get("HOME", "") + "/.cache"

        # One folder per set of wheels, named after the set.
        unpacked = "%s/mrsn/cuda-runtime-%s" % (cache, "-".join([wheel[1][:6] for wheel in missing]))
        repository_ctx.report_progress("unpacking %d NVIDIA libraries into %s" % (len(missing), unpacked))
        result = repository_ctx.execute(
            ["bash", "-c", _UNPACK, "unpack", unpacked, str(repository_ctx.path("requirements.txt"))],
            timeout = 3600,
        )
        if result.return_code != 0:
            fail("NVIDIA's libraries %s could not be installed with pip: %s\nCure: give pip access to PyPI, or set LIBTORCH_HOME to a site-packages folder that holds them." % (", ".join([wheel[0] for wheel in missing]), result.stderr))
        folders += result.stdout.splitlines()
    repository_ctx.file("BUILD", _BUILD.format(folders = repr(folders)))

cuda_runtime_repository = repository_rule(
    implementation = _cuda_runtime_repository_impl,
    environ = ["CUDA_HOME", "HOME", "LIBTORCH_HOME", "PATH", "XDG_CACHE_HOME"],
)
