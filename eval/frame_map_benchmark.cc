// Rows per second of reading, matching and AP, on the largest evaluations there are.
// /10000 .. /10000000: rows of detections. Ground truth and detections are those of
// synthetic.h.
#include <map>

#include "absl/container/flat_hash_map.h"
#include "benchmark/benchmark.h"
#include "eval/analysis/bootstrap.h"
#include "eval/frame_map.h"
#include "eval/load_evaluation.h"
#include "eval/synthetic.h"
#include "ops/formats/ava_csv.h"
#include "ops/formats/text_file.h"
#include "ops/formats/ucf24_files.h"
#include "ops/test_data/test_data.h"

namespace mrsn::eval {
namespace {

// Only the last size is kept: 10 M rows are 600 MB of text.
const SyntheticFiles& Ava(int64_t rows) {
  static int64_t held = 0;
  static SyntheticFiles files;
  if (held != rows) {
    files = SyntheticFiles();
    files = SyntheticAva(rows);
    held = rows;
  }
  return files;
}

const SyntheticFiles& Ucf24() {
  static const SyntheticFiles* const files = new SyntheticFiles(SyntheticUcf24());
  return *files;
}

FrameMapEvaluator Empty(Protocol protocol) {
  FrameMapOptions options;
  options.protocol = protocol;
  options.classes = DefaultClasses(RulesOf(protocol).dataset);
  return *FrameMapEvaluator::Create(options);
}

FrameMapEvaluator FilledAva(const SyntheticFiles& files) {
  FrameMapEvaluator evaluator = Empty(Protocol::kOfficial2019);
  const formats::TextFile gt = *formats::TextFile::FromBytes(files.ground_truth, "gt"),
                          det = *formats::TextFile::FromBytes(files.detections, "det");
  formats::CsvContents ground_truth = *formats::ParseAvaCsv(gt, formats::RowKind::kGroundTruth, {}),
                       detections = *formats::ParseAvaCsv(det, formats::RowKind::kDetections, {});
  for (formats::RowBlock& block : ground_truth.blocks) evaluator.AddGroundTruth(std::move(block));
  for (formats::RowBlock& block : detections.blocks) evaluator.AddDetections(std::move(block));
  return evaluator;
}

void BM_ReadAvaCsv(benchmark::State& state) {
  const SyntheticFiles& files = Ava(state.range(0));
  const formats::TextFile file = *formats::TextFile::FromBytes(files.detections, "detections");
  for (auto _ : state)
    benchmark::DoNotOptimize(formats::ParseAvaCsv(file, formats::RowKind::kDetections, {})->num_rows);
  state.SetItemsProcessed(state.iterations() * files.num_detections);
  state.SetBytesProcessed(state.iterations() * files.detections.size());
}

void BM_MatchAva(benchmark::State& state) {
  const SyntheticFiles& files = Ava(state.range(0));
  const FrameMapEvaluator evaluator = FilledAva(files);
  for (auto _ : state) benchmark::DoNotOptimize(evaluator.Match().num_keyframes);
  state.SetItemsProcessed(state.iterations() * files.num_detections);
}

void BM_AveragePrecisionAva(benchmark::State& state) {
  const SyntheticFiles& files = Ava(state.range(0));
  const FrameMapEvaluator evaluator = FilledAva(files);
  const MatchedFrames matched = evaluator.Match();
  for (auto _ : state) benchmark::DoNotOptimize(evaluator.Summarize(matched).frame_map);
  state.SetItemsProcessed(state.iterations() * files.num_detections);
}

// From text to mAP.
void BM_WholeAva(benchmark::State& state) {
  const SyntheticFiles& files = Ava(state.range(0));
  for (auto _ : state) benchmark::DoNotOptimize(FilledAva(files).Compute().frame_map);
  state.SetItemsProcessed(state.iterations() * files.num_detections);
}

void BM_BootstrapAva1000(benchmark::State& state) {
  const SyntheticFiles& files = Ava(state.range(0));
  const FrameMapEvaluator evaluator = FilledAva(files);
  const MatchedFrames matched = evaluator.Match();
  const std::vector<std::string> videos = EvaluatedVideos(evaluator, matched);
  for (auto _ : state) {
    benchmark::DoNotOptimize(Resample(evaluator, matched, videos, BootstrapOptions()).frame_map.size());
  }
  state.SetItemsProcessed(state.iterations() * files.num_detections * BootstrapOptions().samples);
}

void BM_WholeUcf24(benchmark::State& state) {
  const SyntheticFiles& files = Ucf24();
  const formats::TextFile gt = *formats::TextFile::FromBytes(files.ground_truth, "gt"),
                          det = *formats::TextFile::FromBytes(files.detections, "det");
  for (auto _ : state) {
    FrameMapEvaluator evaluator = Empty(Protocol::kYowo);
    formats::CsvContents ground_truth = *formats::ParseUcf24Csv(gt, formats::RowKind::kGroundTruth, {}),
                         detections = *formats::ParseUcf24Csv(det, formats::RowKind::kDetections, {});
    for (formats::RowBlock& block : ground_truth.blocks) evaluator.AddGroundTruth(std::move(block));
    for (formats::RowBlock& block : detections.blocks) evaluator.AddDetections(std::move(block));
    benchmark::DoNotOptimize(evaluator.Compute().frame_map);
  }
  state.SetItemsProcessed(state.iterations() * (files.num_detections + files.num_gt));
}

// All of UCF101-24's published annotations where MRSN_TEST_DATA is set, else a made-up file of a few videos.
void BM_ReadUcf24Mat(benchmark::State& state) {
  const std::string folder = TestDataFolder();
  const std::string path =
      folder.empty() ? "eval/testdata/ucf24/annots.mat" : folder + "/ucf101-24/finalAnnots.mat";
  int64_t rows = 0;
  for (auto _ : state) rows = formats::ReadUcf24Mat(path)->num_rows;
  state.SetItemsProcessed(state.iterations() * rows);
}

#define MRSN_AVA_SIZES Unit(benchmark::kMillisecond)->UseRealTime()->MeasureProcessCPUTime()
BENCHMARK(BM_ReadAvaCsv)->Arg(10000)->MRSN_AVA_SIZES;
BENCHMARK(BM_MatchAva)->Arg(10000)->MRSN_AVA_SIZES;
BENCHMARK(BM_AveragePrecisionAva)->Arg(10000)->MRSN_AVA_SIZES;
BENCHMARK(BM_WholeAva)->Arg(10000)->MRSN_AVA_SIZES;
BENCHMARK(BM_BootstrapAva1000)->Arg(10000)->MRSN_AVA_SIZES;
BENCHMARK(BM_WholeAva)->Arg(100000)->MRSN_AVA_SIZES;
BENCHMARK(BM_ReadAvaCsv)->Arg(1600928)->MRSN_AVA_SIZES;
BENCHMARK(BM_MatchAva)->Arg(1600928)->MRSN_AVA_SIZES;
BENCHMARK(BM_AveragePrecisionAva)->Arg(1600928)->MRSN_AVA_SIZES;
BENCHMARK(BM_WholeAva)->Arg(1600928)->MRSN_AVA_SIZES;
BENCHMARK(BM_BootstrapAva1000)->Arg(1600928)->MRSN_AVA_SIZES;
BENCHMARK(BM_WholeAva)->Arg(10000000)->MRSN_AVA_SIZES;
BENCHMARK(BM_WholeUcf24)->MRSN_AVA_SIZES;
BENCHMARK(BM_ReadUcf24Mat)->MRSN_AVA_SIZES;

}  // namespace
}  // namespace mrsn::eval
