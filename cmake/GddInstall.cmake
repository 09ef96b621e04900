# find_package(gdd) gives others the metrics library as gdd::metrics: one archive that needs a LAPACK and threads.
# The room itself links base/, which brings OpenSSL and spdlog; of base/ the metrics use numpy's random stream and
# the work on several threads, so the archive holds those two files and consumers are spared the rest.
include(CMakePackageConfigHelpers)

add_library(gdd_metrics_package STATIC $<TARGET_OBJECTS:gdd_metrics> ${CMAKE_SOURCE_DIR}/src/base/numpy_random.cpp ${CMAKE_SOURCE_DIR}/src/base/tasks.cpp)
set_target_properties(gdd_metrics_package PROPERTIES OUTPUT_NAME gdd_metrics EXPORT_NAME metrics)
target_include_directories(gdd_metrics_package PRIVATE ${CMAKE_SOURCE_DIR}/src INTERFACE $<INSTALL_INTERFACE:${CMAKE_INSTALL_INCLUDEDIR}>)
target_compile_features(gdd_metrics_package INTERFACE cxx_std_20)
target_link_libraries(gdd_metrics_package INTERFACE $<INSTALL_INTERFACE:LAPACK::LAPACK> $<INSTALL_INTERFACE:Threads::Threads>)

set(gdd_package_folder ${CMAKE_INSTALL_LIBDIR}/cmake/gdd)
install(TARGETS gdd_metrics_package EXPORT gddTargets ARCHIVE DESTINATION ${CMAKE_INSTALL_LIBDIR} COMPONENT metrics)
install(EXPORT gddTargets NAMESPACE gdd:: DESTINATION ${gdd_package_folder} COMPONENT metrics)
install(FILES include/gdd/error.h DESTINATION ${CMAKE_INSTALL_INCLUDEDIR}/gdd COMPONENT metrics)
install(DIRECTORY include/gdd/metrics DESTINATION ${CMAKE_INSTALL_INCLUDEDIR}/gdd COMPONENT metrics FILES_MATCHING PATTERN *.h)
write_basic_package_version_file(${CMAKE_BINARY_DIR}/gddConfigVersion.cmake COMPATIBILITY SameMinorVersion)
install(FILES cmake/gddConfig.cmake ${CMAKE_BINARY_DIR}/gddConfigVersion.cmake DESTINATION ${gdd_package_folder} COMPONENT metrics)
