// The pages themselves: what they may load, and that all they name is there.
#include <regex>

#include "pretag/server/test_server.h"

namespace pretag {
namespace {

HttpResponse fetch(TestServer& server, const std::string& path) {
  HttpRequest request;
  request.method = "GET";
  request.target = *parse_http_target(path);
  return server.application->answer(request);
}

std::string header(const HttpResponse& response, const std::string& name) {
  for (const auto& [key, value] : response.headers) {
    if (key == name) return value;
  }
  return "";
}

TEST(WebPages, need_no_token_and_allow_scripts_of_this_server_only) {
  TestServer server;
  const HttpResponse page = fetch(server, "/");
  EXPECT_EQ(page.status, 200);
  EXPECT_EQ(page.content_type, "text/html; charset=utf-8");
  const std::string policy = header(page, "Content-Security-Policy");
  for (const char* rule : {"default-src 'none'", "script-src 'self'", "connect-src 'self'", "frame-ancestors 'none'"}) {
    EXPECT_NE(policy.find(rule), std::string::npos) << rule;
  }
  EXPECT_EQ(policy.find("unsafe"), std::string::npos);
  EXPECT_EQ(header(page, "Referrer-Policy"), "no-referrer");
  EXPECT_EQ(fetch(server, "/web/nothing.js").status, 404);
}

TEST(WebPages, everything_that_they_load_is_served) {
  TestServer server;
  std::set<std::string> seen{"/"};
  std::vector<std::string> open{"/"};
  // src="/web/app.js", href="/web/style.css", import … from './api.js'
  const std::regex reference("(?:src|href)=\"(/web/[^\"]+)\"|from '\\./([^']+)'");
  while (!open.empty()) {
    const std::string path = open.back();
    open.pop_back();
    const HttpResponse response = fetch(server, path);
    ASSERT_EQ(response.status, 200) << path;
    EXPECT_EQ(response.content_type.starts_with("text/javascript"), path.ends_with(".js")) << path;
    for (std::sregex_iterator match(response.body.begin(), response.body.end(), reference), end; match != end;
         ++match) {
      const std::string found = (*match)[1].matched ? (*match)[1].str() : "/web/" + (*match)[2].str();
      if (seen.insert(found).second) open.push_back(found);
    }
  }
  EXPECT_EQ(seen.size(), 11u);
}

TEST(WebPages, nothing_that_the_server_says_becomes_html) {
  TestServer server;
  for (const char* script : {"app", "api", "page", "runs", "run", "datasets", "images", "lightbox", "crops"}) {
    const std::string text = fetch(server, std::string("/web/") + script + ".js").body;
    for (const char* danger :
         {"innerHTML", "outerHTML", "insertAdjacentHTML", "document.write", "eval(", "new Function"}) {
      EXPECT_EQ(text.find(danger), std::string::npos) << script << ": " << danger;
    }
  }
}

TEST(WebPages, files_of_runs_open_as_text_or_pdf_and_never_as_html) {
  TestServer server;
  const std::string run = server.post("/v1/docker/runs", {{"dockerVersion", "1"}}).id();
  const nlohmann::json artifact =
      server.post("/v1/docker/runs/" + run + "/artifacts", {{"fileName", "log.txt"}, {"type", "LOG"}}).json;
  const std::string base = "/v1/docker/runs/" + run + "/artifacts/" + artifact["artifactId"].get<std::string>();
  server.follow("PUT", artifact["signedWriteUrl"], "<script>");
  server.put(base + "/confirmUpload", nlohmann::json::object());
  const std::string link = server.get(base + "/readurl").json;
  const std::string path = link.substr(link.find("/v1/"));
  EXPECT_EQ(fetch(server, path).content_type, "application/octet-stream");
  EXPECT_EQ(fetch(server, path + "&as=pdf").content_type, "application/pdf");
  EXPECT_EQ(fetch(server, path + "&as=text").content_type, "text/plain; charset=utf-8");
  EXPECT_EQ(fetch(server, path + "&as=text/html").content_type, "application/octet-stream");
  EXPECT_EQ(fetch(server, path + "&as=text").file.empty(), false);
}

}  // namespace
}  // namespace pretag
