#!/usr/bin/env python3
"""Reads the same clips with this project and with cv2, PyAV and torchcodec, in turn.

  python3 -m venv loading_venv && loading_venv/bin/pip install opencv-python-headless av torch torchcodec
  bazel build //datasets/loading:measure_reading
  loading_venv/bin/python datasets/loading/compare_libraries.py --videos=DATA_ROOT/videos --threads=1,2

A clip is opened, its 32 frames are decoded, scaled to the short side 256 (bilinear) and copied into a batch. Each
library decodes with one thread a video; as many clips as threads are read at once. Repetitions go round the
libraries, so that other work on the machine meets all of them. A library that is not installed is left out.
"only decoding" is this project without scaling and copying: the bound of every reader that decodes as it does.
Frames of the libraries are not compared here: the tests of datasets/video compare ours with FFmpeg's.
"""

import argparse
import json
import os
import pathlib
import queue
import random
import statistics
import subprocess
import sys
import tempfile
import threading
import time

BATCH = 8
FRAMES = 32


def scaled_size(width, height, short_side):
    shorter = min(width, height)
    return width * short_side // shorter, height * short_side // shorter


def with_cv2(short_side):
    import cv2
    import numpy as np

    cv2.setNumThreads(0)

    def scale(bgr):
        size = scaled_size(bgr.shape[1], bgr.shape[0], short_side)
        return cv2.cvtColor(cv2.resize(bgr, size, interpolation=cv2.INTER_LINEAR), cv2.COLOR_BGR2RGB)

    def read(path, numbers):
        frames = []
        if os.path.isdir(path):
            name = os.path.basename(path)
            for number in numbers:
                frames.append(scale(cv2.imread(f"{path}/{name}_{number + 1:06d}.jpg")))
            return np.stack(frames)
        capture = cv2.VideoCapture(path, cv2.CAP_FFMPEG, [cv2.CAP_PROP_N_THREADS, 1])
        capture.set(cv2.CAP_PROP_POS_FRAMES, numbers[0])
        wanted = set(numbers)
        for number in range(numbers[0], numbers[-1] + 1):
            if not capture.grab():
                break
            if number in wanted:
                frames.append(scale(capture.retrieve()[1]))
        return np.stack(frames)

    return read


def with_pyav(short_side):
    import av
    import cv2
    import numpy as np

    cv2.setNumThreads(0)

    def read(path, numbers):
        if os.path.isdir(path):
            return None
        wanted = set(numbers)
        frames = []
        with av.open(path) as container:
            stream = container.streams.video[0]
            stream.codec_context.thread_count = 1
            # One frame's time; raw streams cannot seek and are decoded from their beginning.
            step = 1 / (stream.average_rate * stream.time_base) if stream.duration else None
            start = stream.start_time or 0
            if step is not None:
                container.seek(int(start + numbers[0] * step), stream=stream, backward=True)
            number = -1
            for frame in container.decode(stream):
                number = number + 1 if step is None or frame.pts is None else round((frame.pts - start) / step)
                if number in wanted:
                    rgb = frame.to_ndarray(format="rgb24")
                    size = scaled_size(rgb.shape[1], rgb.shape[0], short_side)
                    frames.append(cv2.resize(rgb, size, interpolation=cv2.INTER_LINEAR))
                if number >= numbers[-1]:
                    break
        return np.stack(frames)

    return read


def with_torchcodec(short_side):
    import torch
    from torchcodec.decoders import VideoDecoder

    torch.set_num_threads(1)

    def read(path, numbers):
        if os.path.isdir(path):
            return None
        decoder = VideoDecoder(path, num_ffmpeg_threads=1, seek_mode="exact")
        frames = decoder.get_frames_at(numbers).data
        size = scaled_size(frames.shape[3], frames.shape[2], short_side)
        return torch.nn.functional.interpolate(frames, size=(size[1], size[0]), mode="bilinear").numpy()

    return read


OURS = {"ours": [], "only decoding": ["--only_decode"]}
LIBRARIES = {"cv2": with_cv2, "PyAV": with_pyav, "torchcodec": with_torchcodec}


def run_library(name, clips, threads, short_side):
    """Seconds for all clips, and the number of clips read; run in a process of its own."""
    import numpy as np

    read = LIBRARIES[name](short_side)
    read(*clips[0])  # imports and first-use costs are not counted
    todo = queue.SimpleQueue()
    for clip in clips:
        todo.put(clip)
    failed = []

    def work():
        batch = None
        held = 0
        while True:
            try:
                path, numbers = todo.get_nowait()
            except queue.Empty:
                return
            try:
                stack = read(path, numbers)
                if stack is None or len(stack) != len(numbers):
                    raise ValueError("another number of frames")
            except Exception as error:  # a library's own classes
                failed.append(f"{path}: {error}")
                continue
            if batch is None or batch.shape[1:] != stack.shape:
                batch = np.empty((BATCH, *stack.shape), stack.dtype)
            batch[held % BATCH] = stack
            held += 1

    begin, cpu_begin = time.perf_counter(), time.process_time()
    workers = [threading.Thread(target=work) for _ in range(threads)]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()
    return {"clips": len(clips) - len(failed), "seconds": time.perf_counter() - begin,
            "cpu_seconds": time.process_time() - cpu_begin, "failed": failed}


def count_frames(path):
    if os.path.isdir(path):
        return len(os.listdir(path))
    import cv2

    capture = cv2.VideoCapture(path)
    frames = 0
    while capture.grab():
        frames += 1
    return frames


def choose_clips(videos, stride, number):
    draw = random.Random(1)
    clips = []
    lengths = {}
    while len(clips) < number:
        path = draw.choice(videos)
        if path not in lengths:
            lengths[path] = count_frames(path)
        last = lengths[path] - FRAMES * stride
        if last >= 0:
            first = draw.randint(0, last)
            clips.append((path, [first + i * stride for i in range(FRAMES)]))
        elif all(v in lengths and lengths[v] < FRAMES * stride for v in videos):
            sys.exit("no video is long enough")
    return clips


def measure(name, clips, clips_file, threads, options):
    if name in OURS:
        command = [options.binary, f"--clips={clips_file}", f"--threads={threads}",
                   f"--short_side={options.short_side}", f"--batch={BATCH}", *OURS[name]]
    else:
        command = [sys.executable, __file__, "--library", name, "--clips", clips_file, "--threads", str(threads),
                   "--short_side", str(options.short_side)]
    output = subprocess.run(command, capture_output=True, text=True)
    if output.returncode != 0:
        return {"clips": 0, "failed": output.stderr.strip().splitlines()[-1:]}
    return json.loads(output.stdout.strip().splitlines()[-1])


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--videos", help="folder with video files at any depth, or with folders of frames")
    parser.add_argument("--folders", action="store_true", help="--videos holds folders of frames")
    parser.add_argument("--threads", default="1,2")
    parser.add_argument("--strides", default="1,2", help="frames between the frames of a clip")
    parser.add_argument("--number", type=int, default=60, help="clips of each measurement")
    parser.add_argument("--repetitions", type=int, default=5)
    parser.add_argument("--short_side", type=int, default=256)
    parser.add_argument("--binary", default="bazel-bin/datasets/loading/measure_reading")
    parser.add_argument("--library", choices=LIBRARIES, help=argparse.SUPPRESS)
    parser.add_argument("--clips", help=argparse.SUPPRESS)
    options = parser.parse_args()

    if options.library:
        clips = []
        for line in pathlib.Path(options.clips).read_text().splitlines():
            path, first, stride, frames = line.rsplit(" ", 3)
            clips.append((path, [int(first) + i * int(stride) for i in range(int(frames))]))
        print(json.dumps(run_library(options.library, clips, int(options.threads), options.short_side)))
        return

    root = pathlib.Path(options.videos)
    if options.folders:
        videos = sorted(str(p) for p in root.iterdir() if p.is_dir())
    else:
        videos = sorted(str(p) for p in root.rglob("*") if p.suffix in (".avi", ".mp4", ".mkv", ".webm"))
    names = list(OURS) + list(LIBRARIES)
    with tempfile.TemporaryDirectory() as scratch:
        for stride in map(int, options.strides.split(",")):
            clips = choose_clips(videos, stride, options.number)
            clips_file = os.path.join(scratch, "clips.txt")
            pathlib.Path(clips_file).write_text(
                "".join(f"{path} {numbers[0]} {stride} {FRAMES}\n" for path, numbers in clips))
            for threads in map(int, options.threads.split(",")):
                rates, costs, failures = ({name: [] for name in names} for _ in range(3))
                for _ in range(options.repetitions):
                    for name in names:
                        result = measure(name, clips, clips_file, threads, options)
                        failures[name] = result.get("failed", [])
                        if result["clips"] > 0:
                            rates[name].append(result["clips"] / result["seconds"])
                            costs[name].append(1000 * result["cpu_seconds"] / result["clips"])
                print(f"stride {stride}, {threads} threads, {len(clips)} clips of {FRAMES} frames, "
                      f"load {os.getloadavg()[0]:.1f}")
                for name in names:
                    failed = f", {len(failures[name])} not read: {failures[name][0]}" if failures[name] else ""
                    if rates[name]:
                        print(f"  {name:13} clips/s: best {max(rates[name]):6.1f}, median "
                              f"{statistics.median(rates[name]):6.1f}; CPU ms a clip: least {min(costs[name]):6.1f}, "
                              f"median {statistics.median(costs[name]):6.1f}{failed}")
                    else:
                        print(f"  {name:13} left out{failed}")
                others = [name for name in LIBRARIES if rates[name]]
                if rates["ours"] and others:
                    faster = {"best": max(rates["ours"]) / max(max(rates[name]) for name in others),
                              "median": statistics.median(rates["ours"])
                              / max(statistics.median(rates[name]) for name in others),
                              "least CPU": min(min(costs[name]) for name in others) / min(costs["ours"])}
                    print("  ours against the fastest other one: "
                          + ", ".join(f"{key} {value:.2f}x" for key, value in faster.items()))
                    bound = min(min(costs[name]) for name in others) / min(costs["only decoding"])
                    print(f"  only decoding against the others' least CPU: {bound:.2f}x", flush=True)


if __name__ == "__main__":
    main()
