"""libFuzzer programs: compiled past Bazel's toolchain, for coverage and with sanitizers."""

load("//third_party/precompiled:precompiled_header.bzl", "RELOCATABLE")

# Without optimisation: a clean build compiles for longer than the tests of two seconds run.
_CLANG = """
command -v clang++-14 >/dev/null || {{ echo 'clang++-14 is missing: run ./bazelw once as root' >&2; exit 1; }}
set -euo pipefail
compile() {{
  clang++-14 -std=c++17 -O0 -g1 -fno-omit-frame-pointer -fno-sanitize-recover=all -fpch-instantiate-templates \\
    -I. {includes} -fsanitize=fuzzer-no-link,address,undefined -fno-sanitize=vptr "$@"
}}
"""

def _clang(ctx):
    context = ctx.attr._opencv[CcInfo].compilation_context
    folders = context.system_includes.to_list() + context.includes.to_list()
    return _CLANG.format(
        includes = " ".join(["-isystem " + folder for folder in folders]),
    )

def _inputs(ctx, files):
    return depset(
        files + ctx.files._headers,
        transitive = [dep[CcInfo].compilation_context.headers for dep in ctx.attr.deps],
    )

def _fuzz_headers_impl(ctx):
    pch = ctx.actions.declare_file(ctx.label.name + ".pch")
    ctx.actions.run_shell(
        outputs = [pch],
        inputs = [ctx.file.src],
        command = _clang(ctx) + 'compile -x c++-header "$1" -o "$2" ' + RELOCATABLE,
        arguments = [ctx.file.src.path, pch.path],
        mnemonic = "FuzzerHeaders",
        progress_message = "Precompiling the headers of fuzzers",
        use_default_shell_env = True,
    )
    return [DefaultInfo(files = depset([pch]))]

_OPENCV = {"_opencv": attr.label(default = "//third_party:opencv")}

fuzz_headers = rule(
    implementation = _fuzz_headers_impl,
    attrs = dict(_OPENCV, src = attr.label(allow_single_file = True)),
    doc = "Headers from outside, parsed once for all fuzzers.",
)

_COMPILED = dict(
    _OPENCV,
    deps = attr.label_list(providers = [CcInfo]),
    _headers = attr.label(default = "//third_party/precompiled:fuzz_headers", allow_single_file = True),
)

def _instrumented_library_impl(ctx):
    archive = ctx.actions.declare_file("lib" + ctx.label.name + ".a")
    ctx.actions.run_shell(
        outputs = [archive],
        inputs = _inputs(ctx, ctx.files.srcs),
        command = _clang(ctx) + """
archive=$1 headers=$2; shift 2
objects=$(mktemp -d)
trap 'rm -rf "$objects"' EXIT
for source in "$@"; do
  compile -isysroot . -include-pch "$headers" -c "$source" -o "$objects/${source//\\//_}.o"
done
rm -f "$archive"
ar rcs "$archive" "$objects"/*.o
""",
        arguments = [archive.path, ctx.file._headers.path] + [f.path for f in ctx.files.srcs if f.extension == "cc"],
        mnemonic = "FuzzerCompile",
        progress_message = "Compiling %s with clang++-14" % ctx.label,
        use_default_shell_env = True,
    )
    return [DefaultInfo(files = depset([archive]))]

instrumented_library = rule(
    implementation = _instrumented_library_impl,
    attrs = dict(_COMPILED, srcs = attr.label_list(allow_files = [".cc", ".h"])),
    doc = "Sources compiled for coverage-guided fuzzing with the address and undefined-behaviour sanitizers.",
)

def _fuzzer_impl(ctx):
    out = ctx.actions.declare_file(ctx.label.name)
    link_flags = []
    for dep in ctx.attr.deps:
        for linker_input in dep[CcInfo].linking_context.linker_inputs.to_list():
            # Third-party libraries; our own code is in the instrumented libraries.
            link_flags += [flag for flag in linker_input.user_link_flags if flag not in link_flags]
    ctx.actions.run_shell(
        outputs = [out],
        inputs = _inputs(ctx, ctx.files.src + ctx.files.libraries),
        command = _clang(ctx) + """
out=$1 headers=$2 source=$3; shift 3
object=$(mktemp)
trap 'rm -f "$object"' EXIT
compile -isysroot . -include-pch "$headers" -c "$source" -o "$object"
compile -fsanitize=fuzzer -x none "$object" "$@" -o "$out"
""",
        arguments = [out.path, ctx.file._headers.path] + [f.path for f in [ctx.file.src] + ctx.files.libraries] + link_flags,
        mnemonic = "FuzzerLink",
        progress_message = "Linking fuzzer %s" % ctx.label,
        use_default_shell_env = True,
    )
    return [DefaultInfo(executable = out, files = depset([out]))]

_fuzzer = rule(
    implementation = _fuzzer_impl,
    attrs = dict(_COMPILED, src = attr.label(allow_single_file = [".cc"]), libraries = attr.label_list()),
    executable = True,
)

def fuzz_target(name, src, libraries, deps, corpus):
    """<name>, its 5-second test <name>_test, and <name>_60s_test, which is manual.

    Args:
      name: of the program.
      src: LLVMFuzzerTestOneInput.
      libraries: instrumented_library targets with our code under test.
      deps: the same code as cc_library: its headers and third-party link options are used.
      corpus: label of the seed inputs.
    """
    _fuzzer(name = name, src = src, libraries = libraries, deps = deps)
    for suffix, seconds, tags in [("", "2", []), ("_60s", "60", ["manual"])]:
        native.sh_test(
            name = name + suffix + "_test",
            size = "small" if seconds == "2" else "medium",
            srcs = [str(Label("//third_party:run_fuzzer.sh"))],
            args = ["$(location :%s)" % name, seconds, "$(locations %s)" % corpus],
            data = [":" + name, corpus],
            tags = tags,
        )
