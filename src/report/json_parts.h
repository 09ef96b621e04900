// What several writers of JSON have in common. Internal to this room.
#pragma once

#include <nlohmann/json.hpp>
#include <string>

#include "gdd/report.h"

namespace gdd {

// JSON is UTF-8; names of files may be any bytes: those are escaped, not a reason to lose a result.
std::string utf8(const std::string& text);

nlohmann::ordered_json provenance_json(const Report& report);

}  // namespace gdd
