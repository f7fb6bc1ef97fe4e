#include "pretag/report/pdf_document.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <zlib.h>

#include "pretag/image/encode.h"
#include "support/test_images.h"

namespace pretag {
namespace {

using testing::HasSubstr;

// What Cairo has compressed: the drawing of the pages, among others.
std::string inflated_streams(const std::string& pdf) {
  const std::string start = "stream\n";
  std::string text;
  for (size_t at = pdf.find(start); at != std::string::npos; at = pdf.find(start, at + 1)) {
    const std::string packed = pdf.substr(at + start.size());
    std::string piece(64 * 1024, '\0');
    auto size = static_cast<uLongf>(piece.size());
    // What follows the stream, and a picture's stream, are not zlib's: they end it, after what was there.
    uncompress(reinterpret_cast<Bytef*>(piece.data()), &size, reinterpret_cast<const Bytef*>(packed.data()),
               static_cast<uLong>(packed.size()));
    text += piece.substr(0, size);
  }
  return text;
}

TEST(PdfDocument, AJpegFillsItsPlace) {
  const auto jpeg = encode_jpeg(make_picture(40, 20), 90);
  ASSERT_TRUE(jpeg) << jpeg.error().message;
  PdfDocument document({.title = "t", .creator = "c"});
  document.draw_jpeg(*jpeg, {50, 60, 300, 150});
  const auto pdf = document.finish();
  ASSERT_TRUE(pdf) << pdf.error().message;
  EXPECT_THAT(*pdf, HasSubstr("/Width 40"));
  EXPECT_THAT(*pdf, HasSubstr("/DCTDecode"));
  // A picture is a square of one unit, upside down.
  EXPECT_THAT(inflated_streams(*pdf), HasSubstr("300 0 0 -150 50 210 cm"));
}

}  // namespace
}  // namespace pretag
