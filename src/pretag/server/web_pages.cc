// The web pages: files that are part of the program. They hold nothing secret, so anybody may have them; what they
// show, they ask for with the reader's token.
#include <array>
#include <string_view>

#include "pretag/server/call.h"
#include "pretag/server/routes.h"
#include "pretag/server/web/assets.h"

namespace pretag {
namespace {

constexpr char kHtml[] = "text/html; charset=utf-8";
constexpr char kCss[] = "text/css; charset=utf-8";
constexpr char kJs[] = "text/javascript; charset=utf-8";

// Scripts, styles and requests: this server's only. Images come from wherever a data source keeps them.
constexpr char kPolicy[] =
    "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; img-src 'self' http: https: data:; "
    "base-uri 'none'; form-action 'none'; frame-ancestors 'none'";

struct Asset {
  const char* path;
  const char* type;
  const std::string_view& content;
};

const std::array kAssets = {
    Asset{"/", kHtml, kWebIndexHtml},           Asset{"/web/style.css", kCss, kWebStyleCss},
    Asset{"/web/app.js", kJs, kWebAppJs},       Asset{"/web/api.js", kJs, kWebApiJs},
    Asset{"/web/page.js", kJs, kWebPageJs},     Asset{"/web/runs.js", kJs, kWebRunsJs},
    Asset{"/web/run.js", kJs, kWebRunJs},       Asset{"/web/datasets.js", kJs, kWebDatasetsJs},
    Asset{"/web/images.js", kJs, kWebImagesJs}, Asset{"/web/lightbox.js", kJs, kWebLightboxJs},
    Asset{"/web/crops.js", kJs, kWebCropsJs},
};

Handler page(const Asset& asset) {
  return [&asset](Call&) -> Reply<HttpResponse> {
    HttpResponse response{.content_type = asset.type, .body = std::string(asset.content)};
    response.headers = {{"Content-Security-Policy", kPolicy},
                        {"Referrer-Policy", "no-referrer"},
                        {"Cross-Origin-Opener-Policy", "same-origin"},
                        {"X-Frame-Options", "DENY"}};
    return response;
  };
}

}  // namespace

void add_web_page_routes(Router& router) {
  for (const Asset& asset : kAssets) {
    Route& route = router.add("GET", asset.path, page(asset));
    route.access = Route::Access::kOpen;
    route.body = Route::Body::kStreamed;  // needs no database
  }
}

}  // namespace pretag
