# The headers of nearly every file, compiled once for all targets: clang needs 0.5 to 5 s for a file
# instead of 1.5 to 9, GCC a third less. The other builds go without, and so show missing includes.
file(WRITE ${CMAKE_BINARY_DIR}/shared_pch.cc "")
# hither_make_pch(name option...): a header precompiled at one level does not fit another.
function(hither_make_pch name)
  add_library(${name} OBJECT ${CMAKE_BINARY_DIR}/shared_pch.cc)
  target_compile_options(${name} PRIVATE ${ARGN})
  target_link_libraries(${name} PRIVATE
    absl::flat_hash_map absl::btree absl::status absl::statusor absl::strings absl::str_format
    absl::time)
  target_precompile_headers(${name} PRIVATE
    <algorithm> <atomic> <functional> <memory> <mutex> <optional> <string> <thread> <vector>
    <absl/status/status.h> <absl/status/statusor.h> <absl/strings/str_cat.h>
    <absl/strings/str_format.h> <absl/time/clock.h> <absl/time/time.h>)
  if(HITHER_SANITIZE)  # clang takes what it needs of a large one; GCC reads all of it.
    target_precompile_headers(${name} PRIVATE <absl/container/btree_map.h>
      <absl/container/flat_hash_map.h>)
  endif()
  if(HITHER_SANITIZE AND HITHER_TESTS)
    find_package(GTest REQUIRED)
    target_link_libraries(${name} PRIVATE GTest::gmock)
    target_precompile_headers(${name} PRIVATE <gmock/gmock.h> <gtest/gtest.h>)
  endif()
endfunction()

function(hither_share_pch folder)
  get_property(targets DIRECTORY ${folder} PROPERTY BUILDSYSTEM_TARGETS)
  foreach(target IN LISTS targets)
    get_target_property(type ${target} TYPE)
    if(NOT type MATCHES "^(STATIC_LIBRARY|EXECUTABLE)$")
      continue()
    endif()
    if(target IN_LIST HITHER_PCH_FAST)
      target_precompile_headers(${target} REUSE_FROM hither_shared_fast_pch)
    else()
      target_precompile_headers(${target} REUSE_FROM hither_shared_pch)
    endif()
  endforeach()
  get_property(folders DIRECTORY ${folder} PROPERTY SUBDIRECTORIES)
  foreach(below IN LISTS folders)
    hither_share_pch(${below})
  endforeach()
endfunction()

hither_make_pch(hither_shared_pch)
set(HITHER_PCH_FAST "")
if(HITHER_SANITIZE)
  # Tests send these millions of queries.
  get_property(HITHER_PCH_FAST GLOBAL PROPERTY HITHER_FAST_TARGETS)
  list(APPEND HITHER_PCH_FAST hither_dns hither_zones hither_change hither_answer hither_policy)
  if(HITHER_TESTS)
    list(APPEND HITHER_PCH_FAST hither_test_support)
  endif()
  foreach(target IN LISTS HITHER_PCH_FAST)
    target_compile_options(${target} PRIVATE -O1)
  endforeach()
  hither_make_pch(hither_shared_fast_pch -O1)
endif()
hither_share_pch(${CMAKE_SOURCE_DIR})
