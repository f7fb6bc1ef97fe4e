// The files of this folder, embedded when the program is built (see cmake/embed.cmake).
#pragma once

#include <string_view>

namespace pretag {

extern const std::string_view kWebIndexHtml, kWebStyleCss, kWebAppJs, kWebApiJs, kWebPageJs, kWebRunsJs, kWebRunJs,
    kWebDatasetsJs, kWebImagesJs, kWebLightboxJs, kWebCropsJs;

}  // namespace pretag
