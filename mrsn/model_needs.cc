#include "mrsn/model_needs.h"

#include <tuple>

namespace mrsn {
namespace {

auto FieldsOf(const BankNeeds& needs) {
  const auto& [radius, width, own_memory] = needs;
  return std::tie(radius, width, own_memory);
}

template <typename Part>
bool SamePart(const ModelNeeds& a, const ModelNeeds& b) {
  return mrsn::FieldsOf(static_cast<const Part&>(a)) == mrsn::FieldsOf(static_cast<const Part&>(b));
}

}  // namespace

bool operator==(const BankNeeds& a, const BankNeeds& b) { return FieldsOf(a) == FieldsOf(b); }

bool operator==(const ModelNeeds& a, const ModelNeeds& b) {
  return SamePart<HeadNeeds>(a, b) && SamePart<BackboneNeeds>(a, b) && SamePart<DetectorNeeds>(a, b);
}

}  // namespace mrsn
