#include "experiments/scale/scale.h"

#include <memory>
#include <utility>

#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace mrsn::experiments {
namespace {

using datasets::Actor;
using datasets::AnnotatedBox;
using ::testing::HasSubstr;

// Two people a key frame; classes 1 and 2 are poses, 3 is an action.
class FakeData : public datasets::Dataset {
 public:
  FakeData() : classes_({{1, "stand", "pose"}, {2, "walk", "pose"}, {3, "eat", "context"}}) {}

  void Add(std::vector<std::vector<int>> labels, std::vector<Box> detected) {
    const Keyframe keyframe = {"v", 902 + static_cast<int>(keyframes_.size())};
    keyframes_.push_back(keyframe);
    for (size_t i = 0; i < labels.size(); ++i) {
      for (const int label : labels[i]) truth_.push_back({keyframe, Place(i), label, static_cast<int>(i)});
    }
    detected_.push_back(std::move(detected));
  }
  static Box Place(size_t person) { return {0.5f * person, 0, 0.5f * person + 0.4f, 1}; }

  int64_t size() const override { return static_cast<int64_t>(keyframes_.size()); }
  const Keyframe& keyframe(int64_t index) const override { return keyframes_[index]; }
  absl::StatusOr<datasets::Sample> Load(int64_t, uint64_t) const override {
    return absl::InternalError("the scale reads no clip");
  }
  absl::StatusOr<datasets::Sample> LoadPersons(int64_t index, uint64_t) const override {
    datasets::Sample sample;
    sample.keyframe = keyframes_[index];
    for (const Box& box : detected_[index]) sample.actors.push_back(Actor{box, 1, {}});
    return sample;
  }
  const std::vector<datasets::ActionClass>& classes() const override { return classes_; }
  std::vector<AnnotatedBox> GroundTruth() const override { return truth_; }
  datasets::FrameSize annotation_frame_size() const override { return {}; }
  std::string Fingerprint() const override { return ""; }

  std::vector<datasets::ActionClass> classes_;

 private:
  std::vector<Keyframe> keyframes_;
  std::vector<AnnotatedBox> truth_;
  std::vector<std::vector<Box>> detected_;
};

// Who stands eats in three cases of four, and who walks never does.
FakeData Training() {
  FakeData data;
  for (int i = 0; i < 4; ++i) data.Add({i < 3 ? std::vector<int>{1, 3} : std::vector<int>{1}, {2}}, {});
  return data;
}

double Ap(const ScaleRow& row, size_t position) { return row.measured.per_class[position].ap.value(); }

TEST(ScaleTest, RowsAreAsComputedByHand) {
  FakeData evaluated;
  // Both are found, with a third box on nobody; then one of the two.
  evaluated.Add({{2}, {1, 3}}, {FakeData::Place(0), FakeData::Place(1), {0.45f, 0, 0.5f, 0.2f}});
  evaluated.Add({{1, 3}, {1}}, {FakeData::Place(0)});
  const auto rows = MeasureScale(Training(), evaluated, {});
  ASSERT_TRUE(rows.ok()) << rows.status();
  ASSERT_EQ(rows->size(), 4u);
  EXPECT_EQ((*rows)[0].name, "chance");
  // "eat", two true. Of equal scores those of the earlier key frame come first, as they were added: the
  // walker, the eater, nobody, then the second eater. Precision is 1/2 at the first hit and 2/4 at the
  // second.
  EXPECT_NEAR(Ap((*rows)[0], 2), 0.5, 1e-9);
  // Given the pose both eaters have 3/4, the box on nobody 3/8, and the walker 0.
  EXPECT_NEAR(Ap((*rows)[1], 2), 1, 1e-9);
  // Two of the three who stand are found.
  EXPECT_NEAR(Ap((*rows)[2], 0), 2.0 / 3, 1e-9);
  EXPECT_NEAR(Ap((*rows)[2], 1), 1, 1e-9);
  EXPECT_NEAR(Ap((*rows)[2], 2), 1, 1e-9);
  EXPECT_NEAR((*rows)[3].measured.frame_map.value(), 1, 1e-9);
}

TEST(ScaleTest, OtherClassesAreRefused) {
  FakeData other = Training();
  other.classes_.pop_back();
  EXPECT_THAT(std::string(MeasureScale(other, Training(), {}).status().message()),
              HasSubstr("training and evaluation have other classes: 2 and 3"));
  FakeData no_pose = Training();
  for (auto& action : no_pose.classes_) action.kind = "context";
  EXPECT_THAT(std::string(MeasureScale(no_pose, no_pose, {}).status().message()), HasSubstr("kind \"pose\""));
}

}  // namespace
}  // namespace mrsn::experiments
