#include "report/html_tables.h"

#include <algorithm>
#include <map>
#include <optional>
#include <set>
#include <vector>

#include "base/number_text.h"
#include "report/class_columns.h"
#include "report/html_markup.h"

namespace gdd {
namespace {

using html::cell;
using Texts = std::vector<std::string>;

// A table of rows that each belong to a report, named in front where there are several.
class Rows {
 public:
  explicit Rows(const NamedReports& reports) : named_(reports.size() > 1) {}

  void add(const std::string& report, const std::string& cells) {
    rows_.push_back((named_ ? cell(report) : "") + cells);
  }
  std::string table(Texts heads) const {
    if (named_) heads.insert(heads.begin(), "report");
    return html::table(heads, rows_);
  }

 private:
  bool named_;
  Texts rows_;
};

std::string cell_of(const std::optional<double>& value) {
  return value ? cell(*value, "%.4g") : cell(std::string());
}
std::string cell_of(std::int64_t count) { return cell(static_cast<double>(count), "%.0f"); }

std::string with_run(const std::string& name, std::int64_t run) {
  return name + (run > 0 ? ", run " + std::to_string(run) : "");
}

std::string notes_of(const Score& score) {
  std::string text;
  for (const auto& [key, value] : score.notes) text += (text.empty() ? "" : "; ") + key + ": " + value;
  return text;
}

std::string interval_of(const Score& score) {
  if (!score.interval) return "";
  return number_text("%.6g", score.interval->first) + " to " + number_text("%.6g", score.interval->second);
}

std::string column_of(const Score& score) {
  return with_run(score.name + (score.protocol.empty() ? "" : " (" + score.protocol + ")"), score.run);
}

// Each once, in the order in which they come.
class Names {
 public:
  void add(const std::string& name) {
    if (seen_.insert(name).second) list_.push_back(name);
  }
  const Texts& list() const { return list_; }

 private:
  std::set<std::string> seen_;
  Texts list_;
};

}  // namespace

std::string ranking_table(const NamedReports& reports) {
  if (reports.size() < 2) return "";
  Names columns;
  std::vector<std::map<std::string, double>> values;
  for (const auto& [name, report] : reports) {
    auto& own = values.emplace_back();
    for (const Score& score : report->scores) {
      columns.add(column_of(score));
      own.emplace(column_of(score), score.value);
    }
  }
  Texts heads{"report"}, rows;
  for (std::size_t i = 0; i < reports.size(); ++i) {
    std::string row = cell(reports[i].first);
    for (const std::string& column : columns.list()) {
      const auto found = values[i].find(column);
      row += found == values[i].end() ? cell(std::string()) : cell(found->second);
    }
    rows.push_back(row);
  }
  heads.insert(heads.end(), columns.list().begin(), columns.list().end());
  return html::table(heads, rows);
}

std::string scores_table(const NamedReports& reports) {
  Rows rows(reports);
  for (const auto& [name, report] : reports)
    for (const Score& score : report->scores)
      rows.add(name, cell(with_run(score.name, score.run)) + cell(score.value) + cell_of(score.std) +
                         cell(interval_of(score)) + cell(score.protocol) + cell_of(score.num_samples) +
                         cell(notes_of(score)));
  return rows.table({"score", "value", "deviation", "95 % interval", "protocol", "N", "how"});
}

std::string summaries_table(const NamedReports& reports) {
  Rows rows(reports);
  for (const auto& [name, report] : reports)
    for (const Summary& each : report->summaries)
      rows.add(name, cell(each.name) + cell_of(each.runs) + cell(each.mean) + cell(each.std, "%.4g") +
                         cell(each.lowest) + cell(each.highest) + cell(each.protocol));
  return rows.table({"score", "runs", "mean", "deviation", "lowest", "highest", "protocol"});
}

std::string classes_table(const NamedReports& reports) {
  const auto percent = [](double share) { return cell(100 * share, "%.2f"); };
  const bool named = std::ranges::any_of(reports, [](const auto& each) {
    return std::ranges::any_of(each.second->classes, [](const auto& one) { return !one.name.empty(); });
  });
  Rows rows(reports);
  Texts heads{"class", "N", "share, %", "of ref., %"};
  if (named) heads.insert(heads.begin() + 1, "name");
  for (const ClassColumn& column : kClassColumns) heads.emplace_back(column.head);
  heads.emplace_back("protocol");
  for (const auto& [name, report] : reports)
    for (const ClassScores& each : report->classes) {
      std::string row = cell_of(each.label) + (named ? cell(each.name) : "") + cell_of(each.num_samples) +
                        percent(each.sample_share) + percent(each.reference_share);
      for (const ClassColumn& column : kClassColumns) row += cell_of(each.*column.value);
      rows.add(name, row + cell(with_run(each.protocol, each.run)));
    }
  const std::string table = rows.table(heads);
  if (table.empty()) return "";
  return table +
         html::note(
             "fid: where a class has more images than the features have dimensions, on both sides; kid: of "
             "all its rows; means: the squared distance of both sides' means. Scores of few images depend "
             "on their number.");
}

std::string provenance_table(const NamedReports& reports) {
  Names keys;
  std::vector<std::map<std::string, std::string>> values;
  for (const auto& [name, report] : reports) {
    auto& own = values.emplace_back();
    for (const ProvenanceEntry& entry : report->provenance) {
      keys.add(entry.key);
      own.emplace(entry.key, entry.value);
    }
  }
  Texts equal, different;
  for (const std::string& key : keys.list()) {
    std::string row = cell(key);
    std::set<std::string> kinds;
    for (const auto& own : values) {
      const auto found = own.find(key);
      const std::string value = found == own.end() ? "" : found->second;
      kinds.insert(value);
      row += cell(value);
    }
    (kinds.size() > 1 ? different : equal).push_back(row);
  }
  different.insert(different.end(), equal.begin(), equal.end());
  Texts heads{"what"};
  for (const auto& [name, report] : reports) heads.push_back(reports.size() > 1 ? name : "value");
  return html::table(heads, different);
}

}  // namespace gdd
