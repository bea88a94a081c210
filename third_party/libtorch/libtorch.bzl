"""Finds LibTorch, or unpacks it from the pinned PyPI wheel into the user's cache.

Looked for, in this order:
  1. $LIBTORCH_HOME: a folder that holds torch/include and torch/lib (a wheel's
     site-packages, for instance) of exactly VERSION;
  2. the user's cache, $XDG_CACHE_HOME or ~/.cache, under mrsn/;
  3. `pip download` of the wheels below, unpacked into that cache.
"""

VERSION = "2.11.0"

# name==version and sha256 of each wheel. The CUDA runtime and CUPTI are what
# libtorch_cpu.so itself links; the rest of NVIDIA's wheels are not needed on a CPU.
_WHEELS = [
    ("torch==2.11.0", "7aa2f9bbc6d4595ba72138026b2074be1233186150e9292865e04b7a63b8c67a"),
    ("nvidia-cuda-runtime==13.0.96", "7f82250d7782aa23b6cfe765ecc7db554bd3c2870c43f3d1821f1d18aebf0548"),
    ("nvidia-cuda-cupti==13.0.85", "4eb01c08e859bf924d222250d2e8f8b8ff6d3db4721288cf35d14252a4d933c8"),
]

_UNPACK = """
set -eu
home=$1
requirements=$2
if [ ! -e "$home/complete" ]; then
    mkdir -p "$(dirname "$home")"
    work=$(mktemp -d "$home.XXXXXX")
    trap 'rm -rf "$work"' EXIT
    python3 -m pip download --quiet --disable-pip-version-check --no-deps --require-hashes \
        --only-binary=:all: --python-version 3.11 --implementation cp --abi cp311 \
        --platform manylinux_2_28_x86_64 --platform manylinux_2_25_x86_64 --platform manylinux2014_x86_64 \
        -d "$work/wheels" -r "$requirements"
    for wheel in "$work"/wheels/*.whl; do
        unzip -q -o "$wheel" 'torch/include/*' 'torch/lib/*' 'torch/version.py' 'nvidia/*' -d "$work/site" 2>/dev/null ||
            [ $? -eq 11 ] # 11: some pattern matched nothing, as expected of the small wheels
    done
    touch "$work/site/complete"
    mv -T "$work/site" "$home" 2>/dev/null || [ -e "$home/complete" ]
fi
"""

def _home(repository_ctx):
    env = repository_ctx.os.environ
    given = env.get("LIBTORCH_HOME", "")
    if given:
        version = repository_ctx.path(given + "/torch/version.py")
        if not version.exists:
            fail("LIBTORCH_HOME=%s holds no torch/version.py: it must be the folder that contains torch/include and torch/lib." % given)
        if VERSION not in repository_ctx.read(version):
            fail("LIBTORCH_HOME=%s is not LibTorch %s; unset it to let the build fetch the pinned wheel." % (given, VERSION))
        return given
    cache = env.get("XDG_CACHE_HOME", "") or env.get("HOME", "") + "/.cache"
    home = "%s/mrsn/libtorch-%s-%s" % (cache, VERSION, _WHEELS[0][1][:12])
    repository_ctx.file(
        "requirements.txt",
        "".join(["%s --hash=sha256:%s\n" % wheel for wheel in _WHEELS]),
    )
    repository_ctx.report_progress("unpacking LibTorch %s (545 MB) into %s" % (VERSION, home))
    result = repository_ctx.execute(
        ["bash", "-c", _UNPACK, "unpack", home, str(repository_ctx.path("requirements.txt"))],
        timeout = 3600,
    )
    if result.return_code != 0:
        fail("LibTorch %s could not be installed with pip: %s\nCure: give pip access to PyPI, or set LIBTORCH_HOME to an unpacked wheel." % (VERSION, result.stderr))
    return home

def _libtorch_repository_impl(repository_ctx):
    home = _home(repository_ctx)
    for needed in ["torch/include/ATen/ATen.h", "torch/lib/libtorch_cpu.so", "torch/lib/libc10.so"]:
        if not repository_ctx.path(home + "/" + needed).exists:
            fail("LibTorch at %s lacks %s. Remove the folder and build again." % (home, needed))
    # The wheel also carries other projects' headers (protobuf's among them, of
    # another version than Debian's), which must not be found: only these are.
    for folder in ["ATen", "c10", "caffe2", "torch"]:
        repository_ctx.symlink("%s/torch/include/%s" % (home, folder), "include/" + folder)
    repository_ctx.template(
        "BUILD",
        Label("//third_party/libtorch:libtorch.BUILD.tpl"),
        {"%{home}": home},
    )

libtorch_repository = repository_rule(
    implementation = _libtorch_repository_impl,
    environ = ["LIBTORCH_HOME", "XDG_CACHE_HOME", "HOME"],
)
