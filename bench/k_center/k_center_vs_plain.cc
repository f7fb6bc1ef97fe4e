// k_center() against the plain farthest-first loop, on the same vectors in one run: are the results the same, and how
// many times as fast is it?
//
//   k_center_vs_plain [--rows 1000000] [--columns 128] [--count 10000] [--plain 200] [--threads N] [--skip-check]
//
// The plain loop does the same for every centre, so at full size its first --plain centres are timed, half of them
// before k_center() and half after it, and the time of all is computed from that; --plain 0 runs all of it. Exits with
// 1 if any choice differs.
#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <chrono>
#include <cstdio>
#include <fstream>
#include <string>
#include <thread>

#include "plain.h"
#include "pretag/select/k_center.h"
#include "vectors.h"

namespace pretag {
namespace {

struct Settings {
  size_t rows = 1000000, columns = 128, count = 10000, plain = 200;
  int threads = static_cast<int>(std::thread::hardware_concurrency());
  bool skip_check = false;
};

template <class Work>
double seconds(const Work& work) {
  const auto start = std::chrono::steady_clock::now();
  work();
  return std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
}

// Linux: the most memory that was resident since the mark was last reset.
void reset_peak_memory() { std::ofstream("/proc/self/clear_refs") << 5; }

double peak_memory_mib() {
  std::ifstream status("/proc/self/status");
  for (std::string line; std::getline(status, line);) {
    if (line.starts_with("VmHWM:")) return std::stod(line.substr(6)) / 1024;
  }
  return 0;
}

bool same_start(const std::vector<KCenterPick>& plain, const std::vector<KCenterPick>& ours) {
  for (size_t i = 0; i < plain.size(); ++i) {
    if (i >= ours.size() || plain[i].sample != ours[i].sample || plain[i].distance != ours[i].distance) return false;
  }
  return true;
}

bool compare(const char* name, const std::vector<float>& values, const Settings& settings) {
  const MatrixView vectors(values.data(), settings.rows, settings.columns);
  const bool all = settings.plain == 0 || settings.plain >= settings.count;
  const size_t timed = all ? settings.count : settings.plain;

  PlainKCenter plain(vectors, settings.threads);
  double plain_seconds = seconds([&] { plain.choose(timed / 2); });
  reset_peak_memory();
  std::vector<KCenterPick> ours;
  const double our_seconds = seconds([&] {
    ours = *k_center({vectors, {}}, {.count = settings.count, .threads = settings.threads});
  });
  const double memory = peak_memory_mib();
  plain_seconds += seconds([&] { plain.choose(timed - timed / 2); });

  const double a_centre = plain_seconds / static_cast<double>(timed);
  const double whole = a_centre * static_cast<double>(settings.count);
  fmt::print("{}: {} x {} -> {}, {} threads\n", name, settings.rows, settings.columns, settings.count,
             settings.threads);
  fmt::print("  plain     {:8.2f} s  ({:.2f} ms a centre, {:.1f} GB/s; {} of {} centres timed)\n", whole,
             a_centre * 1e3, static_cast<double>(values.size() * sizeof(float)) / a_centre / 1e9, timed,
             settings.count);
  fmt::print("  k_center  {:8.2f} s  ({:.0f} MiB at most, vectors included)\n", our_seconds, memory);
  fmt::print("  ratio     {:8.2f}\n", whole / our_seconds);
  std::fflush(stdout);

  bool same = ours.size() == settings.count && same_start(plain.picks(), ours);
  if (same && !all && !settings.skip_check) same = first_wrong_pick(vectors, ours, settings.threads) == ours.size();
  fmt::print("  {}\n", !same                         ? "NOT THE SAME CHOICES"
                       : all || !settings.skip_check ? "every choice and distance is the same"
                                                     : "the first choices are the same");
  std::fflush(stdout);
  return same;
}

}  // namespace
}  // namespace pretag

int main(int argc, char** argv) {
  pretag::Settings settings;
  std::string only;
  CLI::App app("k_center() against the plain farthest-first loop");
  app.add_option("--rows", settings.rows)->check(CLI::PositiveNumber);
  app.add_option("--columns", settings.columns)->check(CLI::PositiveNumber);
  app.add_option("--count", settings.count)->check(CLI::PositiveNumber);
  app.add_option("--plain", settings.plain, "centres of the plain loop to time; 0: all");
  app.add_option("--threads", settings.threads)->check(CLI::PositiveNumber);
  app.add_option("--only", only, "grouped or uniform");
  app.add_flag("--skip-check", settings.skip_check, "compare only the choices that the plain loop was timed for");
  CLI11_PARSE(app, argc, argv);
  settings.count = std::min(settings.count, settings.rows);

  bool same = true;
  if (only != "uniform")
    same &= pretag::compare("grouped", pretag::grouped_vectors(settings.rows, settings.columns, settings.threads),
                            settings);
  if (only != "grouped")
    same &= pretag::compare("uniform", pretag::uniform_vectors(settings.rows, settings.columns, settings.threads),
                            settings);
  return same ? 0 : 1;
}
