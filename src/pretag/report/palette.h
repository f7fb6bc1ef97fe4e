// One colour a class, the same in every chart, picture and table.
#pragma once

#include <map>
#include <string>
#include <vector>

#include "pretag/report/color.h"

namespace pretag {

struct ReportModel;

// The seven pretagging classes have fixed colours, those of Okabe and Ito ("Color Universal Design", 2008), which stay
// apart for all common kinds of colour blindness. Any other class gets, by its place in the list, one of a further 120
// colours that are as far from each other and from the seven as can be; after these they repeat. Nothing is told by
// colour alone: names always stand beside it.
class Palette {
 public:
  explicit Palette(const std::vector<std::string>& classes);

  // Grey for a class that is not in the list.
  Color color(const std::string& class_name) const;

 private:
  std::map<std::string, Color, std::less<>> colors_;
};

Palette palette_of(const ReportModel& model);

}  // namespace pretag
