#include "evaluation/suite.h"

#include "base/limits.h"
#include "base/small_file.h"
#include "gdd/error.h"
#include "report/json_fields.h"

namespace gdd {
namespace {

SuiteCheckpoint read_checkpoint(const JsonFields& fields) {
  SuiteCheckpoint checkpoint{fields.file("name"),
                             fields.file("file"),
                             fields.text("seeds"),
                             fields.text("detector", false),
                             fields.text("flags", false),
                             fields.file("gnet", false),
                             fields.file("vae", false),
                             {},
                             {}};
  fields.each_named("evaluations", [&](const std::string& name, const JsonFields& evaluation) {
    checkpoint.evaluations.push_back({name, evaluation.text("protocol"), evaluation.texts("metrics"),
                                      evaluation.file("reference", false),
                                      evaluation.file("reference_images", false)});
  });
  fields.each("published", [&](const JsonFields& published) {
    checkpoint.published.push_back({published.text("evaluation"), published.text("score"),
                                    published.number("value"), published.text("where")});
  });
  return checkpoint;
}

}  // namespace

Suite read_suite(const std::string& path) {
  const auto text = read_small_file(path, limits::kMaxSuiteBytes);
  if (!text) throw Error(path, "there is no such file");
  const auto json = parse_json(*text, path);
  const JsonFields fields(json, path);
  Suite suite;
  fields.each("checkpoints", [&](const JsonFields& checkpoint) {
    suite.checkpoints.push_back(read_checkpoint(checkpoint));
  });
  if (const auto demo = fields.object("demo")) suite.demo = read_checkpoint(*demo);
  fields.each("sources", [&](const JsonFields& source) {
    suite.sources.push_back({source.texts("files"), source.text("from"), source.text("licence")});
  });
  return suite;
}

}  // namespace gdd
