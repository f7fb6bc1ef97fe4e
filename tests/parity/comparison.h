// Compares the detector's stages with torchvision's, and says where they part.
#pragma once

#include <map>
#include <string>
#include <vector>

#include "parity/golden.h"
#include "pretag/detect/stages.h"

namespace pretag {

struct StageValues {
  std::vector<int64_t> shape;
  std::vector<float> values;
};
using Stages = std::map<std::string, StageValues>;

// An observer that keeps everything in `stages`, which must outlive it.
StageObserver recorder(Stages& stages);

// All stage names, in the order in which the network computes them.
const std::vector<std::string>& stage_order();

struct ParityTolerance {
  double of_largest = 1e-3;       // of the largest magnitude in the stage
  double proposal_pixels = 0.05;  // network pixels
  // NMS turns a rounding error on a box pair right at its threshold, or in the order of two equal scores, into another
  // box. Such a difference is no error of ours as long as it stays this rare.
  double unmatched_proposals = 0.01;
  double box_pixels = 0.1;  // image pixels
  double score = 1e-3;      // also: detections whose scores are closer may change places
};

struct StageReport {
  std::string stage;
  double max_error = 0;  // of_largest's unit; pixels for proposals and boxes
  double rms_error = 0;  // root mean square of the differences, relative to that of the golden's values
  std::string failure;   // empty if the stage agrees; else where it does not
};

// One report a golden stage, in stage_order(). Proposals are compared as sets; the stages of the box head are compared
// between proposals that match.
std::vector<StageReport> compare_stages(const std::map<std::string, GoldenStage>& golden, const Stages& actual,
                                        const ParityTolerance& tolerance = {});

// The failures, the first stage that differs on top; empty if there are none.
std::string describe_failures(const std::vector<StageReport>& reports);

}  // namespace pretag
