// From the samples that a selection picked among objects to what is written and shown of them.
#pragma once

#include <string>
#include <vector>

#include "pretag/data/selection.h"
#include "pretag/run/read_ahead.h"
#include "pretag/run/selection_samples.h"
#include "pretag/select/selector.h"
#include "pretag/store/ledger.h"
#include "pretag/util/result.h"

namespace pretag {

struct SelectionPass;

// Which objects were picked, and of which classes. What the selection did without is looked up in the ledger again, and
// in `files`, which shows the pass's. Takes the classes out of `samples`. kConflict where users' predictions have
// become fewer meanwhile.
Result<ObjectSelection> object_selection(const std::vector<SelectionPick>& picks, SelectionSamples& samples,
                                         const SelectionPass& pass, const Ledger& ledger, ReadAhead& files);

// The images of the objects, each once, in the order and with the reasons of the first.
std::vector<SelectedSample> images_of(const std::vector<SelectedObject>& objects);

// Those that hold objects of an earlier selection, and are not selected again with others.
std::vector<std::string> images_of_preselected(const SelectionSamples& samples,
                                               const std::vector<SelectedSample>& selected);

// Why objects of this task were passed over, a line each, for people.
std::vector<std::string> notes_on_objects(const SelectionSamples& samples, const std::string& task);

}  // namespace pretag
