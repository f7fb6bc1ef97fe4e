# Proof that the detector equals torchvision's fasterrcnn_resnet50_fpn; tests/golden/README.md explains it.
set(parity ${CMAKE_CURRENT_SOURCE_DIR}/parity)
add_library(pretag_parity STATIC ${parity}/comparison.cc ${parity}/detection_comparison.cc ${parity}/golden.cc)
target_link_libraries(pretag_parity PUBLIC pretag_flags pretag_detect pretag_test_support
                      PRIVATE nlohmann_json::nlohmann_json fmt::fmt)

# The tools of the proof: the comparison, and the weights and pictures that Python and C++ both make.
add_executable(parity_tools_test ${parity}/comparison_test.cc ${parity}/seeded_material_test.cc)
target_link_libraries(parity_tools_test PRIVATE pretag_parity GTest::gtest_main)
add_test(NAME parity_tools_test COMMAND parity_tools_test)
set_tests_properties(parity_tools_test PROPERTIES LABELS unit)
