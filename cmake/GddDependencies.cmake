# The libraries that Debian and Ubuntu package; scripts/setup.sh installs them.
add_library(gdd_warnings INTERFACE)
target_compile_options(gdd_warnings INTERFACE -Wall -Wextra -Wpedantic -Wshadow -Wnon-virtual-dtor $<$<BOOL:${GDD_WERROR}>:-Werror>)
# GCC 12 reports overlaps and overflows inside std::string's own operator+ that cannot happen (GCC bugs 105329, 105651).
target_compile_options(gdd_warnings INTERFACE $<$<CXX_COMPILER_ID:GNU>:-Wno-restrict> $<$<CXX_COMPILER_ID:GNU>:-Wno-stringop-overflow>
  $<$<CXX_COMPILER_ID:GNU>:-Wno-stringop-overread> $<$<CXX_COMPILER_ID:GNU>:-Wno-array-bounds>)
if(GDD_SANITIZE)
  # GCC's manual: with sanitizers its uninitialized warnings have false positives (it sees them in std::variant).
  target_compile_options(gdd_warnings INTERFACE $<$<CXX_COMPILER_ID:GNU>:-Wno-maybe-uninitialized>)
endif()
if(GDD_SANITIZE)
  add_compile_options(-fsanitize=${GDD_SANITIZE} -fno-omit-frame-pointer -fno-sanitize-recover=all)
  add_link_options(-fsanitize=${GDD_SANITIZE})
endif()

find_program(GDD_CCACHE ccache)
if(GDD_CCACHE AND NOT CMAKE_CXX_COMPILER_LAUNCHER)
  # The sloppiness lets ccache keep objects that use a precompiled header.
  set(CMAKE_CXX_COMPILER_LAUNCHER ${CMAKE_COMMAND} -E env
      CCACHE_SLOPPINESS=pch_defines,time_macros,include_file_mtime,include_file_ctime ${GDD_CCACHE})
endif()

find_package(Threads REQUIRED)
find_package(PkgConfig REQUIRED)
find_package(Eigen3 3.4 REQUIRED NO_MODULE)
find_package(nlohmann_json 3.9 REQUIRED)
find_package(CLI11 REQUIRED)
find_package(spdlog REQUIRED)
find_package(PNG REQUIRED)
find_package(JPEG REQUIRED)
find_package(OpenSSL REQUIRED COMPONENTS Crypto)
find_package(TIFF REQUIRED)
find_package(GIF REQUIRED)
pkg_check_modules(libzip REQUIRED IMPORTED_TARGET libzip)
pkg_check_modules(libdeflate REQUIRED IMPORTED_TARGET libdeflate)
pkg_check_modules(libwebp REQUIRED IMPORTED_TARGET libwebp libwebpdemux)
find_path(GDD_STB_INCLUDE stb_image_write.h PATH_SUFFIXES stb REQUIRED)
if(GDD_TESTS)
  find_package(GTest REQUIRED)
  include(GoogleTest)
endif()
