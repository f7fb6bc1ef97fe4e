#include "pretag/server/sample_list.h"

#include <algorithm>
#include <memory>
#include <vector>

namespace pretag {
namespace {

constexpr size_t kPieceBytes = 256 << 10;  // a piece ends with the read that passes this

// What is left of a list.
class Remainder {
 public:
  Remainder(ServerContext& server, SampleList list)
      : server_(server),
        samples_(std::move(list.samples)),
        read_(std::move(list.read)),
        at_once_(list.at_once),
        between_(list.between),
        end_(list.end),
        text_(list.begin),
        left_(list.page.size < 0 ? SIZE_MAX : static_cast<size_t>(list.page.size)),
        next_(samples_.nth(static_cast<size_t>(list.page.offset))) {}

  // Empty after the last one.
  Result<std::string> piece(SqlConnection& sql) {
    while (text_.size() < kPieceBytes && !ended_) PRETAG_TRY(read(sql));
    return std::exchange(text_, {});
  }
  Result<std::string> piece() {
    PRETAG_ASSIGN(const auto sql, server_.database().connect());
    return piece(*sql);
  }
  bool ended() const { return ended_; }

 private:
  Status read(SqlConnection& sql) {
    std::vector<int64_t> positions;
    for (; positions.size() < at_once_ && left_ > 0 && next_ < samples_.size(); next_ = samples_.next(next_ + 1)) {
      positions.push_back(static_cast<int64_t>(next_));
      --left_;
    }
    PRETAG_TRY(read_(sql, positions, [this](std::string_view entry) {
      if (std::exchange(begun_, true)) text_ += between_;
      text_ += entry;
    }));
    ended_ = left_ == 0 || next_ >= samples_.size();
    if (ended_) text_ += end_;
    return {};
  }

  ServerContext& server_;
  const Bitmask samples_;
  const ReadSamples read_;
  const size_t at_once_;
  const std::string between_, end_;
  std::string text_;
  size_t left_, next_;
  bool begun_ = false, ended_ = false;
};

}  // namespace

Reply<HttpResponse> answer_with(const Call& call, SampleList list) {
  auto remainder = std::make_shared<Remainder>(call.server, std::move(list));
  HttpResponse response{.status = 200, .content_type = "application/json"};
  // What goes wrong with the first piece can still be told.
  PRETAG_ASSIGN(response.body, remainder->piece(call.sql));
  if (!remainder->ended()) response.more = [remainder] { return remainder->piece(); };
  return response;
}

ReadSamples read_names(const Record& dataset, std::function<std::string(const SampleName&)> entry) {
  return [id = dataset.id, entry = std::move(entry)](SqlConnection& sql, std::span<const int64_t> positions,
                                                     const AddText& add) {
    return visit_sample_names(sql, id, positions,
                              [&](const SampleName& sample) { return add(entry(sample)), Status(); });
  };
}

ReadSamples read_documents(const Record& dataset, std::function<nlohmann::json(const Record&)> entry) {
  return [id = dataset.id, entry = std::move(entry)](SqlConnection& sql, std::span<const int64_t> positions,
                                                     const AddText& add) {
    return visit_samples(sql, id, positions, [&](Record&& sample) { return add(json_dump(entry(sample))), Status(); });
  };
}

std::string json_dump(const nlohmann::json& value) {
  return value.dump(-1, ' ', false, nlohmann::json::error_handler_t::replace);
}

}  // namespace pretag
