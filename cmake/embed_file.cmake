# Run by pretag_embed at build time: NAME, INPUT and OUTPUT are given.
file(READ "${INPUT}" content)
file(SHA256 "${INPUT}" hash)
if(content MATCHES "\\)EMBEDDED\"")
  message(FATAL_ERROR "${INPUT} contains the end mark of the raw string that is to hold it")
endif()
file(WRITE "${OUTPUT}" "#include <string_view>

namespace pretag {

extern const std::string_view ${NAME}, ${NAME}Sha256;
const std::string_view ${NAME} = R\"EMBEDDED(${content})EMBEDDED\";
const std::string_view ${NAME}Sha256 = \"${hash}\";

}  // namespace pretag
")
