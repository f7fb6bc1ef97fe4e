#include "pretag/cli/progress_line.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <nlohmann/json.hpp>
#include <utility>

#include "pretag/util/strings.h"

namespace pretag {
namespace {

constexpr int kWidestBar = 30, kNarrowestBar = 5;

double share(const Progress& progress) {
  if (progress.total <= 0) return 1;
  return std::clamp(static_cast<double>(progress.processed()) / static_cast<double>(progress.total), 0.0, 1.0);
}

std::string bar(double share, int cells, bool utf8) {
  const int full = static_cast<int>(share * cells);
  std::string text = "[";
  for (int i = 0; i < cells; ++i) text += i < full ? (utf8 ? "█" : "#") : (utf8 ? "░" : ".");
  return text + "]";
}

std::string rate_text(double per_second) {
  // Slow enough for a person to count: time for each, rather than a rate of 0.0.
  if (per_second < 0.1) return fmt::format("{:.0f} s/image", 1 / per_second);
  return fmt::format("{:.{}f} images/s", per_second, per_second < 100 ? 1 : 0);
}

// "1,234/10,000", "12.3 images/s" … those that are known.
std::vector<std::string> facts(const StageView& view) {
  std::vector<std::string> facts = {with_thousands(view.progress.processed()) + "/" +
                                    with_thousands(view.progress.total)};
  if (view.per_second > 0) facts.push_back(rate_text(view.per_second));
  if (view.eta_seconds >= 0) facts.push_back("ETA " + human_duration(view.eta_seconds));
  if (view.progress.failed > 0) facts.push_back(with_thousands(view.progress.failed) + " failed");
  return facts;
}

std::string joined(const std::vector<std::string>& parts, const char* separator) {
  return fmt::format("{}", fmt::join(parts, separator));
}

}  // namespace

StageMeter::StageMeter(std::string stage, const Progress& resumed, double now)
    : stage_(std::move(stage)), progress_(resumed), rate_(now) {}

void StageMeter::update(const Progress& progress, double now) {
  rate_.add(now, std::max<int64_t>(0, progress.processed() - progress_.processed()));
  progress_ = progress;
}

StageView StageMeter::view(double now) {
  rate_.add(now, 0);
  StageView view{.stage = stage_, .progress = progress_, .per_second = rate_.per_second(), .eta_seconds = -1};
  const int64_t left = progress_.total - progress_.processed();
  constexpr double kSlowest = 1e-4;  // images a second; an estimate below would be of no use
  if (left > 0 && view.per_second > kSlowest) view.eta_seconds = static_cast<double>(left) / view.per_second;
  if (view.per_second <= kSlowest) view.per_second = 0;
  return view;
}

std::string bar_line(const StageView& view, int columns, bool utf8) {
  const std::string right = joined(facts(view), "  ");
  const int room = columns - static_cast<int>(view.stage.size() + 2 + 2 + 2 + right.size());  // gaps and brackets
  const int cells = std::min(kWidestBar, room);
  if (cells >= kNarrowestBar) return view.stage + "  " + bar(share(view.progress), cells, utf8) + "  " + right;
  return (view.stage + "  " + right).substr(0, static_cast<size_t>(std::max(0, columns)));
}

std::string plain_line(const StageView& view) {
  std::vector<std::string> parts = facts(view);
  parts[0] += fmt::format(" ({} %)", static_cast<int>(100 * share(view.progress)));
  return view.stage + ": " + joined(parts, ", ");
}

std::string json_line(const std::string& event, const StageView& view) {
  nlohmann::ordered_json line = {{"event", event},
                                 {"stage", view.stage},
                                 {"done", view.progress.done},
                                 {"failed", view.progress.failed},
                                 {"total", view.progress.total},
                                 {"images_per_second", nullptr},
                                 {"eta_seconds", nullptr}};
  if (view.per_second > 0) line["images_per_second"] = std::round(view.per_second * 1000) / 1000;
  if (view.eta_seconds >= 0) line["eta_seconds"] = std::llround(view.eta_seconds);
  return line.dump(-1, ' ', false, nlohmann::json::error_handler_t::replace);
}

std::string json_error_line(const std::string& message, int exit_code) {
  const nlohmann::ordered_json line = {{"event", "error"}, {"message", message}, {"exit_code", exit_code}};
  return line.dump(-1, ' ', false, nlohmann::json::error_handler_t::replace);
}

std::string with_thousands(int64_t number) {
  std::string text = std::to_string(number);
  const int first = number < 0 ? 1 : 0;
  for (int at = static_cast<int>(text.size()) - 3; at > first; at -= 3) text.insert(static_cast<size_t>(at), ",");
  return text;
}

}  // namespace pretag
