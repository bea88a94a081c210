// Answers as a page and as JSON.
#ifndef MRSN_EXPERIMENTS_EVIDENCE_ANSWERS_PAGE_H_
#define MRSN_EXPERIMENTS_EVIDENCE_ANSWERS_PAGE_H_

#include <string>

#include "experiments/evidence/answers.h"
#include "experiments/evidence/contrasts.h"
#include "experiments/report/document.h"

namespace mrsn::experiments {

// Main contrasts, side contrasts, and why something is not decided.
Document AnswersPage(const Answers& answers, const Contrasts& contrasts, const std::string& made_by);

// An object with the rules and an entry for each row; numbers in percent, null where there is none.
std::string AnswersJson(const Answers& answers, const Contrasts& contrasts);

}  // namespace mrsn::experiments

#endif  // MRSN_EXPERIMENTS_EVIDENCE_ANSWERS_PAGE_H_
