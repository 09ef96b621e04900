# LibTorch as imported targets. find_package(Torch) of the published wheel asks for a CUDA toolkit even for CPU programs,
# so the two libraries that a program here needs are named directly; libtorch_cuda.so is opened at run time when asked for.
set(gdd_libtorch_candidates ${GDD_LIBTORCH} $ENV{GDD_LIBTORCH})
if(SKBUILD) # the torch of the Python that pip builds with
  execute_process(COMMAND ${Python3_EXECUTABLE} -c
    "import importlib.util as u; spec = u.find_spec('torch'); print(spec.submodule_search_locations[0] if spec else '')"
    OUTPUT_VARIABLE torch_of_python OUTPUT_STRIP_TRAILING_WHITESPACE COMMAND_ERROR_IS_FATAL ANY)
  list(APPEND gdd_libtorch_candidates ${torch_of_python})
endif()
file(GLOB gdd_libtorch_venv ${CMAKE_SOURCE_DIR}/build/venv/lib/python3*/site-packages/torch ${CMAKE_BINARY_DIR}/venv/lib/python3*/site-packages/torch)
list(APPEND gdd_libtorch_candidates ${gdd_libtorch_venv})
foreach(candidate IN LISTS gdd_libtorch_candidates)
  if(NOT gdd_libtorch_root AND EXISTS ${candidate}/lib/libtorch_cpu.so AND EXISTS ${candidate}/include/ATen/ATen.h)
    set(gdd_libtorch_root ${candidate})
  endif()
endforeach()
if(NOT gdd_libtorch_root)
  message(FATAL_ERROR "LibTorch not found (looked in: ${gdd_libtorch_candidates}). Run scripts/setup.sh, or pass -DGDD_LIBTORCH=/path/to/libtorch.")
endif()
message(STATUS "LibTorch: ${gdd_libtorch_root}")
if(DEFINED ENV{GDD_LIBTORCH} AND NOT GDD_LIBTORCH) # a later run of CMake may not have the variable
  set(GDD_LIBTORCH ${gdd_libtorch_root} CACHE PATH "LibTorch folder" FORCE)
endif()

add_library(gdd_libtorch INTERFACE)
target_include_directories(gdd_libtorch SYSTEM INTERFACE ${gdd_libtorch_root}/include ${gdd_libtorch_root}/include/torch/csrc/api/include)
target_link_libraries(gdd_libtorch INTERFACE ${gdd_libtorch_root}/lib/libtorch_cpu.so ${gdd_libtorch_root}/lib/libc10.so Threads::Threads)
target_link_options(gdd_libtorch INTERFACE -Wl,--no-as-needed)
# Where installed programs look for it: the wheel's in the torch beside them in site-packages, the others where it was when they were
# built, and then in PREFIX/libtorch, which may be a link.
if(SKBUILD)
  set(CMAKE_INSTALL_RPATH $ORIGIN/../../torch/lib)
else()
  set(CMAKE_INSTALL_RPATH ${gdd_libtorch_root}/lib $ORIGIN/../libtorch/lib)
endif()

# BLAS and LAPACK for metrics/ are MKL's, which libtorch_cpu.so exports. Another BLAS in the same process could take the
# place of torch's own sgemm and change the last bits of every image.
add_library(gdd_lapack INTERFACE)
target_link_libraries(gdd_lapack INTERFACE ${gdd_libtorch_root}/lib/libtorch_cpu.so ${gdd_libtorch_root}/lib/libc10.so)
