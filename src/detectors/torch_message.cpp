#include "detectors/torch_message.h"

#include <new>
#include <string_view>

#include "base/printable.h"

namespace gdd {
namespace {

std::string_view trimmed(std::string_view text) {
  const std::size_t begin = text.find_first_not_of(" \n");
  if (begin == std::string_view::npos) return "";
  return text.substr(begin, text.find_last_not_of(" \n") - begin + 1);
}

// A trace ends in the line that marks the place, and perhaps more of the indented code; the error follows it.
std::string_view behind_traces(std::string_view text) {
  constexpr std::string_view kPlace = "<--- HERE\n";
  const std::size_t at = text.rfind(kPlace);
  if (at == std::string_view::npos) return text.substr(text.rfind('\n') + 1);
  std::string_view rest = text.substr(at + kPlace.size());
  while (rest.starts_with(' ') || rest.starts_with('\n')) {
    const std::size_t end = rest.find('\n');
    if (end == std::string_view::npos) break;
    rest.remove_prefix(end + 1);
  }
  constexpr std::string_view kUsual = "RuntimeError: ";
  if (rest.starts_with(kUsual)) rest.remove_prefix(kUsual.size());
  return rest;
}

}  // namespace

std::string torch_message(const std::exception& error, std::size_t limit) {
  std::string_view text = error.what();
  text = trimmed(text.substr(0, text.find("\nException raised from")));
  const bool interpreted = text.find("TorchScript interpreter") != std::string_view::npos;
  text = trimmed(interpreted ? behind_traces(text) : text.substr(0, text.find('\n')));
  return text.empty() ? "an error without a message" : printable(text, limit);
}

bool is_out_of_memory(const std::exception& error) {
  if (dynamic_cast<const std::bad_alloc*>(&error)) return true;
  const std::string message = torch_message(error);
  return message.find("std::bad_alloc") != std::string::npos ||
         message.find("can't allocate memory") != std::string::npos;
}

}  // namespace gdd
