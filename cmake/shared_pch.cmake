# What nearly every file includes, compiled once for all targets: clang needs 0.5 to 5 s for a file
# instead of 1.5 to 9. The other builds do without, and so show what a file forgets to include.
file(WRITE ${CMAKE_BINARY_DIR}/shared_pch.cc "")
add_library(hither_shared_pch OBJECT ${CMAKE_BINARY_DIR}/shared_pch.cc)
target_link_libraries(hither_shared_pch PRIVATE
  absl::flat_hash_map absl::btree absl::status absl::statusor absl::strings absl::str_format absl::time
  nlohmann_json::nlohmann_json)
target_precompile_headers(hither_shared_pch PRIVATE
  <algorithm> <atomic> <functional> <memory> <mutex> <optional> <string> <thread> <vector>
  <absl/container/btree_map.h> <absl/container/flat_hash_map.h> <absl/status/status.h>
  <absl/status/statusor.h> <absl/strings/str_cat.h> <absl/strings/str_format.h>
  <absl/time/clock.h> <absl/time/time.h> <nlohmann/json.hpp>)
if(HITHER_TESTS)
  find_package(GTest REQUIRED)
  target_link_libraries(hither_shared_pch PRIVATE GTest::gmock)
  target_precompile_headers(hither_shared_pch PRIVATE <gmock/gmock.h> <gtest/gtest.h>)
endif()

# Millions of questions are asked of these in tests. A header precompiled at one level is no other's.
foreach(target hither_dns hither_zones hither_answer hither_policy hither_test_support)
  if(TARGET ${target})
    target_compile_options(${target} PRIVATE -O1)
    set_target_properties(${target} PROPERTIES DISABLE_PRECOMPILE_HEADERS ON)
  endif()
endforeach()

function(hither_share_pch folder)
  get_property(targets DIRECTORY ${folder} PROPERTY BUILDSYSTEM_TARGETS)
  foreach(target IN LISTS targets)
    get_target_property(type ${target} TYPE)
    if(type MATCHES "^(STATIC_LIBRARY|EXECUTABLE)$")
      target_precompile_headers(${target} REUSE_FROM hither_shared_pch)
    endif()
  endforeach()
  get_property(folders DIRECTORY ${folder} PROPERTY SUBDIRECTORIES)
  foreach(below IN LISTS folders)
    hither_share_pch(${below})
  endforeach()
endfunction()
hither_share_pch(${CMAKE_SOURCE_DIR})
