#include "report/json_fields.h"

#include "base/limits.h"

namespace gdd {

nlohmann::ordered_json parse_json(const std::string& text, const std::string& path) {
  using Json = nlohmann::ordered_json;
  std::vector<std::int64_t> keys;  // of the objects that are open
  const auto count_keys = [&](int, Json::parse_event_t event, Json&) {
    if (event == Json::parse_event_t::object_start) keys.push_back(0);
    if (event == Json::parse_event_t::object_end) keys.pop_back();
    if (event == Json::parse_event_t::key && ++keys.back() > limits::kMaxJsonKeys)
      throw Error(path, "expected objects of at most " + std::to_string(limits::kMaxJsonKeys) + " names");
    return true;
  };
  try {
    return Json::parse(text, count_keys);
  } catch (const Json::parse_error& error) {
    throw Error(path + ": byte " + std::to_string(error.byte), "expected JSON, found something else");
  } catch (const Json::exception&) {
    throw Error(path, "expected numbers within the range of float64, found a larger one");
  }
}

}  // namespace gdd
