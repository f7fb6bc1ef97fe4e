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

# The detector against torchvision's results in tests/golden/data.
add_executable(golden_parity_test ${parity}/golden_parity_test.cc)
target_link_libraries(golden_parity_test PRIVATE pretag_parity fmt::fmt GTest::gtest_main)
target_compile_definitions(golden_parity_test PRIVATE PRETAG_GOLDEN_DATA="${CMAKE_CURRENT_SOURCE_DIR}/golden/data")
add_test(NAME golden_parity_test COMMAND golden_parity_test)
set_tests_properties(golden_parity_test PROPERTIES LABELS parity TIMEOUT ${patience})

# The detector against a torchvision that runs here and now, at full size and on photographs; skipped where there is none.
add_executable(dump_stages ${parity}/dump_stages.cc)
target_link_libraries(dump_stages PRIVATE pretag_parity nlohmann_json::nlohmann_json fmt::fmt)
add_test(NAME live_torchvision_check COMMAND ${parity}/live_torchvision_check.py --dump-stages $<TARGET_FILE:dump_stages>
         --models ${PROJECT_SOURCE_DIR}/models)
set_tests_properties(live_torchvision_check PROPERTIES LABELS live SKIP_RETURN_CODE 77 TIMEOUT 1500)
