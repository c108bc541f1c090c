# cmake -D OUT=assets.cc -D IN=FOLDER -P embed.cmake: the page's files as octets in a source, so that
# the program needs no other file.
function(octets_of files out)
  set(all "")
  foreach(file ${files})
    file(READ ${IN}/${file} hex HEX)
    string(APPEND all ${hex})
  endforeach()
  string(REGEX REPLACE "(..)" "0x\\1," all "${all}")
  string(REGEX REPLACE "(................................................................................)"
         "\\1\n" all "${all}")
  set(${out} "${all}" PARENT_SCOPE)
endfunction()

set(text "// Made by embed.cmake.\n#include \"tool/console/assets.h\"\n\nnamespace hither {\nnamespace {\n")
set(names "")
macro(embed name)
  octets_of("${ARGN}" octets)
  string(APPEND text "constexpr unsigned char k${name}Octets[] = {\n${octets}};\n")
  string(APPEND names "const absl::string_view k${name}(reinterpret_cast<const char*>(k${name}Octets), "
                      "sizeof k${name}Octets);\n")
endmacro()
embed(IndexHtml index.html)
embed(ConsoleCss console.css)
embed(ConsoleJs continents.js layout.js routes.js map.js tables.js page.js)
embed(IconSvg icon.svg)
file(WRITE ${OUT} "${text}}  // namespace\n\n${names}\n}  // namespace hither\n")
