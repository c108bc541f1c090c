# Optimizing across files makes links slow, so only the packet path is: the files that take part in
# an answer, in the program that answers. The objects hold machine code as well, for the programs
# that link them without (-ffat-lto-objects).
set(HITHER_HAS_PACKET_PATH OFF)
if(HITHER_LTO AND CMAKE_CXX_COMPILER_ID STREQUAL "GNU")
  set(HITHER_HAS_PACKET_PATH ON)
  # Without -fno-lto GCC's linker plugin compiles such objects again, in every program. Never both:
  # GCC 12 leaves the plugin out as soon as -fno-lto is given, whatever follows.
  add_link_options(
    $<IF:$<BOOL:$<TARGET_PROPERTY:HITHER_ANSWERS_PACKETS>>,-flto=auto,-fno-lto>)
elseif(HITHER_LTO)  # clang 14 makes no such objects: everything, or nothing.
  set(CMAKE_INTERPROCEDURAL_OPTIMIZATION ON)
endif()

# hither_packet_path(hither_dns name.cc query.cc): these files of a library are on it.
function(hither_packet_path library)
  if(HITHER_HAS_PACKET_PATH)
    # Alone: neither with files that have other options, nor with a header precompiled with others.
    set_source_files_properties(${ARGN} TARGET_DIRECTORY ${library} PROPERTIES
      COMPILE_OPTIONS "-flto=auto;-ffat-lto-objects"
      SKIP_PRECOMPILE_HEADERS ON SKIP_UNITY_BUILD_INCLUSION ON)
  endif()
endfunction()

# hither_answers_packets(hitherd): this program is optimized across those files.
function(hither_answers_packets program)
  set_target_properties(${program} PROPERTIES HITHER_ANSWERS_PACKETS ON)
endfunction()
