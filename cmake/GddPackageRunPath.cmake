# Run by CPack over what it is about to pack: programs for other machines do not look into folders of this one.
file(GLOB programs ${CPACK_TEMPORARY_INSTALL_DIRECTORY}/${CPACK_GDD_BIN}/gdd-*)
foreach(program IN LISTS programs)
  file(RPATH_CHANGE FILE ${program} OLD_RPATH "${CPACK_GDD_RUN_PATH}" NEW_RPATH "$ORIGIN/../libtorch/lib")
endforeach()
