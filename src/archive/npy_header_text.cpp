#include "archive/npy_header_text.h"

#include <charconv>
#include <set>

#include "base/limits.h"
#include "gdd/error.h"

namespace gdd {
namespace {

// Just enough of Python's syntax: one dict of strings, booleans and tuples of whole numbers.
class HeaderParser {
 public:
  HeaderParser(std::string_view text, const std::string& name) : text_(text), name_(name) {}

  NpyHeader parse() {
    expect('{');
    while (!accept('}')) {
      parse_item();
      if (!accept(',')) {
        expect('}');
        break;
      }
    }
    skip_spaces();
    if (at_ != text_.size()) fail("nothing after the dict");
    if (seen_.size() != 3) fail("the keys descr, fortran_order and shape");
    return header_;
  }

 private:
  void parse_item() {
    const std::string_view key = parse_string();
    if (!seen_.insert(key).second) fail("each key once");
    expect(':');
    if (key == "descr")
      parse_dtype();
    else if (key == "fortran_order")
      header_.fortran_order = parse_bool();
    else if (key == "shape")
      parse_shape();
    else
      fail("the keys descr, fortran_order and shape");
  }

  void parse_dtype() {
    if (peek() == '[')
      throw Error(name_, "expected an array of numbers, found a structured dtype", "store plain arrays");
    const std::string_view dtype = parse_string();
    if (dtype.find('O') != std::string_view::npos)
      throw Error(name_, "expected an array of numbers, found Python objects (dtype object)",
                  "they would be a pickle, which is never executed here; store plain arrays");
    static const std::set<std::string_view> kKnown = {"f2", "f4", "f8", "i1", "i2", "i4",
                                                      "i8", "u1", "u2", "u4", "u8", "b1"};
    const bool has_order =
        !dtype.empty() && std::string_view("<>|=").find(dtype[0]) != std::string_view::npos;
    const std::string_view type = dtype.substr(has_order ? 1 : 0);
    if (!kKnown.contains(type))
      throw Error(name_, "expected a dtype of f2 f4 f8 i1 i2 i4 i8 u1 u2 u4 u8 b1, found '" +
                             std::string(dtype) + "'");
    header_.kind = type[0];
    header_.item_size = type[1] - '0';
    header_.big_endian = dtype[0] == '>' && header_.item_size > 1;
  }

  void parse_shape() {
    expect('(');
    while (!accept(')')) {
      header_.shape.push_back(parse_number());
      if (header_.shape.size() > limits::kMaxNpyDims)
        fail("at most " + std::to_string(limits::kMaxNpyDims) + " dimensions");
      if (!accept(',')) {
        expect(')');
        break;
      }
    }
  }

  std::int64_t parse_number() {
    skip_spaces();
    std::int64_t value = 0;
    const auto [end, error] = std::from_chars(text_.data() + at_, text_.data() + text_.size(), value);
    if (error != std::errc() || value < 0) fail("a dimension of 0 or more");
    at_ = static_cast<std::size_t>(end - text_.data());
    if (at_ < text_.size() && text_[at_] == 'L') ++at_;  // Python 2 wrote 10L
    return value;
  }

  bool parse_bool() {
    skip_spaces();
    for (const bool value : {false, true}) {
      const std::string_view word = value ? "True" : "False";
      if (!text_.substr(at_).starts_with(word)) continue;
      at_ += word.size();
      return value;
    }
    fail("True or False");
  }

  std::string_view parse_string() {
    const char quote = peek();
    if (quote != '\'' && quote != '"') fail("a string in quotes");
    const std::size_t end = text_.find(quote, ++at_);
    if (end == std::string_view::npos) fail("a string in quotes");
    const std::string_view result = text_.substr(at_, end - at_);
    at_ = end + 1;
    return result;
  }

  void skip_spaces() {
    while (at_ < text_.size() && std::string_view(" \t\r\n").find(text_[at_]) != std::string_view::npos)
      ++at_;
  }
  char peek() {
    skip_spaces();
    return at_ < text_.size() ? text_[at_] : '\0';
  }
  bool accept(char c) {
    if (peek() != c) return false;
    ++at_;
    return true;
  }
  void expect(char c) {
    if (!accept(c)) fail(std::string("'") + c + "'");
  }

  [[noreturn]] void fail(const std::string& expected) const {
    throw Error(name_, "array header, character " + std::to_string(at_) + ": expected " + expected,
                "the file is damaged");
  }

  std::string_view text_;
  const std::string& name_;
  std::size_t at_ = 0;
  std::set<std::string_view> seen_;
  NpyHeader header_;
};

}  // namespace

NpyHeader parse_npy_header_text(std::string_view text, const std::string& name) {
  return HeaderParser(text, name).parse();
}

}  // namespace gdd
