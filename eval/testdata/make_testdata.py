"""Makes the evaluator's test cases: made-up boxes and detections, and what published evaluators give for them.

    python3 make_testdata.py rows OUT            needs scipy for ucf24/annots.mat
    python3 make_testdata.py expected OUT --activitynet DIR --yowo DIR --moc DIR

`rows` writes ground truth and detections from random numbers; the same script writes the same rows. `expected` runs
the public programs over them, with NumPy below 1.24 as they need, and writes expected.json: DIR of ActivityNet holds
the folders be7854e, 3fee089 and af461c3 with the `Evaluation` folder of that commit each; DIR of YOWO is
`evaluation_ucf24_jhmdb`, DIR of MOC is `src`. Nothing of these programs is in this repository.
"""

import argparse
import ast
import csv
import gzip
import io
import json
import multiprocessing
import pathlib
import random
import sys
import types

# The ids of AVA v2.2 that are evaluated.
AVA_IDS = [1, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 17, 20, 22, 24, 26, 27, 28, 29, 30, 34, 36, 37, 38, 41, 43,
           45, 46, 47, 48, 49, 51, 52, 54, 56, 57, 58, 59, 60, 61, 62, 63, 64, 65, 66, 67, 68, 69, 70, 72, 73, 74, 76,
           77, 78, 79, 80]
POSES = [i for i in AVA_IDS if i <= 14]
UCF_CLASSES = ["Basketball", "BasketballDunk", "Biking", "CliffDiving", "CricketBowling", "Diving", "Fencing",
               "FloorGymnastics", "GolfSwing", "HorseRiding", "IceDancing", "LongJump", "PoleVault", "RopeClimbing",
               "SalsaSpin", "SkateBoarding", "Skiing", "Skijet", "SoccerJuggling", "Surfing", "TennisSwing",
               "TrampolineJumping", "VolleyballSpiking", "WalkingWithDog"]


def write_gz(path, text):
    path.parent.mkdir(parents=True, exist_ok=True)
    with open(path, "wb") as raw, gzip.GzipFile(fileobj=raw, mode="wb", mtime=0, filename="") as file:
        file.write(text.encode())


def label_map(ids):
    return "".join('item {\n  name: "class %d"\n  id: %d\n}\n' % (i, i) for i in ids)


class AvaRows:
    """Collects the rows of a case; no two scores are equal."""

    def __init__(self, seed):
        self.rng = random.Random(seed)
        self.gt, self.det = [], []

    def box(self):
        x, y = self.rng.uniform(0, 0.5), self.rng.uniform(0, 0.4)
        return [x, y, x + self.rng.uniform(0.1, 0.5), y + self.rng.uniform(0.2, 0.6)]

    def moved(self, box, amount):
        w, h = (box[2] - box[0]) * amount, (box[3] - box[1]) * amount
        return [min(1, max(0, c + self.rng.uniform(-s, s))) for c, s in zip(box, (w, h, w, h))]

    def score(self, mean):
        return min(0.9999, max(0.003, mean + 0.35 * (self.rng.random() + self.rng.random() - 1)))

    def add_gt(self, video, second, box, action):
        self.gt.append("%s,%04d,%.3f,%.3f,%.3f,%.3f,%d\n" % (video, second, *box, action))

    def add_det(self, video, second, box, action, score):
        score = round(score, 4) + len(self.det) * 1e-10
        self.det.append("%s,%04d,%.3f,%.3f,%.3f,%.3f,%d,%.10f\n" % (video, second, *box, action, score))

    def persons(self, ids):
        """Boxes with one pose, or class of a short list, and up to two other classes each."""
        first = [i for i in ids if i <= 14]
        for _ in range(self.rng.choice([1, 1, 2, 2, 3])):
            actions = {self.rng.choice(first[:4] if self.rng.random() < 0.7 else first)}
            while self.rng.random() < 0.45 and len(actions) < 3:
                actions.add(self.rng.choice(ids))
            yield self.box(), sorted(actions)

    def write(self, folder, ids, excluded=""):
        write_gz(folder / "gt.csv.gz", "".join(self.gt))
        write_gz(folder / "det.csv.gz", "".join(self.det))
        (folder / "excluded.csv").write_text(excluded)
        (folder / "labelmap.pbtxt").write_text(label_map(ids))


def make_ava(out):
    # One video: false boxes and missed ones, right detections with scores of at most 0.002, excluded keyframes.
    rows = AvaRows(1)
    for second in range(902, 1092):
        for box, actions in rows.persons(AVA_IDS):
            for action in actions:
                rows.add_gt("made_up_a", second, box, action)
            if rows.rng.random() < 0.15:
                continue
            guess = rows.moved(box, rows.rng.choice([0.05, 0.15, 0.4]))
            for action in set(actions) | set(rows.rng.sample(AVA_IDS, 3)):
                score = rows.score(0.6 if action in actions else 0.25)
                if action in actions and rows.rng.random() < 0.05:
                    score = 0.001
                rows.add_det("made_up_a", second, guess, action, score)
        if rows.rng.random() < 0.3:
            rows.add_det("made_up_a", second, rows.box(), rows.rng.choice(POSES), rows.score(0.2))
    rows.write(out / "one_video", AVA_IDS, "made_up_a,0905\nmade_up_a,0950\nmade_up_a,1700\n")

    # Keyframes without detections, detections on keyframes without ground truth, and some keyframes beyond 50 rows.
    rows = AvaRows(2)
    for video in ("made_up_b", "made_up_c", "made_up_d"):
        for second in range(902, 992):
            persons = list(rows.persons(AVA_IDS)) if rows.rng.random() < 0.7 else []
            for box, actions in persons:
                for action in actions:
                    rows.add_gt(video, second, box, action)
            if rows.rng.random() < 0.2:
                continue
            crowd = rows.rng.random() < 0.08
            for box, actions in persons + [(rows.box(), []) for _ in range(rows.rng.choice([0, 1, 2]))]:
                guess = rows.moved(box, 0.12)
                for action in set(actions) | set(rows.rng.sample(AVA_IDS, 25 if crowd else 4)):
                    rows.add_det(video, second, guess, action, rows.score(0.55 if action in actions else 0.3))
    rows.write(out / "stray_keyframes", AVA_IDS)

    # Every box carries all 60 classes, as many repositories write them.
    rows = AvaRows(3)
    for second in range(902, 942):
        for box, actions in rows.persons(AVA_IDS):
            for action in actions:
                rows.add_gt("made_up_e", second, box, action)
            guess = rows.moved(box, 0.1)
            for action in AVA_IDS:
                rows.add_det("made_up_e", second, guess, action, rows.score(0.5 if action in actions else 0.2))
    rows.write(out / "all_classes", AVA_IDS)

    rows = AvaRows(4)
    for second in range(902, 962):
        for box, actions in rows.persons(AVA_IDS):
            for action in actions:
                rows.add_gt("made_up_f", second, box, action)
    rows.write(out / "no_detections", AVA_IDS)

    # Three classes, few rows.
    rows = AvaRows(5)
    for second in (1000, 1001, 1004):
        for box, actions in rows.persons([1, 2, 3]):
            for action in actions:
                rows.add_gt("made_up_g", second, box, action)
            for _ in range(3):
                rows.add_det("made_up_g", second, rows.moved(box, 0.3), rows.rng.choice([1, 2, 3]), rows.score(0.5))
    rows.write(out / "three_classes", [1, 2, 3])


def make_ucf24(out):
    rng = random.Random(6)
    gt, det, annot = [], [], []
    for class_id, name in enumerate(UCF_CLASSES):
        video = "%s/v_%s_g01_c01" % (name, name)
        first = rng.randint(1, 30)
        tubes = []
        for _ in range(rng.choice([1, 1, 2])):
            start, length = first + rng.randint(0, 8), rng.randint(20, 40)
            x, y, w, h = rng.randint(5, 180), rng.randint(5, 100), rng.randint(25, 110), rng.randint(40, 120)
            boxes = []
            for _ in range(length):
                x, y = max(1, min(318 - w, x + rng.randint(-3, 4))), max(1, min(238 - h, y + rng.randint(-2, 2)))
                boxes.append((x, y, w, h))
            tubes.append((start, boxes))
        annot.append((video, class_id, tubes))
        for start, boxes in tubes:
            for i, (x, y, w, h) in enumerate(boxes):
                gt.append("%s,%d,%d,%d,%d,%d,%d\n" % (video, start + i, class_id, x, y, x + w, y + h))
                spread = rng.choice([0.05, 0.12, 0.3])
                if rng.random() < 0.85:
                    x1, y1 = x + round(rng.uniform(-spread, spread) * w), y + round(rng.uniform(-spread, spread) * h)
                    x2, y2 = x1 + max(4, round(w * rng.uniform(0.9, 1.1))), y1 + max(4, round(h * rng.uniform(0.9, 1.1)))
                    guess = class_id if rng.random() < 0.9 else rng.randrange(24)
                    score = 0.6 + 0.35 * (rng.random() + rng.random() - 1)
                    det.append((video, start + i, guess, score, max(0, x1), max(0, y1), min(320, x2), min(240, y2)))
                if rng.random() < 0.25:
                    x1, y1 = rng.randint(0, 250), rng.randint(0, 150)
                    score = 0.25 + 0.35 * (rng.random() + rng.random() - 1)
                    det.append((video, start + i, rng.randrange(24), max(0, score), x1, y1, x1 + rng.randint(10, 70),
                                y1 + rng.randint(10, 90)))
    det = ["%s,%d,%d,%.10f,%d,%d,%d,%d\n" % (v, f, c, round(s, 4) + i * 1e-10, *b)
           for i, (v, f, c, s, *b) in enumerate(det)]
    write_gz(out / "made_up/gt.csv.gz", "".join(gt))
    write_gz(out / "made_up/det.csv.gz", "".join(det))

    # The same boxes as MATLAB would store them, in the published file's layout and types; one more video before them.
    import numpy as np
    import scipy.io
    elements = []
    for video, class_id, tubes in [("Biking/v_Biking_g07_c07", 2, [(5, [(3, 4, 50, 60)])])] + annot:
        cells = np.zeros((1, len(tubes)), dtype=[(f, object) for f in ("ef", "sf", "class", "boxes")])
        for t, (start, boxes) in enumerate(tubes):
            small = max(max(b) for b in boxes) < 256
            cells[0, t] = (float(start + len(boxes) - 1), float(start), float(class_id + 1),
                           np.array(boxes, dtype=np.uint8 if small else np.uint16))
        elements.append((video, cells))
    whole = np.zeros((1, len(elements)), dtype=[("name", object), ("tubes", object)])
    for i, element in enumerate(elements):
        whole[0, i] = element
    scipy.io.savemat(out / "annots.mat", {"annot": whole}, do_compression=True)
    data = bytearray((out / "annots.mat").read_bytes())
    data[:116] = b"MATLAB 5.0 MAT-file, made up".ljust(116)  # without the date
    (out / "annots.mat").write_bytes(data)


def read_rows(path):
    with gzip.open(path, "rt") as file:
        return list(csv.reader(file))


def every_point_ap(labels, num_gt):
    """AP with the envelope of precision; `labels` are 1 (right) or 0, best score first."""
    points, right = [], 0
    for i, label in enumerate(labels):
        right += label
        points.append((right / (i + 1), label))
    best, ap = 0.0, 0.0
    for precision, label in reversed(points):
        best = max(best, precision)
        ap += best / num_gt if label else 0
    return ap


def run_activitynet(task):
    """One generation of get_ava_performance.py over one case, or over pixel boxes of UCF101-24."""
    root, commit, folder, pixels = task
    code = pathlib.Path(root) / commit / "Evaluation"
    sys.path[:0] = [str(code), str(code / "ava")]
    import contextlib
    import get_ava_performance as script
    from ava import object_detection_evaluation as module
    kept = []

    def keep(categories):
        kept.append(module.PascalDetectionEvaluator(categories))
        return kept[-1]

    script.object_detection_evaluation = types.SimpleNamespace(PascalDetectionEvaluator=keep)

    def named(text, name):
        file = io.StringIO(text)
        file.name = name
        return file

    def text(path):
        with gzip.open(path, "rt") as file:
            return file.read()

    folder = pathlib.Path(folder)
    if pixels:  # classes from 1, columns in AVA's order
        gt = "".join("%s,%s,%s,%s,%s,%s,%d\n" % (r[0], r[1], *r[3:7], int(r[2]) + 1) for r in read_rows(folder / "gt.csv.gz"))
        det = "".join("%s,%s,%s,%s,%s,%s,%d,%s\n" % (r[0], r[1], *r[4:8], int(r[2]) + 1, r[3])
                      for r in read_rows(folder / "det.csv.gz"))
        ids = range(1, 25)
    else:
        gt, det = text(folder / "gt.csv.gz"), text(folder / "det.csv.gz")
        ids = [int(line.split()[-1]) for line in (folder / "labelmap.pbtxt").read_text().splitlines() if " id:" in line]
    arguments = [named(label_map(ids), "labels"), named(gt, "gt"), named(det, "det")]
    if commit != "af461c3":
        arguments.append(None if pixels else named((folder / "excluded.csv").read_text(), "excluded"))
    printed = io.StringIO()
    with contextlib.redirect_stdout(printed):
        script.run_evaluation(*arguments)
    metrics = eval(printed.getvalue(), {"nan": float("nan")})
    evaluation = kept[0]._evaluation
    import numpy as np
    result = {"evaluator": "activitynet/ActivityNet Evaluation/get_ava_performance.py, commit " + commit,
              "mAP@0.5IOU": metrics["PascalBoxes_Precision/mAP@0.5IOU"],
              "num_gt": int(evaluation.num_gt_instances_per_class.sum()),
              "num_det_scored": int(sum(len(s) for c in evaluation.scores_per_class for s in c)),
              "num_gt_images": len(kept[0]._image_ids), "per_class": {}}
    lows, highs = [], []
    for i in ids:
        scores = np.concatenate(evaluation.scores_per_class[i - 1] or [np.zeros(0)])
        labels = np.concatenate(evaluation.tp_fp_labels_per_class[i - 1] or [np.zeros(0)]).astype(int)
        num_gt = int(evaluation.num_gt_instances_per_class[i - 1])
        ap = metrics["PascalBoxes_PerformanceByCategory/AP@0.5IOU/class %d" % i]
        one = {"num_gt": num_gt, "num_det": len(scores), "num_tp": int(labels.sum()),
               "ap": None if ap != ap else float(ap), "ap_tie_lo": None, "ap_tie_hi": None}
        if num_gt:
            order = sorted(range(len(scores)), key=lambda k: (-scores[k], labels[k]))
            one["ap_tie_lo"] = every_point_ap([labels[k] for k in order], num_gt)
            order = sorted(range(len(scores)), key=lambda k: (-scores[k], -labels[k]))
            one["ap_tie_hi"] = every_point_ap([labels[k] for k in order], num_gt)
            lows.append(one["ap_tie_lo"])
            highs.append(one["ap_tie_hi"])
        result["per_class"][str(i)] = one
    result["mAP_tie_lo"], result["mAP_tie_hi"] = sum(lows) / len(lows), sum(highs) / len(highs)
    if pixels:
        result = {"evaluator": result["evaluator"] + ", fed with pixels", "mAP": result["mAP@0.5IOU"],
                  "per_class": {str(int(i) - 1): {"name": UCF_CLASSES[int(i) - 1], "num_gt": c["num_gt"],
                                                  "num_tp": c["num_tp"], "ap": c["ap"]}
                                for i, c in result["per_class"].items()}}
    return result


def image_name(row):
    return "%s_%05d" % (row[0].replace("/", "_"), int(row[1]))  # as YOWO names its files


def run_yowo(root, folder, eleven):
    sys.path.insert(0, str(pathlib.Path(root) / "lib"))
    for drawing in ("cv2", "matplotlib", "matplotlib.pyplot"):  # imported, not used for numbers
        sys.modules.setdefault(drawing, types.ModuleType(drawing))
    from BoundingBox import BoundingBox
    from BoundingBoxes import BoundingBoxes
    from Evaluator import Evaluator
    from utils import BBFormat, BBType, CoordinatesType, MethodAveragePrecision
    boxes = BoundingBoxes()
    for row in sorted(read_rows(folder / "gt.csv.gz"), key=image_name):
        boxes.addBoundingBox(BoundingBox(image_name(row), row[2].zfill(2), *map(float, row[3:7]), CoordinatesType.Absolute,
                                         (0, 0), BBType.GroundTruth, format=BBFormat.XYX2Y2))
    for row in sorted(read_rows(folder / "det.csv.gz"), key=image_name):
        boxes.addBoundingBox(BoundingBox(image_name(row), row[2].zfill(2), *map(float, row[4:8]), CoordinatesType.Absolute,
                                         (0, 0), BBType.Detected, float(row[3]), format=BBFormat.XYX2Y2))
    method = MethodAveragePrecision.ElevenPointInterpolation if eleven else MethodAveragePrecision.EveryPointInterpolation
    per_class = {}
    for c in Evaluator().GetPascalVOCMetrics(boxes, 0.5, method):
        per_class[str(int(c["class"]))] = {"name": UCF_CLASSES[int(c["class"])], "num_gt": int(c["total positives"]),
                                           "num_tp": int(c["total TP"]), "ap": float(c["AP"])}
    return {"evaluator": "wei-tim/YOWO evaluation_ucf24_jhmdb, GetPascalVOCMetrics, " + ("11-point" if eleven else "every point"),
            "mAP": sum(c["ap"] for c in per_class.values()) / len(per_class), "per_class": per_class}


def run_moc(root, folder):
    """frameAP's own statements for one class at a time, over rows instead of its data set's files."""
    import numpy as np
    root = pathlib.Path(root)
    scope = {"np": np}
    tree = ast.parse((root / "ACT_utils/ACT_utils.py").read_text())
    wanted = [n for n in tree.body if isinstance(n, ast.FunctionDef) and n.name in ("area2d", "overlap2d", "iou2d", "pr_to_ap")]
    exec(compile(ast.Module(wanted, []), "ACT_utils", "exec"), scope)
    frame_ap = next(n for n in ast.parse((root / "ACT.py").read_text()).body
                    if isinstance(n, ast.FunctionDef) and n.name == "frameAP")
    loop = next(n for n in frame_ap.body if isinstance(n, ast.For))
    gt_rows, det_rows = read_rows(folder / "gt.csv.gz"), read_rows(folder / "det.csv.gz")
    videos = sorted({r[0] for r in gt_rows} | {r[0] for r in det_rows})

    class DataSet:
        labels = UCF_CLASSES
        _gttubes = {v: {} for v in videos}

    for r in gt_rows:  # every row a tube of one frame: frameAP looks at frames only
        DataSet._gttubes[r[0]].setdefault(int(r[2]), []).append(np.array([[float(x) for x in [r[1], *r[3:7]]]]))
    scope.update(dataset=DataSet, vlist=videos, th=0.5, results={})
    scope["alldets"] = np.array([[videos.index(r[0]), int(r[1]), int(r[2]), float(r[3]), *map(float, r[4:8])] for r in det_rows])
    exec(compile(ast.Module([loop], []), "frameAP", "exec"), scope)
    per_class = {}
    for i, name in enumerate(UCF_CLASSES):
        pr = scope["results"][name]
        num_gt = sum(int(r[2]) == i for r in gt_rows)
        per_class[str(i)] = {"name": name, "num_gt": num_gt, "num_tp": int(round(float(pr[-1, 1]) * num_gt)),
                             "ap": float(scope["pr_to_ap"](pr))}
    # frameAP's last lines give percent, as float32.
    percent = np.mean(100 * np.array([scope["pr_to_ap"](scope["results"][name]) for name in UCF_CLASSES]))
    mean = float(percent / np.float32(100))
    return {"evaluator": "MCG-NJU/MOC-Detector src/ACT.py, frameAP", "mAP": mean, "per_class": per_class}


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("command", choices=["rows", "expected"])
    parser.add_argument("out", type=pathlib.Path)
    for name in ("activitynet", "yowo", "moc"):
        parser.add_argument("--" + name)
    args = parser.parse_args()
    if args.command == "rows":
        make_ava(args.out / "ava")
        make_ucf24(args.out / "ucf24")
        return
    generations = {"official_2018": "be7854e", "official_2019": "3fee089", "official_2020": "af461c3"}
    with multiprocessing.get_context("spawn").Pool(1, maxtasksperchild=1) as pool:
        for folder in sorted((args.out / "ava").iterdir()):
            expected = {g: pool.apply(run_activitynet, ((args.activitynet, c, str(folder), False),))
                        for g, c in generations.items()}
            (folder / "expected.json").write_text(json.dumps(expected, indent=1) + "\n")
            print(folder, {g: (e["mAP@0.5IOU"], e["num_det_scored"]) for g, e in expected.items()})
        for folder in [p.parent for p in (args.out / "ucf24").glob("*/gt.csv.gz")]:
            expected = {"yowo_every_point": run_yowo(args.yowo, folder, False),
                        "padilla_11_point": run_yowo(args.yowo, folder, True),
                        "act_moc_trapezoid": run_moc(args.moc, folder),
                        "tf_od_every_point_no_plus1": pool.apply(
                            run_activitynet, ((args.activitynet, "be7854e", str(folder), True),))}
            (folder / "expected.json").write_text(json.dumps(expected, indent=1) + "\n")
            print(folder, {g: e["mAP"] for g, e in expected.items()})


if __name__ == "__main__":
    main()
