# A room is one folder of src/: every .cpp in it, one static library gdd_<room>, and only the links named here.
# gdd_room(NAME [TORCH] [PCH header] [LINK targets...] [PRIVATE targets...] [INCLUDE folders...] [DEFINE definitions...]): TORCH opens
# torch's include path; PCH takes a header of gdd_precompile(), which pays where most files of a room include it. INCLUDE and DEFINE are
# the room's own.
function(gdd_room name)
  cmake_parse_arguments(ROOM "TORCH" "PCH" "LINK;PRIVATE;INCLUDE;DEFINE" ${ARGN})
  if(ROOM_TORCH)
    list(APPEND ROOM_LINK gdd_libtorch)
  endif()
  if(GDD_ROOMS)
    add_library(gdd_${name} STATIC IMPORTED GLOBAL)
    set_target_properties(gdd_${name} PROPERTIES IMPORTED_LOCATION ${GDD_ROOMS}/src/libgdd_${name}.a)
    target_include_directories(gdd_${name} INTERFACE ${CMAKE_SOURCE_DIR}/src ${CMAKE_SOURCE_DIR}/include)
    target_link_libraries(gdd_${name} INTERFACE ${ROOM_LINK} ${ROOM_PRIVATE})
    return()
  endif()
  file(GLOB sources CONFIGURE_DEPENDS ${CMAKE_SOURCE_DIR}/src/${name}/*.cpp)
  add_library(gdd_${name} STATIC ${sources})
  target_include_directories(gdd_${name} PUBLIC ${CMAKE_SOURCE_DIR}/src ${CMAKE_SOURCE_DIR}/include)
  target_include_directories(gdd_${name} SYSTEM PRIVATE ${ROOM_INCLUDE})
  target_compile_definitions(gdd_${name} PRIVATE ${ROOM_DEFINE})
  target_link_libraries(gdd_${name} PUBLIC ${ROOM_LINK} PRIVATE ${ROOM_PRIVATE} gdd_warnings)
  if(ROOM_PCH)
    target_precompile_headers(gdd_${name} REUSE_FROM gdd_${ROOM_PCH}_pch)
  endif()
endfunction()

# gdd_precompile(NAME HEADERS headers... LINK targets...): headers that many files begin with, compiled once, as gdd_<NAME>_pch. Files that
# take them must be of the same kind of code (-fPIC, as all of src/ is, or not) and optimised alike.
function(gdd_precompile name)
  if(GDD_ROOMS) # nothing is compiled
    return()
  endif()
  cmake_parse_arguments(PCH "" "" "HEADERS;LINK" ${ARGN})
  file(GENERATE OUTPUT ${CMAKE_CURRENT_BINARY_DIR}/gdd_${name}_pch.cpp CONTENT "")
  add_library(gdd_${name}_pch STATIC ${CMAKE_CURRENT_BINARY_DIR}/gdd_${name}_pch.cpp)
  target_link_libraries(gdd_${name}_pch PRIVATE ${PCH_LINK} gdd_warnings)
  target_precompile_headers(gdd_${name}_pch PRIVATE ${PCH_HEADERS})
endfunction()

# gdd_test(ROOM [PCH header] [LINK targets...]): every tests/<room>/*_test.cpp in one program, each case registered with CTest under the
# label <room>. PCH: of gdd_precompile(), `test` unless it is said.
function(gdd_test room)
  cmake_parse_arguments(TEST "" "PCH" "LINK" ${ARGN})
  if(NOT TEST_PCH)
    set(TEST_PCH test)
  endif()
  file(GLOB sources CONFIGURE_DEPENDS ${CMAKE_SOURCE_DIR}/tests/${room}/*_test.cpp)
  if(NOT sources)
    return()
  endif()
  add_executable(gdd_${room}_test ${sources})
  target_include_directories(gdd_${room}_test PRIVATE ${CMAKE_SOURCE_DIR}/tests)
  target_link_libraries(gdd_${room}_test PRIVATE gdd_${room} ${TEST_LINK} gdd_test_flags GTest::gtest_main)
  target_compile_definitions(gdd_${room}_test PRIVATE GDD_TEST_DATA="${CMAKE_SOURCE_DIR}/tests/data" GDD_BIN="${CMAKE_BINARY_DIR}/bin")
  target_precompile_headers(gdd_${room}_test REUSE_FROM gdd_${TEST_PCH}_pch)
  gtest_discover_tests(gdd_${room}_test PROPERTIES LABELS ${room} DISCOVERY_MODE PRE_TEST)
endfunction()
