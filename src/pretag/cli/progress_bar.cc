#include "pretag/cli/progress_bar.h"

#include <nlohmann/json.hpp>
#include <ostream>
#include <utility>

#include "pretag/cli/progress_line.h"
#include "pretag/util/printable.h"

namespace pretag {
namespace {

// ANSI (ECMA-48): back to the first column and erase the line; yellow; reset.
constexpr const char *kEraseLine = "\r\x1b[K", *kYellow = "\x1b[33m", *kReset = "\x1b[0m";

// What the styles have in common: the stage's meter, and not speaking too often.
class MeteredProgress : public ProgressSink {
 public:
  MeteredProgress(Terminal terminal, std::ostream& out, const Clock& clock)
      : terminal_(std::move(terminal)), out_(out), clock_(clock) {}

  void started(const std::string& stage, const Progress& resumed) override {
    meter_.emplace(stage, resumed, clock_.seconds());
    show("started");
  }
  void advanced(const Progress& progress) override {
    if (!meter_) return;
    meter_->update(progress, clock_.seconds());
    if (due(progress)) show("progress");
  }
  void finished() override {
    if (meter_) show("finished");
    meter_.reset();
  }
  void info(const std::string& message) override { out_ << printable(message) << std::endl; }
  void warning(const std::string& message) override {
    out_ << (terminal_.colour ? kYellow : "") << "warning: " << (terminal_.colour ? kReset : "") << printable(message)
         << std::endl;
  }

 protected:
  // `event` is "started", "progress" or "finished".
  virtual void draw(const std::string& event, const StageView& view) = 0;
  virtual bool due(const Progress& progress) const = 0;

  double seconds_since_shown() const { return clock_.seconds() - shown_at_; }
  const Progress& shown() const { return shown_; }
  bool in_stage() const { return meter_.has_value(); }
  void show(const std::string& event) {
    const double now = clock_.seconds();
    const StageView view = meter_->view(now);
    shown_ = view.progress;
    shown_at_ = now;
    draw(event, view);
    out_.flush();
  }
  const Terminal& terminal() const { return terminal_; }
  std::ostream& out() { return out_; }

 private:
  Terminal terminal_;
  std::ostream& out_;
  const Clock& clock_;
  std::optional<StageMeter> meter_;
  Progress shown_;
  double shown_at_ = 0;
};

class BarProgress : public MeteredProgress {
 public:
  using MeteredProgress::MeteredProgress;
  ~BarProgress() override {
    if (in_stage()) out() << std::endl;  // what was reached stays to be read, e.g. after Ctrl-C
  }

  void info(const std::string& message) override {
    above([&] { MeteredProgress::info(message); });
  }
  void warning(const std::string& message) override {
    above([&] { MeteredProgress::warning(message); });
  }

 protected:
  bool due(const Progress&) const override { return seconds_since_shown() >= 0.1; }
  void draw(const std::string& event, const StageView& view) override {
    // One column less than there are: a full line would make some terminals wrap.
    out() << kEraseLine << bar_line(view, terminal().columns() - 1, terminal().utf8);
    if (event == "finished") out() << '\n';
  }

 private:
  // Messages scroll away above the bar.
  template <class Print>
  void above(Print print) {
    if (in_stage()) out() << kEraseLine;
    print();
    if (in_stage()) show("progress");
  }
};

class LineProgress : public MeteredProgress {
 public:
  using MeteredProgress::MeteredProgress;

 protected:
  bool due(const Progress& progress) const override {
    const bool five_per_cent = (progress.processed() - shown().processed()) * 20 >= progress.total;
    return seconds_since_shown() >= 10 || (five_per_cent && seconds_since_shown() >= 1);
  }
  void draw(const std::string&, const StageView& view) override { out() << plain_line(view) << '\n'; }
};

class JsonProgress : public MeteredProgress {
 public:
  using MeteredProgress::MeteredProgress;

  void info(const std::string& message) override { say("info", message); }
  void warning(const std::string& message) override { say("warning", message); }

 protected:
  bool due(const Progress&) const override { return seconds_since_shown() >= 0.5; }
  void draw(const std::string& event, const StageView& view) override { out() << json_line(event, view) << '\n'; }

 private:
  void say(const char* event, const std::string& message) {
    const nlohmann::ordered_json line = {{"event", event}, {"message", message}};
    out() << line.dump(-1, ' ', false, nlohmann::json::error_handler_t::replace) << std::endl;
  }
};

class QuietProgress : public SilentProgress {
 public:
  explicit QuietProgress(std::ostream& out) : out_(out) {}
  void warning(const std::string& message) override { out_ << "warning: " << printable(message) << std::endl; }

 private:
  std::ostream& out_;
};

}  // namespace

std::optional<ProgressStyle> progress_style_named(std::string_view name) {
  if (name == "auto") return ProgressStyle::kAuto;
  if (name == "bar") return ProgressStyle::kBar;
  if (name == "lines") return ProgressStyle::kLines;
  if (name == "json") return ProgressStyle::kJson;
  if (name == "quiet") return ProgressStyle::kQuiet;
  return std::nullopt;
}

std::unique_ptr<ProgressSink> make_progress(ProgressStyle style, Terminal terminal, std::ostream& out,
                                            const Clock& clock) {
  if (style == ProgressStyle::kAuto) style = terminal.interactive ? ProgressStyle::kBar : ProgressStyle::kLines;
  if (style == ProgressStyle::kBar) return std::make_unique<BarProgress>(std::move(terminal), out, clock);
  if (style == ProgressStyle::kJson) return std::make_unique<JsonProgress>(std::move(terminal), out, clock);
  if (style == ProgressStyle::kQuiet) return std::make_unique<QuietProgress>(out);
  return std::make_unique<LineProgress>(std::move(terminal), out, clock);
}

}  // namespace pretag
