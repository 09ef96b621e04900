# find_package(gdd) defines gdd::metrics. A program that loads LibTorch must use the LAPACK inside it, not a second one:
# it defines the target LAPACK::LAPACK with LibTorch's libtorch_cpu.so before it asks for gdd.
include(CMakeFindDependencyMacro)
if(NOT TARGET LAPACK::LAPACK)
  find_dependency(LAPACK)
endif()
find_dependency(Threads)
include(${CMAKE_CURRENT_LIST_DIR}/gddTargets.cmake)
