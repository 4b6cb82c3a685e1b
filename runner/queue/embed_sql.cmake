# SPDX-License-Identifier: MIT
# Makes a C string of each schema: cmake -D OUTPUT=FILE.c -D FILES=A.sql;B.sql -P embed_sql.cmake
set(texts "")
foreach(file IN LISTS FILES)
  get_filename_component(name ${file} NAME_WE)
  file(READ ${file} bytes HEX)
  string(REGEX REPLACE "([0-9a-f][0-9a-f])" "\\\\x\\1" bytes "${bytes}")
  # Split before every 20th byte, to keep the lines of the source short.
  string(REPEAT "\\\\x.." 20 twenty)
  string(REGEX REPLACE "(${twenty})" "\\1\"\n\t\"" bytes "${bytes}")
  string(APPEND texts "const char queue_schema_${name}[] =\n\t\"${bytes}\";\n\n")
endforeach()
file(WRITE ${OUTPUT} "/* Generated from runner/queue/ at build time; changes here are lost. */
#include \"queue/driver.h\"

${texts}")
