# Warnings are errors. Flags that every target of ours shares live in one interface target. g++ is the measure: clang
# builds serve fuzzing and clang-tidy, and its other opinions must not stop them.
add_library(pretag_flags INTERFACE)
target_compile_options(pretag_flags INTERFACE -Wall -Wextra -Wpedantic -Wshadow -Wconversion -Wno-sign-conversion
                       $<$<CXX_COMPILER_ID:GNU>:-Werror>)
# g++ 12 sees overlaps and overflows in std::string and std::vector that are not there (GCC bugs 105329 and 105651).
if(CMAKE_CXX_COMPILER_ID STREQUAL "GNU" AND CMAKE_CXX_COMPILER_VERSION VERSION_LESS 13)
  target_compile_options(pretag_flags INTERFACE -Wno-restrict -Wno-stringop-overflow -Wno-array-bounds)
endif()
target_include_directories(pretag_flags INTERFACE ${PROJECT_SOURCE_DIR}/src)

if(PRETAG_SANITIZE)
  add_compile_options(-fsanitize=${PRETAG_SANITIZE} -fno-omit-frame-pointer -fno-sanitize-recover=all)
  add_link_options(-fsanitize=${PRETAG_SANITIZE})
endif()
if(PRETAG_FUZZ)
  add_compile_options(-fsanitize=fuzzer-no-link)
  add_link_options(-fsanitize=fuzzer-no-link)
endif()

find_program(CCACHE ccache)
if(CCACHE)
  set(CMAKE_CXX_COMPILER_LAUNCHER ${CCACHE})
endif()
