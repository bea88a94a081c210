#include "datasets/video/video_index.h"

#include <string>

#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace mrsn::datasets {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;
using ::testing::Optional;
using namespace std::string_literals;

// Bits of a header, written most significant first.
class BitWriter {
 public:
  BitWriter& Write(uint32_t value, int bits) {
    for (int i = bits - 1; i >= 0; --i) {
      if (count_ % 8 == 0) bytes_.push_back(0);
      if (value >> i & 1) bytes_.back() = static_cast<char>(bytes_.back() | 1 << (7 - count_ % 8));
      ++count_;
    }
    return *this;
  }
  std::string bytes() const { return bytes_; }

 private:
  std::string bytes_;
  int count_ = 0;
};

// A video object layer of 30000 ticks a second, whose vop_time_increment has 15 bits.
std::string Layer(bool with_vbv = false) {
  BitWriter bits;
  bits.Write(0, 1).Write(1, 8).Write(1, 1).Write(2, 4).Write(1, 3);  // version 2
  bits.Write(15, 4).Write(12, 8).Write(11, 8);                       // its own aspect ratio
  bits.Write(1, 1).Write(1, 2).Write(0, 1).Write(with_vbv, 1);
  if (with_vbv) bits.Write(0, 32).Write(0, 32).Write(0, 15);
  bits.Write(0, 2).Write(1, 1).Write(30000, 16).Write(1, 1);
  return "\0\0\1\x20"s + bits.bytes();
}

std::string Picture(int type, bool coded, int seconds = 0) {
  BitWriter bits;
  bits.Write(type, 2);
  for (int i = 0; i < seconds; ++i) bits.Write(1, 1);
  bits.Write(0, 1).Write(1, 1).Write(29999, 15).Write(1, 1).Write(coded, 1).Write(0, 13);
  return "\0\0\1\xB6"s + bits.bytes();
}

// "I", "P-", "PB": the pictures of one packet; - behind one says that it is not coded.
PacketFacts Packet(const std::string& pictures) {
  PacketFacts facts;
  for (const char c : pictures) {
    if (c == '-') {
      facts.vops.back().coded = false;
    } else {
      facts.vops.push_back({c == 'I' ? Vop::kI : c == 'P' ? Vop::kP : Vop::kB, true});
    }
  }
  return facts;
}

std::vector<PacketFacts> Packets(const std::vector<std::string>& pictures) {
  std::vector<PacketFacts> packets;
  for (const std::string& text : pictures) packets.push_back(Packet(text));
  return packets;
}

TEST(Mpeg4HeadersTest, PicturesOfAPacket) {
  for (const bool with_vbv : {false, true}) {
    Mpeg4Headers headers;
    EXPECT_EQ(headers.Vops(Picture(0, true)), std::nullopt) << "no layer yet";
    const auto vops = headers.Vops(Layer(with_vbv) + Picture(1, true, 3) + Picture(2, false));
    ASSERT_TRUE(vops.has_value());
    ASSERT_EQ(vops->size(), 2);
    EXPECT_EQ((*vops)[0].type, Vop::kP);
    EXPECT_TRUE((*vops)[0].coded);
    EXPECT_EQ((*vops)[1].type, Vop::kB);
    EXPECT_FALSE((*vops)[1].coded);
  }
}

TEST(Mpeg4HeadersTest, TheLayerMayStandInTheExtradata) {
  Mpeg4Headers headers;
  headers.ReadExtradata("\0\0\1\xB0\1"s + Layer());
  const auto vops = headers.Vops(Picture(1, false));
  ASSERT_TRUE(vops.has_value());
  EXPECT_FALSE((*vops)[0].coded);
  EXPECT_EQ(headers.Vops("\0\0\1\xB6"s), std::nullopt) << "cut";
  EXPECT_EQ(headers.Vops("\0\0\1\xB6\xff\xff"s), std::nullopt) << "cut";
}

TEST(NalTypesTest, BothFramings) {
  const std::string avcc = "\1\x64\0\x1f\xff\xe1"s;  // lengths of four bytes
  const std::string lengths = "\0\0\0\2\x06\x05"s + "\0\0\0\3\x65\xaa\xbb"s;
  EXPECT_THAT(NalTypes(NalCodec::kH264, avcc, lengths), ElementsAre(6, 5));
  const std::string codes = "\0\0\0\1\x09\xf0\0\0\1\x41\x9a"s;
  EXPECT_THAT(NalTypes(NalCodec::kH264, "", codes), ElementsAre(9, 1));
  EXPECT_TRUE(StartsDecoding(NalCodec::kH264, {6, 5}));
  EXPECT_FALSE(StartsDecoding(NalCodec::kH264, {6, 1})) << "a recovery point";
  EXPECT_THAT(NalTypes(NalCodec::kHevc, "", "\0\0\1\x2a\1"s), ElementsAre(21));
  EXPECT_TRUE(StartsDecoding(NalCodec::kHevc, {21}));
  EXPECT_FALSE(StartsDecoding(NalCodec::kHevc, {1}));
  // A length beyond the packet's end.
  EXPECT_THAT(NalTypes(NalCodec::kH264, avcc, "\xff\xff\xff\xff\x65"s), ElementsAre(5));
}

TEST(Vp8IsShownTest, TheFourthBit) {
  EXPECT_TRUE(Vp8IsShown("\x10"));
  EXPECT_FALSE(Vp8IsShown("\x01"));
  EXPECT_FALSE(Vp8IsShown(""));
}

TEST(OrderTest, BPicturesComeOutBeforeTheAnchorThatIsStoredBefore) {
  EXPECT_THAT(Mpeg4Order(Packets({"I", "P", "B", "B", "P"})), Optional(ElementsAre(0, 2, 3, 1, 4)));
}

// FFmpeg decodes the packed picture with the packet behind, and gives it that packet's number.
TEST(OrderTest, PackedBPictures) {
  EXPECT_THAT(Mpeg4Order(Packets({"I", "PB", "P-", "PB", "P-"})), Optional(ElementsAre(0, 2, 1, 4, 3)));
  EXPECT_THAT(Mpeg4Order(Packets({"I", "PB", "B", "P-", "P"})), Optional(ElementsAre(0, 2, 3, 1, 4)));
}

TEST(OrderTest, DroppedFramesDoNotComeOut) {
  EXPECT_THAT(Mpeg4Order(Packets({"I", "P-", "P", "P-", "P-"})), Optional(ElementsAre(0, 2)));
  // A B-picture with one anchor only is left out.
  EXPECT_THAT(Mpeg4Order(Packets({"I", "B", "P", "B"})), Optional(ElementsAre(0, 3, 2)));
}

TEST(OrderTest, UncertainSequences) {
  for (const std::vector<std::string>& pictures :
       {std::vector<std::string>{"P", "I"}, {"I", "PB", "P"}, {"I", ""}, {"I", "PP"}, {"I", "PBB", "P-"}}) {
    EXPECT_EQ(Mpeg4Order(Packets(pictures)), std::nullopt);
  }
}

TEST(OrderTest, ByTime) {
  std::vector<PacketFacts> packets(4);
  const int64_t times[] = {10, 40, 20, 30};
  for (int i = 0; i < 4; ++i) packets[i].pts = times[i];
  EXPECT_THAT(OrderByTime(packets), Optional(ElementsAre(0, 2, 3, 1)));
  packets[0].discarded = true;
  packets[3].shown = false;
  EXPECT_THAT(OrderByTime(packets), Optional(ElementsAre(2, 1)));
  packets[1].pts = 20;
  EXPECT_EQ(OrderByTime(packets), std::nullopt) << "two packets of one time";
  packets[1].pts = kNoTime;
  EXPECT_EQ(OrderByTime(packets), std::nullopt);
}

TEST(VideoIndexTest, StartsBeforeAFrame) {
  VideoIndex index;
  for (const int packet : {0, 3, 5}) {
    index.starts.emplace_back();
    index.starts.back().packet = packet;
  }
  index.SetOrder({0, 2, 1, 4, 3, 6}, 7);  // packet 5 gives no frame: no start
  ASSERT_EQ(index.starts.size(), 2);
  EXPECT_THAT(index.frame_of_packet, ElementsAre(0, 2, 1, 4, 3, -1, 5));
  for (const int64_t frame : {0, 3}) EXPECT_EQ(index.StartFor(frame)->packet, 0) << frame;
  for (const int64_t frame : {4, 5}) EXPECT_EQ(index.StartFor(frame)->packet, 3) << frame;
  index.starts.erase(index.starts.begin());
  EXPECT_EQ(index.StartFor(3), nullptr);
}

TEST(VideoIndexTest, CutIfThePacketsEndEarly) {
  VideoIndex index;
  index.SetOrder(std::vector<int32_t>(50), 50);
  EXPECT_FALSE(index.IsCut()) << "nothing stated";
  index.stated_frames = 52;
  EXPECT_FALSE(index.IsCut()) << "two frames too many are usual";
  index.stated_frames = 60;
  EXPECT_TRUE(index.IsCut());
  index.covered_frames = 60;
  EXPECT_FALSE(index.IsCut()) << "ten frames were dropped by the encoder";
}

}  // namespace
}  // namespace mrsn::datasets
