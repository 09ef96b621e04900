#include "report/result_lines.h"

#include <algorithm>
#include <cmath>
#include <filesystem>
#include <fstream>
#include <functional>
#include <set>
#include <string_view>

#include "base/appended_file.h"
#include "base/atomic_file.h"
#include "base/number_text.h"
#include "base/printable.h"
#include "base/sha256.h"
#include "gdd/error.h"
#include "report/json_parts.h"
#include "report/read_report.h"

namespace gdd {
namespace {

using Json = nlohmann::ordered_json;
using Ids = std::set<std::string>;

constexpr const char* kColumns[] = {
    "timestamp",     "snapshot_pkl",   "metric",          "score",  "value",    "std",        "interval_low",
    "interval_high", "protocol",       "num_samples",     "run",    "seeds",    "images",     "reference",
    "detector",      "weights_sha256", "snapshot_sha256", "device", "num_gpus", "total_time", "id"};
constexpr std::size_t kIdLength = 16;

// The scores that one line of JSON holds: consecutive ones of a metric, protocol and run.
using Group = std::vector<const Score*>;

bool belong_together(const Score& a, const Score& b) {
  return a.metric == b.metric && a.protocol == b.protocol && a.run == b.run && a.name != b.name;
}

std::vector<Group> groups_of(const Report& report) {
  std::vector<Group> groups;
  for (const Score& score : report.scores) {
    if (groups.empty() || !belong_together(*groups.back().front(), score)) groups.emplace_back();
    groups.back().push_back(&score);
  }
  return groups;
}

const std::string& metric_of(const Score& score) { return score.metric.empty() ? score.name : score.metric; }

// Of what was scored, and when, or to what end.
std::string id_of(const Report& report, const ResultSource& source, const std::string& what,
                  const Score& score) {
  std::string text = exact_text(source.known_by_time ? source.timestamp : score.value) + "\n" + what + "\n" +
                     score.protocol + "\n" + std::to_string(score.run) + "\n";
  for (const ProvenanceEntry& entry : report.provenance)
    if (entry.key.starts_with("hashes.")) text += entry.key + " " + entry.value + "\n";
  return sha256(as_bytes(text)).substr(0, kIdLength);
}

// As the file's reader would name it, from where the file stands.
std::string seen_from(const std::string& folder, const std::string& path) {
  if (path.empty()) return "";
  std::error_code error;
  const std::filesystem::path from = std::filesystem::absolute(folder.empty() ? "." : folder, error),
                              to = std::filesystem::absolute(path, error);
  const std::filesystem::path seen = to.lexically_normal().lexically_relative((from / "").lexically_normal());
  return seen.empty() ? to.string() : seen.string();
}

// As StyleGAN's dnnlib.util.format_time.
std::string time_text(double seconds) {
  const auto whole = std::llround(std::max(seconds, 0.0));
  const auto two = [](long long number) { return (number < 10 ? "0" : "") + std::to_string(number); };
  constexpr long long kMinute = 60, kHour = 60 * kMinute, kDay = 24 * kHour;
  const std::string seconds_text = two(whole % kMinute) + "s";
  if (whole < kMinute) return std::to_string(whole) + "s";
  if (whole < kHour) return std::to_string(whole / kMinute) + "m " + seconds_text;
  const std::string minutes = two(whole % kHour / kMinute) + "m";
  if (whole < kDay) return std::to_string(whole / kHour) + "h " + minutes + " " + seconds_text;
  return std::to_string(whole / kDay) + "d " + two(whole % kDay / kHour) + "h " + minutes;
}

Json group_json(const Group& group, const Report& report, const ResultSource& source,
                const std::string& snapshot) {
  const Score& first = *group.front();
  Json results = Json::object();
  for (const Score* score : group) results[score->name] = score->value;
  Json json{
      {"results", std::move(results)},   {"metric", metric_of(first)},
      {"total_time", source.seconds},    {"total_time_str", time_text(source.seconds)},
      {"num_gpus", source.num_gpus},     {"snapshot_pkl", snapshot.empty() ? Json() : Json(utf8(snapshot))},
      {"timestamp", source.timestamp},   {"protocol", first.protocol},
      {"num_samples", first.num_samples}};
  if (first.run > 0) json["run"] = first.run;
  for (const Score* score : group) {
    if (score->std) json["std"][score->name] = *score->std;
    if (score->interval) json["interval"][score->name] = {score->interval->first, score->interval->second};
    for (const auto& [key, value] : score->notes) json["notes"][score->name][utf8(key)] = utf8(value);
  }
  json["provenance"] = provenance_json(report);
  return json;
}

// RFC 4180, section 2; a text of a file's name may hold anything.
std::string csv_field(const std::string& text) {
  std::string field = printable(text);
  if (field.find_first_of(",\"") == std::string::npos) return field;
  for (std::size_t at = 0; (at = field.find('"', at)) != std::string::npos; at += 2) field.insert(at, "\"");
  return "\"" + field + "\"";
}

std::string csv_line(const std::vector<std::string>& fields) {
  std::string line;
  for (const std::string& field : fields) line += (&field == fields.data() ? "" : ",") + csv_field(field);
  return line;
}

std::string text_of(const std::optional<double>& value) { return value ? exact_text(*value) : ""; }

std::string folder_of(const std::string& path) { return std::filesystem::path(path).parent_path().string(); }

std::string without_return(std::string line) {
  if (line.ends_with('\r')) line.pop_back();
  return line;
}

// Lines but those of these ids, which would be made for nothing.
std::vector<ResultLine> jsonl_lines_but(const Ids& there, const Report& report, const ResultSource& source,
                                        const std::string& folder) {
  std::vector<ResultLine> lines;
  const std::string snapshot = seen_from(folder, source.snapshot);
  for (const Group& group : groups_of(report)) {
    std::string id = id_of(report, source, metric_of(*group.front()), *group.front());
    if (there.contains(id)) continue;
    Json json = group_json(group, report, source, snapshot);
    json["id"] = id;  // the last key
    lines.push_back({std::move(id), json.dump()});
  }
  return lines;
}

std::vector<ResultLine> csv_lines_but(const Ids& there, const Report& report, const ResultSource& source,
                                      const std::string& folder) {
  std::vector<ResultLine> lines;
  const std::string snapshot = seen_from(folder, source.snapshot);
  for (const Score& score : report.scores) {
    const std::string what = metric_of(score) + " " + score.name;
    const std::string id = id_of(report, source, what, score);
    if (there.contains(id)) continue;
    const auto end = [&](double std::pair<double, double>::*side) {
      return score.interval ? exact_text((*score.interval).*side) : "";
    };
    lines.push_back({id, csv_line({exact_text(source.timestamp),
                                   snapshot,
                                   metric_of(score),
                                   score.name,
                                   exact_text(score.value),
                                   text_of(score.std),
                                   end(&std::pair<double, double>::first),
                                   end(&std::pair<double, double>::second),
                                   score.protocol,
                                   std::to_string(score.num_samples),
                                   score.run > 0 ? std::to_string(score.run) : "",
                                   fact(report, "seeds"),
                                   fact(report, "inputs.images"),
                                   fact(report, "inputs.ref"),
                                   fact(report, "detector"),
                                   fact(report, "hashes.weights"),
                                   fact(report, "hashes.snapshot"),
                                   fact(report, "device"),
                                   std::to_string(source.num_gpus),
                                   exact_text(source.seconds),
                                   id})});
  }
  return lines;
}

// The id that a line ends with; empty: it is none of ours, or cut.
std::string id_in(std::string_view line, std::string_view before, std::string_view behind) {
  const std::size_t size = before.size() + kIdLength + behind.size();
  if (line.size() < size || !line.ends_with(behind)) return "";
  line.remove_prefix(line.size() - size);
  return line.starts_with(before) ? std::string(line.substr(before.size(), kIdLength)) : "";
}

// One of the two kinds of files.
struct Kind {
  std::vector<ResultLine> (*lines_but)(const Ids&, const Report&, const ResultSource&, const std::string&);
  std::string header;                     // empty: none
  std::string_view before_id, behind_id;  // around the id of a line

  bool accepts(const std::string& first_line) const {
    return header.empty() ? first_line.starts_with('{') : without_return(first_line) == header;
  }
};

Kind jsonl_kind() { return {jsonl_lines_but, "", "\"id\":\"", "\"}"}; }
Kind csv_kind() { return {csv_lines_but, csv_header(), ",", ""}; }

// A header whose writer was killed is finished; nothing else that has no end is taken for one.
bool is_cut_header(const Kind& kind, const AppendedFile& file) {
  const std::string first = file.first_line();
  return !first.empty() && first == file.unended() && kind.header.starts_with(first);
}

void check_start(const Kind& kind, const std::string& path, const AppendedFile& file) {
  const std::string first = file.first_line();
  if (first.empty() || kind.accepts(first) || is_cut_header(kind, file)) return;
  throw Error(path,
              kind.header.empty()
                  ? "expected lines of JSON, found " + gdd::quoted(first)
                  : "expected the header " + gdd::quoted(kind.header) + ", found " + gdd::quoted(first),
              "name another file");
}

// A file that is not there yet is not made.
void check(const Kind& kind, const std::string& path) {
  try_output(path);
  if (std::error_code error; std::filesystem::exists(path, error))
    check_start(kind, path, AppendedFile(path));
}

// A line of jsonl_lines() without its end. Readers parse every line, and would stop at it for ever.
bool is_torn_json(std::string_view line) {
  constexpr std::string_view kStart = "{\"results\":{";
  return line.substr(0, kStart.size()) == kStart.substr(0, line.size()) && !Json::accept(line);
}

// What ends the line that a killed writer left, so that the next one stands for itself: in CSV a quote that
// was open too. A torn line of JSON is taken away.
std::string end_of_cut_line(const Kind& kind, AppendedFile& file) {
  const std::string cut = file.unended();
  if (cut.empty() || (kind.header.empty() && is_torn_json(cut) && file.cut_unended())) return "";
  const bool open = !kind.header.empty() && std::ranges::count(cut, '"') % 2 == 1;
  return open ? "\"\n" : "\n";
}

void append(const Kind& kind, const std::string& path, const std::vector<ResultLine>& lines) {
  if (lines.empty()) return;
  AppendedFile file(path);
  check_start(kind, path, file);
  const std::string first = file.first_line();
  std::string text;
  if (is_cut_header(kind, file))
    text = kind.header.substr(first.size()) + "\n";
  else if (first.empty() && !kind.header.empty())
    text = kind.header + "\n";
  else
    text = end_of_cut_line(kind, file);
  for (const ResultLine& line : lines) text += line.text + "\n";
  file.append(text);
}

// Of a file of any size, whose lines may be of any length: of each line the end is kept.
Ids ids_in(const Kind& kind, const std::string& path) {
  constexpr std::size_t kPiece = 1u << 20, kEnd = 64;
  Ids ids;
  std::error_code error;
  if (!std::filesystem::is_regular_file(path, error)) return ids;
  std::ifstream file(path, std::ios::binary);
  std::string piece(kPiece, '\0'), end;
  const auto end_line = [&] {
    if (std::string id = id_in(without_return(end), kind.before_id, kind.behind_id); !id.empty())
      ids.insert(std::move(id));
    end.clear();
  };
  while (file.read(piece.data(), kPiece), file.gcount() > 0) {
    std::string_view rest(piece.data(), static_cast<std::size_t>(file.gcount()));
    for (std::size_t at = rest.find('\n'); at != std::string_view::npos; at = rest.find('\n')) {
      end += rest.substr(0, at).substr(at - std::min(at, kEnd));
      end_line();
      rest.remove_prefix(at + 1);
    }
    end += rest.substr(rest.size() - std::min(rest.size(), kEnd));
  }
  end_line();
  return ids;
}

void append_but(const Kind& kind, const std::string& path, const SourcedReports& reports, const Ids& there) {
  std::vector<ResultLine> missing;
  for (const auto& [report, source] : reports)
    for (ResultLine& line : kind.lines_but(there, *report, source, folder_of(path)))
      missing.push_back(std::move(line));
  append(kind, path, missing);
}

// Each of the files that are wanted, and its kind.
void for_each_file(const ResultFiles& files,
                   const std::function<void(const Kind&, const std::string& path)>& take) {
  if (!files.jsonl.empty()) take(jsonl_kind(), files.jsonl);
  if (!files.csv.empty()) take(csv_kind(), files.csv);
}

}  // namespace

std::vector<ResultLine> jsonl_lines(const Report& report, const ResultSource& source,
                                    const std::string& folder) {
  return jsonl_lines_but({}, report, source, folder);
}

std::vector<ResultLine> csv_lines(const Report& report, const ResultSource& source,
                                  const std::string& folder) {
  return csv_lines_but({}, report, source, folder);
}

std::string csv_header() { return csv_line({std::begin(kColumns), std::end(kColumns)}); }

void check_result_files(const ResultFiles& files) { for_each_file(files, check); }

void append_results(const ResultFiles& files, const Report& report, const ResultSource& source) {
  for_each_file(files, [&](const Kind& kind, const std::string& path) {
    append_but(kind, path, {{&report, source}}, {});
  });
}

void append_missing_results(const ResultFiles& files, const SourcedReports& reports) {
  for_each_file(files, [&](const Kind& kind, const std::string& path) {
    append_but(kind, path, reports, ids_in(kind, path));
  });
}

}  // namespace gdd
