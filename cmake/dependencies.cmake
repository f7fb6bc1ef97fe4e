# Debian 12 packages only; scripts/install-dependencies names them.
find_package(Threads REQUIRED)
find_package(dnnl CONFIG REQUIRED)
find_package(OpenMP REQUIRED)
find_package(OpenCL REQUIRED)
find_package(nlohmann_json REQUIRED)
find_package(pugixml REQUIRED)
find_package(SQLite3 REQUIRED)
find_package(CURL REQUIRED)
find_package(OpenSSL REQUIRED)
find_package(ZLIB REQUIRED)
find_package(spdlog REQUIRED)
find_package(fmt REQUIRED)
find_package(CLI11 REQUIRED)
find_package(yaml-cpp REQUIRED)
find_package(PkgConfig REQUIRED)
pkg_check_modules(pangocairo REQUIRED IMPORTED_TARGET pangocairo)
# The codecs themselves: image/ must know of damage that OpenCV's readers hide or print.
find_package(JPEG REQUIRED)
find_package(PNG REQUIRED)
find_package(TIFF REQUIRED)
pkg_check_modules(webp REQUIRED IMPORTED_TARGET libwebp libwebpdemux)
# Of the frames of videos.
pkg_check_modules(ffmpeg REQUIRED IMPORTED_TARGET libavformat libavcodec libavutil libswscale)
pkg_check_modules(xxhash REQUIRED IMPORTED_TARGET libxxhash)
pkg_check_modules(httplib REQUIRED IMPORTED_TARGET cpp-httplib)
pkg_check_modules(libpq REQUIRED IMPORTED_TARGET libpq)
find_package(GTest REQUIRED)
find_package(benchmark REQUIRED)

# Two of OpenCV's libraries by name: its CMake package asks for all of them to be installed. Not its codecs, which load
# GDAL and 64 libraries in all whenever the program starts.
find_path(opencv_headers opencv2/imgproc.hpp PATH_SUFFIXES opencv4 REQUIRED)
find_library(opencv_core opencv_core REQUIRED)
find_library(opencv_imgproc opencv_imgproc REQUIRED)
add_library(pretag_opencv INTERFACE)
target_include_directories(pretag_opencv SYSTEM INTERFACE ${opencv_headers})
target_link_libraries(pretag_opencv INTERFACE ${opencv_imgproc} ${opencv_core})

add_library(pretag_codecs INTERFACE)
target_link_libraries(pretag_codecs INTERFACE JPEG::JPEG PNG::PNG TIFF::TIFF PkgConfig::webp)

# The loader of the drivers; its C++ bindings are a header with warnings of its own.
add_library(pretag_opencl INTERFACE)
target_include_directories(pretag_opencl SYSTEM INTERFACE ${OpenCL_INCLUDE_DIRS})
target_link_libraries(pretag_opencl INTERFACE OpenCL::OpenCL)
