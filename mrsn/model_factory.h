// Where build_model.h finds the maker of a head or a detector. A program can make the models whose libraries
// it links: //mrsn:all_models has all of them. A test links the few that it needs, so that a change of
// another head does not run it again.
//
// In the .cc file of a head, whose target has `alwayslink = True`:
//
//   const RegisteredHead<AiaHead, AiaHeadOptions> kRegistered;
#ifndef MRSN_MRSN_MODEL_FACTORY_H_
#define MRSN_MRSN_MODEL_FACTORY_H_

#include <memory>

namespace mrsn {

class Detector;      // mrsn/detector.h
class RelationHead;  // mrsn/head/relation_head.h

// Makes a `Base` of `Options`.
template <typename Base, typename Options>
struct Maker {
  // nullptr: the program does not link that kind of Base. Set before main() begins.
  inline static std::shared_ptr<Base> (*make)(const Options& options) = nullptr;
};

// A global variable of this type registers `Made`.
template <typename Base, typename Made, typename Options>
struct Registered {
  Registered() {
    Maker<Base, Options>::make = [](const Options& options) -> std::shared_ptr<Base> {
      return std::make_shared<Made>(options);
    };
  }
};

template <typename Head, typename Options>
using RegisteredHead = Registered<RelationHead, Head, Options>;

template <typename Made, typename Options>
using RegisteredDetector = Registered<Detector, Made, Options>;

}  // namespace mrsn

#endif  // MRSN_MRSN_MODEL_FACTORY_H_
