# cmake -D PROGRAM=... -D OBJDUMP=... -D TORCH=... -D VERSION=... -D OUTPUT=... -P GddWheelFacts.cmake: what the Python module must know
# of the build. NEEDED are the libraries of the system that a program loads; LibTorch's are not among them.
execute_process(COMMAND ${OBJDUMP} -p ${PROGRAM} OUTPUT_VARIABLE headers COMMAND_ERROR_IS_FATAL ANY)
string(REGEX MATCHALL "NEEDED +[^\n ]+" lines "${headers}")
foreach(line IN LISTS lines)
  string(REGEX REPLACE "NEEDED +" "" library "${line}")
  if(NOT library MATCHES "^(libtorch|libc10|ld-linux)")
    string(APPEND needed "    \"${library}\",\n")
  endif()
endforeach()
file(WRITE ${OUTPUT} "VERSION = \"${VERSION}\"\nTORCH_VERSION = \"${TORCH}\"\nNEEDED: tuple[str, ...] = (\n${needed})\n")
