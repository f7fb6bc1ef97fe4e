# A folder is a layer is a target. A layer links only the layers below it, and tests/layers_test fails where a file
# includes a header of a layer that is not below its own.
#
#   pretag_layer(nn LAYERS util data LIBRARIES DNNL::dnnl)
#
# makes the static library pretag_nn from nn/*.cc and, from nn/*_test.cc, the test program nn_test. A main.cc is left
# to the program that is made of the layer.
function(pretag_layer name)
  cmake_parse_arguments(ARG "" "" "LAYERS;LIBRARIES;TEST_LAYERS" ${ARGN})
  file(GLOB sources CONFIGURE_DEPENDS ${name}/*.cc)
  set(tests ${sources})
  list(FILTER sources EXCLUDE REGEX "(_test|/main)\\.cc$")
  list(FILTER tests INCLUDE REGEX "_test\\.cc$")
  list(TRANSFORM ARG_LAYERS PREPEND pretag_)
  if(sources)
    add_library(pretag_${name} STATIC ${sources})
    target_link_libraries(pretag_${name} PUBLIC pretag_flags ${ARG_LAYERS} PRIVATE ${ARG_LIBRARIES})
  else()
    add_library(pretag_${name} INTERFACE)
    target_link_libraries(pretag_${name} INTERFACE pretag_flags ${ARG_LAYERS} ${ARG_LIBRARIES})
  endif()
  set_property(GLOBAL APPEND PROPERTY PRETAG_LAYERS pretag_${name})
  if(tests AND NOT PRETAG_FUZZ)
    list(TRANSFORM ARG_TEST_LAYERS PREPEND pretag_)
    add_executable(${name}_test ${tests})
    target_link_libraries(${name}_test PRIVATE pretag_${name} pretag_test_support ${ARG_LIBRARIES} ${ARG_TEST_LAYERS} GTest::gtest_main GTest::gmock)
    # Of tests only what they test must be fast; the compiler takes a third less time for them so.
    target_compile_options(${name}_test PRIVATE $<$<CONFIG:Release>:-O1>)
    add_test(NAME ${name}_test COMMAND ${name}_test)
    set_tests_properties(${name}_test PROPERTIES LABELS unit)
  endif()
endfunction()
