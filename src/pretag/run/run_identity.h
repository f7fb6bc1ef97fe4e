// What makes a run the same run: results of different models or settings must not end up in one ledger.
#pragma once

#include <map>
#include <string>

#include "pretag/store/ledger.h"
#include "pretag/util/result.h"

namespace pretag {

// Names and values of everything that an image's result depends on.
using RunIdentity = std::map<std::string, std::string>;

inline constexpr char kInputFolder[] = "input folder";  // absolute
// The ledger's fact with the input folder.
inline constexpr char kInputFolderFact[] = "identity.input folder";
// The facts with what made the results.
inline constexpr char kModelChecksum[] = "model checksum", kModelChecksumFact[] = "identity.model checksum";
inline constexpr char kMostDetections[] = "max_detections", kMostDetectionsFact[] = "identity.max_detections";
inline constexpr char kPretagged[] = "pretagging", kPretaggedFact[] = "identity.pretagging";  // "true" or "false"
inline constexpr char kAccuracy[] = "accuracy", kAccuracyFact[] = "identity.accuracy";
// A checksum of those of the model, or that the run measures its own.
inline constexpr char kActivationRanges[] = "activation ranges", kActivationRangesFact[] = "identity.activation ranges";
inline constexpr char kMeasuredByRun[] = "measured by the run";
// The fact with RunRequest::lightly_folder; results do not depend on where it is.
inline constexpr char kLightlyFolderFact[] = "lightly_folder";

// What claim_ledger() stored of the identity, as far as `like` has it.
Result<RunIdentity> identity_in(const Ledger& ledger, const RunIdentity& like);

// Stores the identity in a ledger without inputs; compares it in one that has some, activation ranges only if it has
// results. kConflict says what differs and what to do.
Status claim_ledger(Ledger& ledger, const RunIdentity& identity);

}  // namespace pretag
