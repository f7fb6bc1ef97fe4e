// The files of this folder, embedded when the program is built (see cmake/embed.cmake).
#pragma once

#include <string_view>

namespace pretag {

extern const std::string_view kReportHtml, kReportCss, kReportJs;
extern const std::string_view kReportJsSha256;  // hex

}  // namespace pretag
