#include "pretag/run/datapool_pass.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "support/memory_file_system.h"

namespace pretag {
namespace {

using ::testing::ElementsAre;

TEST(PoolBefore, IsComparedAsTheEmbeddingsOfImagesAre) {
  MemoryFileSystem files;
  files.add("pool.csv",
            "filenames,embedding_0,embedding_1,labels,masked\nfar.jpg,10,0,0,0\nhidden.jpg,0,1,0,1\n"
            "unit.jpg,0.6,0.80001,0,0\n");
  const RunRequest request{
      .input = "in", .run_folder = "run", .model_path = "", .config = {}, .datapool_file = "pool.csv"};
  const auto pool = pool_before(request, {files, "run"}, 2);
  ASSERT_TRUE(pool.ok()) << pool.error().message;
  EXPECT_THAT(pool->filenames, ElementsAre("far.jpg", "unit.jpg"));
  EXPECT_THAT(pool->values, ElementsAre(1, 0, 0.6f, 0.80001f)) << "what is of unit length keeps its bits";
}

}  // namespace
}  // namespace pretag
