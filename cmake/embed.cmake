# Real files in the program: HTML, CSS and scripts stay files of their own kind and become constants when it is built.
#
#   pretag_embed(report kReportCss report/html/report.css kReportJs report/html/report.js)
#
# adds `const std::string_view pretag::kReportCss` with the file's bytes to pretag_report, and `…Sha256`, in hex.
function(pretag_embed layer)
  while(ARGN)
    list(POP_FRONT ARGN name file)
    set(input ${CMAKE_CURRENT_SOURCE_DIR}/${file})
    set(output ${CMAKE_CURRENT_BINARY_DIR}/embedded/${file}.cc)
    add_custom_command(
      OUTPUT ${output}
      COMMAND ${CMAKE_COMMAND} -D NAME=${name} -D INPUT=${input} -D OUTPUT=${output}
              -P ${PROJECT_SOURCE_DIR}/cmake/embed_file.cmake
      DEPENDS ${input} ${PROJECT_SOURCE_DIR}/cmake/embed_file.cmake
      VERBATIM)
    target_sources(pretag_${layer} PRIVATE ${output})
  endwhile()
endfunction()
