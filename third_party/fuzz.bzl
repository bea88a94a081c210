"""libFuzzer programs. libFuzzer is Clang's, so these are compiled past Bazel's toolchain."""

_CXX = """
command -v clang++-14 >/dev/null || { echo 'clang++-14 is missing: run ./bazelw once as root' >&2; exit 1; }
set -euo pipefail
"""

_FLAGS = "-std=c++17 -O1 -g1 -fno-omit-frame-pointer -fno-sanitize-recover=all -I."
_SANITIZERS = "address,undefined"

def _inputs(ctx):
    return depset(ctx.files.srcs, transitive = [dep[CcInfo].compilation_context.headers for dep in ctx.attr.deps])

def _instrumented_library_impl(ctx):
    archive = ctx.actions.declare_file("lib" + ctx.label.name + ".a")
    sources = [f.path for f in ctx.files.srcs if f.extension == "cc"]
    ctx.actions.run_shell(
        outputs = [archive],
        inputs = _inputs(ctx),
        command = _CXX + """
archive=$1; shift
objects=$(mktemp -d)
trap 'rm -rf "$objects"' EXIT
for source in "$@"; do
  clang++-14 {flags} -fsanitize=fuzzer-no-link,{sanitizers} -fno-sanitize=vptr -c "$source" -o "$objects/${{source//\\//_}}.o"
done
rm -f "$archive"
ar rcs "$archive" "$objects"/*.o
""".format(flags = _FLAGS, sanitizers = _SANITIZERS),
        arguments = [archive.path] + sources,
        mnemonic = "FuzzerCompile",
        progress_message = "Compiling %s with clang++-14" % ctx.label,
        use_default_shell_env = True,
    )
    return [DefaultInfo(files = depset([archive]))]

instrumented_library = rule(
    implementation = _instrumented_library_impl,
    attrs = {
        "srcs": attr.label_list(allow_files = [".cc", ".h"]),
        "deps": attr.label_list(providers = [CcInfo]),
    },
    doc = "Sources compiled for coverage-guided fuzzing with the address and undefined-behaviour sanitizers.",
)

def _fuzzer_impl(ctx):
    out = ctx.actions.declare_file(ctx.label.name)
    link_flags = []
    for dep in ctx.attr.deps:
        for linker_input in dep[CcInfo].linking_context.linker_inputs.to_list():
            # Third-party libraries; our own code is in the instrumented library.
            link_flags += [flag for flag in linker_input.user_link_flags if flag not in link_flags]
    args = [f.path for f in ctx.files.srcs] + [f.path for f in ctx.files.library] + link_flags
    ctx.actions.run_shell(
        outputs = [out],
        inputs = depset(ctx.files.library, transitive = [_inputs(ctx)]),
        command = _CXX + "out=$1; shift\nclang++-14 {flags} -fsanitize=fuzzer,{sanitizers} -fno-sanitize=vptr \"$@\" -o \"$out\"".format(
            flags = _FLAGS,
            sanitizers = _SANITIZERS,
        ),
        arguments = [out.path] + args,
        mnemonic = "FuzzerLink",
        progress_message = "Linking fuzzer %s" % ctx.label,
        use_default_shell_env = True,
    )
    return [DefaultInfo(executable = out, files = depset([out]))]

_fuzzer = rule(
    implementation = _fuzzer_impl,
    attrs = {
        "srcs": attr.label_list(allow_files = [".cc"]),
        "library": attr.label(),
        "deps": attr.label_list(providers = [CcInfo]),
    },
    executable = True,
)

def fuzz_target(name, srcs, library, deps, corpus):
    """<name>, its 5-second test <name>_test, and <name>_60s_test, which is manual.

    Args:
      name: of the program.
      srcs: LLVMFuzzerTestOneInput.
      library: an instrumented_library with our code under test.
      deps: the same code as cc_library: its headers and third-party link options are used.
      corpus: label of the seed inputs.
    """
    _fuzzer(name = name, srcs = srcs, library = library, deps = deps)
    for suffix, seconds, tags in [("", "5", []), ("_60s", "60", ["manual"])]:
        native.sh_test(
            name = name + suffix + "_test",
            size = "small" if seconds == "5" else "medium",
            srcs = [str(Label("//third_party:run_fuzzer.sh"))],
            args = ["$(location :%s)" % name, seconds, "$(locations %s)" % corpus],
            data = [":" + name, corpus],
            tags = tags,
        )
