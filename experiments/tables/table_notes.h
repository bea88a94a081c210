// Sentences under a table: the provenance of its numbers.
#ifndef MRSN_EXPERIMENTS_TABLES_TABLE_NOTES_H_
#define MRSN_EXPERIMENTS_TABLES_TABLE_NOTES_H_

#include <string>
#include <vector>

#include "experiments/table.pb.h"
#include "experiments/tables/measured_row.h"

namespace mrsn::experiments {

// Date, device, commit and protocol of the scores, a warning if the rows were measured on different data, the
// precision of rows that were not computed in float32, the counts of every result of 0 or 100 %, and the
// number of results that were left out of each row. `one_data_set`: false for rows that are meant to differ
// in their data, as the worlds of a sweep; then there is no warning.
std::vector<std::string> ScoreNotes(const Table& table, const std::vector<MeasuredRow>& measured,
                                    bool one_data_set = true);

// Setting, date, device and commit of the speeds; none without speeds.
std::vector<std::string> SpeedNotes(const std::vector<MeasuredRow>& measured);

}  // namespace mrsn::experiments

#endif  // MRSN_EXPERIMENTS_TABLES_TABLE_NOTES_H_
