#include "ops/formats/coco_json.h"

#include <nlohmann/json.hpp>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"

namespace mrsn::formats {
namespace {

using Json = nlohmann::json;

constexpr int kMaxDepth = 64;

// `record_` is under way while depth_ is that of its members or deeper.
class Visitor : public nlohmann::json_sax<Json> {
 public:
  explicit Visitor(const std::function<absl::Status(const CocoRecord&)>& visit) : visit_(visit) {}

  const absl::Status& status() const { return status_; }

  bool null() override { return true; }
  bool boolean(bool) override { return true; }
  bool number_integer(number_integer_t value) override {
    return Number(static_cast<double>(value), [&] { return absl::StrCat(value); });
  }
  bool number_unsigned(number_unsigned_t value) override {
    return Number(static_cast<double>(value), [&] { return absl::StrCat(value); });
  }
  bool number_float(number_float_t value, const string_t& text) override {
    return Number(value, [&] { return text; });
  }
  bool binary(binary_t&) override { return true; }

  bool string(string_t& text) override {
    if (depth_ != record_depth_) return true;
    if (key_ == "id") record_.id = text;
    if (key_ == "image_id") record_.image_id = text;
    if (key_ == "movie") record_.movie = text;
    if (key_ == "file_name") record_.file_name = text;
    if (key_ == "img_path") record_.img_path = text;
    if (key_ == "timestamp") record_.timestamp = text;
    return true;
  }

  bool key(string_t& name) override {
    if (depth_ == record_depth_) key_ = name;
    if (depth_ == 1 && top_is_object_) section_ = name, number_ = 0;
    return true;
  }

  bool start_object(std::size_t) override {
    if (!Enter()) return false;
    if (depth_ == 1) top_is_object_ = true;
    const int expected = top_is_object_ ? 3 : 2;
    if (depth_ == expected && in_list_) {
      record_ = CocoRecord();
      record_.section = section_;
      record_.number = number_++;
      record_depth_ = depth_;
      key_.clear();
    }
    return true;
  }

  bool end_object() override {
    const bool done = depth_ == record_depth_;
    --depth_;
    if (!done) return true;
    record_depth_ = -1;
    status_ = visit_(record_);
    return status_.ok();
  }

  bool start_array(std::size_t) override {
    if (!Enter()) return false;
    if (depth_ == (top_is_object_ ? 2 : 1)) in_list_ = true;
    return true;
  }

  bool end_array() override {
    if (depth_ == (top_is_object_ ? 2 : 1)) in_list_ = false;
    --depth_;
    return true;
  }

  bool parse_error(std::size_t position, const std::string&, const nlohmann::detail::exception&) override {
    status_ = absl::DataLossError(absl::StrFormat("byte %d: not JSON, or it ends early", position));
    return false;
  }

 private:
  template <typename Shown>
  bool Number(double value, const Shown& shown) {
    if (depth_ == record_depth_ + 1 && record_depth_ > 0) {
      if (key_ == "bbox" && record_.bbox.size() < 8) record_.bbox.push_back(value);
      if (key_ == "action_ids" && record_.action_ids.size() < 1000) record_.action_ids.push_back(value);
    }
    if (depth_ != record_depth_) return true;
    if (key_ == "id") record_.id = shown();
    if (key_ == "image_id") record_.image_id = shown();
    if (key_ == "timestamp") record_.timestamp = shown();
    if (key_ == "width") record_.width = value;
    if (key_ == "height") record_.height = value;
    if (key_ == "category_id") record_.category_id = value;
    if (key_ == "person_id") record_.person_id = value;
    if (key_ == "score") record_.score = value, record_.has_score = true;
    return true;
  }

  bool Enter() {
    if (++depth_ <= kMaxDepth) return true;
    status_ = absl::DataLossError(absl::StrCat("nested more than ", kMaxDepth, " deep"));
    return false;
  }

  const std::function<absl::Status(const CocoRecord&)>& visit_;
  absl::Status status_;
  int depth_ = 0, record_depth_ = -1;
  bool top_is_object_ = false, in_list_ = false;
  std::string section_, key_;
  int64_t number_ = 0;
  CocoRecord record_;
};

}  // namespace

absl::Status ReadCocoJson(absl::string_view bytes, const std::string& origin,
                          const std::function<absl::Status(const CocoRecord&)>& visit) {
  Visitor visitor(visit);
  const bool read = Json::sax_parse(bytes.begin(), bytes.end(), &visitor);
  if (read && visitor.status().ok()) return absl::OkStatus();
  const std::string message = visitor.status().ok() ? "not JSON" : std::string(visitor.status().message());
  return absl::Status(visitor.status().ok() ? absl::StatusCode::kDataLoss : visitor.status().code(),
                      absl::StrCat(origin, ": ", message));
}

}  // namespace mrsn::formats
