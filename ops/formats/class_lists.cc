// The classes of AVA v2.2 (Google, CC BY 4.0) and UCF101-24.
#include "ops/formats/class_lists.h"

#include <algorithm>
#include <iterator>

#include "absl/strings/ascii.h"
#include "absl/strings/str_replace.h"

namespace mrsn::formats {
namespace {

// Ids 1..80 in order; ids 1..14 move, 15..63 handle an object, 64..80 concern another person.
constexpr const char* kAvaNames[] = {
    "bend/bow (at the waist)",
    "crawl",
    "crouch/kneel",
    "dance",
    "fall down",
    "get up",
    "jump/leap",
    "lie/sleep",
    "martial art",
    "run/jog",
    "sit",
    "stand",
    "swim",
    "walk",
    "answer phone",
    "brush teeth",
    "carry/hold (an object)",
    "catch (an object)",
    "chop",
    "climb (e.g., a mountain)",
    "clink glass",
    "close (e.g., a door, a box)",
    "cook",
    "cut",
    "dig",
    "dress/put on clothing",
    "drink",
    "drive (e.g., a car, a truck)",
    "eat",
    "enter",
    "exit",
    "extract",
    "fishing",
    "hit (an object)",
    "kick (an object)",
    "lift/pick up",
    "listen (e.g., to music)",
    "open (e.g., a window, a car door)",
    "paint",
    "play board game",
    "play musical instrument",
    "play with pets",
    "point to (an object)",
    "press",
    "pull (an object)",
    "push (an object)",
    "put down",
    "read",
    "ride (e.g., a bike, a car, a horse)",
    "row boat",
    "sail boat",
    "shoot",
    "shovel",
    "smoke",
    "stir",
    "take a photo",
    "text on/look at a cellphone",
    "throw",
    "touch (an object)",
    "turn (e.g., a screwdriver)",
    "watch (e.g., TV)",
    "work on a computer",
    "write",
    "fight/hit (a person)",
    "give/serve (an object) to (a person)",
    "grab (a person)",
    "hand clap",
    "hand shake",
    "hand wave",
    "hug (a person)",
    "kick (a person)",
    "kiss (a person)",
    "lift (a person)",
    "listen to (a person)",
    "play with kids",
    "push (another person)",
    "sing to (e.g., self, a person, a group)",
    "take (an object) from (a person)",
    "talk to (e.g., self, a person, a group)",
    "watch (a person)",
};

// The 60 classes with at least 25 validation instances, on which AVA is evaluated.
constexpr int kAvaEvaluated[] = {1,  3,  4,  5,  6,  7,  8,  9,  10, 11, 12, 13, 14, 15, 17,
                                 20, 22, 24, 26, 27, 28, 29, 30, 34, 36, 37, 38, 41, 43, 45,
                                 46, 47, 48, 49, 51, 52, 54, 56, 57, 58, 59, 60, 61, 62, 63,
                                 64, 65, 66, 67, 68, 69, 70, 72, 73, 74, 76, 77, 78, 79, 80};

constexpr const char* kUcf24Names[] = {
    "Basketball",
    "BasketballDunk",
    "Biking",
    "CliffDiving",
    "CricketBowling",
    "Diving",
    "Fencing",
    "FloorGymnastics",
    "GolfSwing",
    "HorseRiding",
    "IceDancing",
    "LongJump",
    "PoleVault",
    "RopeClimbing",
    "SalsaSpin",
    "SkateBoarding",
    "Skiing",
    "Skijet",
    "SoccerJuggling",
    "Surfing",
    "TennisSwing",
    "TrampolineJumping",
    "VolleyballSpiking",
    "WalkingWithDog",
};

}  // namespace

std::string AvaKind(int id, const std::string& name) {
  if (id < 1 || id > static_cast<int>(std::size(kAvaNames)) || name != kAvaNames[id - 1]) return "";
  return id <= 14 ? "pose" : id <= 63 ? "person-object" : "person-person";
}

std::string KindOfLabelType(absl::string_view label_type) {
  if (label_type == "PERSON_MOVEMENT") return "pose";
  if (label_type == "OBJECT_MANIPULATION") return "person-object";
  if (label_type == "PERSON_INTERACTION") return "person-person";
  return absl::StrReplaceAll(absl::AsciiStrToLower(label_type), {{"_", "-"}});
}

std::vector<ActionClass> AvaEvaluatedClasses() {
  std::vector<ActionClass> classes;
  for (int id : kAvaEvaluated) {
    const std::string name = kAvaNames[id - 1];
    classes.push_back({id, name, AvaKind(id, name)});
  }
  return classes;
}

std::vector<ActionClass> Ucf24Classes() {
  std::vector<ActionClass> classes;
  for (const char* name : kUcf24Names) classes.push_back({static_cast<int>(classes.size()), name, ""});
  return classes;
}

const ActionClass* FindClass(const std::vector<ActionClass>& classes, absl::string_view name) {
  for (const ActionClass& action : classes) {
    if (action.name == name) return &action;
  }
  return nullptr;
}

absl::flat_hash_set<int> ClassIds(const std::vector<ActionClass>& classes) {
  absl::flat_hash_set<int> ids;
  for (const ActionClass& c : classes) ids.insert(c.id);
  return ids;
}

}  // namespace mrsn::formats
