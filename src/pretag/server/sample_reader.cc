#include "pretag/server/sample_reader.h"

namespace pretag {
namespace {

// Reading some rows that nobody wants is cheaper than another statement.
constexpr int64_t kMaxGap = 16;

// The positions from the beginning of `positions` that one statement reads.
std::span<const int64_t> first_run(std::span<const int64_t> positions) {
  size_t count = 1;
  while (count < positions.size() && positions[count] - positions[count - 1] <= kMaxGap) ++count;
  return positions.first(count);
}

using VisitWanted = std::function<bool(int64_t position)>;

// `read` visits a range of rows and asks of each whether it is wanted.
Status read_runs(std::span<const int64_t> positions,
                 const std::function<Status(Positions range, const VisitWanted& is_wanted)>& read) {
  while (!positions.empty()) {
    const auto run = first_run(positions);
    size_t seen = 0;
    const auto is_wanted = [&](int64_t position) {
      if (seen == run.size() || run[seen] != position) return false;
      ++seen;
      return true;
    };
    PRETAG_TRY(read({run.front(), run.back()}, is_wanted));
    if (seen != run.size()) return Error{ErrorCode::kNotFound, "the samples are gone; has the dataset been deleted?"};
    positions = positions.subspan(run.size());
  }
  return {};
}

}  // namespace

Status visit_sample_names(SqlConnection& sql, std::string_view dataset, std::span<const int64_t> positions,
                          const std::function<Status(const SampleName&)>& take) {
  return read_runs(positions, [&](Positions range, const VisitWanted& is_wanted) {
    return visit_names(sql, Table::kSamples, dataset, range,
                       [&](std::string_view id, std::string_view file, int64_t position) {
                         return is_wanted(position) ? take({id, file}) : Status();
                       });
  });
}

Status visit_samples(SqlConnection& sql, std::string_view dataset, std::span<const int64_t> positions,
                     const std::function<Status(Record&&)>& take) {
  return read_runs(positions, [&](Positions range, const VisitWanted& is_wanted) {
    return visit(sql, Table::kSamples, {.parent = dataset, .positions = range},
                 [&](Record&& sample) { return is_wanted(sample.position) ? take(std::move(sample)) : Status(); });
  });
}

}  // namespace pretag
