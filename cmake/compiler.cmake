# Warnings are errors, everywhere. Flags that every target of ours shares live in one interface target.
add_library(pretag_flags INTERFACE)
target_compile_options(pretag_flags INTERFACE -Wall -Wextra -Wpedantic -Wshadow -Wconversion -Wno-sign-conversion -Werror)
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
