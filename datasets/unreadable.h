// Clips that cannot be read: a frame is missing, damaged, or lies beyond the end of its video.
#ifndef MRSN_DATASETS_UNREADABLE_H_
#define MRSN_DATASETS_UNREADABLE_H_

namespace mrsn::datasets {

enum class UnreadablePolicy {
  kFail,  // opening a data set fails if such a clip is known then, and loading a clip fails otherwise
  // The data set opens and names such clips in its notes; Dataset::Load fails for them, and loaders leave
  // them out. All other clips stay what they are.
  kSkipAndCount,
};

struct Unreadable {
  UnreadablePolicy policy = UnreadablePolicy::kFail;
  double most = 0.01;  // kSkipAndCount: the part of the clips that may be left out; more of them are an error
};

}  // namespace mrsn::datasets

#endif  // MRSN_DATASETS_UNREADABLE_H_
