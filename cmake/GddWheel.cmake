# What the wheel holds beside the programs. It is for one torch, of which it has no copy: the one that pyproject.toml names.
file(STRINGS pyproject.toml wanted REGEX "^dependencies = ")
string(REGEX MATCH "torch==([0-9.]+)" wanted "${wanted}")
set(wanted ${CMAKE_MATCH_1})
set(found unknown)
if(EXISTS ${gdd_libtorch_root}/version.py)
  file(STRINGS ${gdd_libtorch_root}/version.py found REGEX "^__version__ = ")
endif()
string(REGEX MATCH "[0-9]+\\.[0-9]+\\.[0-9]+" found "${found}")
if(NOT found STREQUAL wanted)
  message(FATAL_ERROR "The wheel is for torch ${wanted}; ${gdd_libtorch_root} is another one (${found}).")
endif()

set(gdd_wheel_facts ${CMAKE_BINARY_DIR}/_build.py)
add_custom_command(OUTPUT ${gdd_wheel_facts} VERBATIM
  COMMAND ${CMAKE_COMMAND} -D PROGRAM=$<TARGET_FILE:gdd-eval> -D OBJDUMP=${CMAKE_OBJDUMP} -D TORCH=${wanted}
    -D VERSION=${PROJECT_VERSION} -D OUTPUT=${gdd_wheel_facts} -P ${CMAKE_SOURCE_DIR}/cmake/GddWheelFacts.cmake
  DEPENDS gdd-eval ${CMAKE_SOURCE_DIR}/cmake/GddWheelFacts.cmake)
add_custom_target(gdd-wheel DEPENDS ${gdd_wheel_facts})
add_dependencies(gdd-wheel gdd-programs gdd-manual)
install(FILES ${gdd_wheel_facts} DESTINATION . COMPONENT programs)
