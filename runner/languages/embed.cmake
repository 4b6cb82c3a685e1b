# SPDX-License-Identifier: MIT
# Makes one C array of the definitions: cmake -D OUTPUT=FILE.c -D FILES=A.json;B.json -P embed.cmake
set(texts "")
set(table "")
set(index 0)
foreach(file IN LISTS FILES)
  get_filename_component(name ${file} NAME)
  file(READ ${file} bytes HEX)
  string(REGEX REPLACE "([0-9a-f][0-9a-f])" "\\\\x\\1" bytes "${bytes}")
  # Split before every 20th byte, to keep the lines of the source short.
  string(REPEAT "\\\\x.." 20 twenty)
  string(REGEX REPLACE "(${twenty})" "\\1\"\n\t\"" bytes "${bytes}")
  string(APPEND texts "static const char text_${index}[] =\n\t\"${bytes}\";\n")
  string(APPEND table "\t{ \"${name}\", text_${index}, sizeof text_${index} - 1 },\n")
  math(EXPR index "${index} + 1")
endforeach()
file(WRITE ${OUTPUT} "/* Generated from runner/languages/ at build time; changes here are lost. */
#include \"language.h\"

${texts}
const struct language_text language_texts[] = {
${table}\t{ NULL, NULL, 0 },
};
")
