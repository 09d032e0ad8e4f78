# qyzmet_embed(<target> <namespace> <file>...): see embedded.hpp. The assembler copies the bytes in
# (.incbin), so size and content do not matter for compile time; a changed file rebuilds one object.
function(qyzmet_embed target namespace)
  set(blobs "")
  set(entries "")
  set(paths "")
  set(index 0)
  string(MAKE_C_IDENTIFIER "${namespace}" prefix)
  foreach(file IN LISTS ARGN)
    cmake_path(ABSOLUTE_PATH file NORMALIZE OUTPUT_VARIABLE path)
    get_source_file_property(is_made "${path}" GENERATED)
    if(NOT is_made AND NOT EXISTS "${path}")
      message(FATAL_ERROR "qyzmet_embed: no file ${path}")
    endif()
    cmake_path(RELATIVE_PATH path BASE_DIRECTORY "${CMAKE_CURRENT_SOURCE_DIR}" OUTPUT_VARIABLE name)
    set(symbol "${prefix}_${index}")
    string(APPEND blobs
      "asm(\".section .rodata\\n.balign 16\\n${symbol}:\\n.incbin \\\"${path}\\\"\\n\"\n"
      "    \"${symbol}_end:\\n.byte 0\\n.previous\\n\");\n"
      "extern \"C\" __attribute__((visibility(\"hidden\"))) char const ${symbol}[];\n"
      "extern \"C\" __attribute__((visibility(\"hidden\"))) char const ${symbol}_end[];\n")
    string(APPEND entries "      {\"${name}\", {${symbol}, ${symbol}_end}},\n")
    list(APPEND paths "${path}")
    math(EXPR index "${index} + 1")
  endforeach()
  set(source "${CMAKE_CURRENT_BINARY_DIR}/embedded_${prefix}.cpp")
  file(CONFIGURE OUTPUT "${source}" @ONLY CONTENT [[// Made by qyzmet_embed.
#include "engine/base/embedded.hpp"

@blobs@
namespace @namespace@ {
std::span<qyzmet::EmbeddedFile const> files();
std::span<qyzmet::EmbeddedFile const> files() {
  static qyzmet::EmbeddedFile const all[] = {
@entries@  };
  return all;
}
}  // namespace @namespace@
]])
  set_source_files_properties("${source}" PROPERTIES
    OBJECT_DEPENDS "${paths}" SKIP_PRECOMPILE_HEADERS ON)
  target_sources(${target} PRIVATE "${source}")
endfunction()
