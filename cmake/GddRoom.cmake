# A room is one folder of src/: every .cpp in it, one static library gdd_<room>, and only the links named here.
# gdd_room(NAME [TORCH] [PCH] [LINK targets...] [PRIVATE targets...]): TORCH opens torch's include path, PCH precompiles its headers,
# which pays where most files of a room include them.
function(gdd_room name)
  cmake_parse_arguments(ROOM "TORCH;PCH" "" "LINK;PRIVATE" ${ARGN})
  file(GLOB sources CONFIGURE_DEPENDS ${CMAKE_SOURCE_DIR}/src/${name}/*.cpp)
  add_library(gdd_${name} STATIC ${sources})
  target_include_directories(gdd_${name} PUBLIC ${CMAKE_SOURCE_DIR}/src ${CMAKE_SOURCE_DIR}/include)
  target_link_libraries(gdd_${name} PUBLIC ${ROOM_LINK} PRIVATE ${ROOM_PRIVATE} gdd_warnings)
  if(ROOM_TORCH)
    target_link_libraries(gdd_${name} PUBLIC gdd_libtorch)
  endif()
  if(ROOM_PCH)
    target_precompile_headers(gdd_${name} REUSE_FROM gdd_torch_pch)
  endif()
endfunction()

# gdd_test(ROOM [links...]): every tests/<room>/*_test.cpp in one program, each case registered with CTest under the label <room>.
function(gdd_test room)
  file(GLOB sources CONFIGURE_DEPENDS ${CMAKE_SOURCE_DIR}/tests/${room}/*_test.cpp)
  if(NOT sources)
    return()
  endif()
  add_executable(gdd_${room}_test ${sources})
  target_include_directories(gdd_${room}_test PRIVATE ${CMAKE_SOURCE_DIR}/tests)
  target_link_libraries(gdd_${room}_test PRIVATE gdd_${room} ${ARGN} gdd_warnings GTest::gtest_main)
  target_compile_definitions(gdd_${room}_test PRIVATE GDD_TEST_DATA="${CMAKE_SOURCE_DIR}/tests/data" GDD_BIN="${CMAKE_BINARY_DIR}/bin")
  gtest_discover_tests(gdd_${room}_test PROPERTIES LABELS ${room} DISCOVERY_MODE PRE_TEST)
endfunction()
