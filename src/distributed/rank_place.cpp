#include "distributed/rank_place.h"

#include <algorithm>
#include <charconv>
#include <cstdlib>
#include <limits>

#include "base/printable.h"
#include "gdd/error.h"

namespace gdd {
namespace {

constexpr const char *kTorchrunSize = "WORLD_SIZE", *kSlurmSize = "SLURM_STEP_NUM_TASKS";

std::string variable(const char* name) {
  const char* value = std::getenv(name);
  return value ? value : "";
}

// Without what says how many there are this process is alone.
std::string alone() {
  const bool torchrun = !variable(kTorchrunSize).empty() && !variable("RANK").empty();
  return std::string("env -u ") + (torchrun ? kTorchrunSize : kSlurmSize);
}

std::int64_t number(const char* name, std::int64_t least, std::int64_t most) {
  const std::string text = variable(name);
  std::int64_t value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc() || end != text.data() + text.size() || value < least || value > most)
    throw Error(name,
                "expected a number from " + std::to_string(least) + " to " + std::to_string(most) +
                    ", found " + gdd::quoted(text),
                "start with torchrun --no-python or srun, or run alone, with " + alone());
  return value;
}

constexpr std::int64_t kMaxRanks = 1 << 20;
constexpr std::int64_t kMaxPort = std::numeric_limits<std::uint16_t>::max();

std::optional<RankPlace> from_torchrun() {
  RankPlace place;
  place.size = static_cast<int>(number(kTorchrunSize, 1, kMaxRanks));
  if (place.size == 1) return std::nullopt;
  place.rank = static_cast<int>(number("RANK", 0, place.size - 1));
  if (!variable("LOCAL_RANK").empty())
    place.local_rank = static_cast<int>(number("LOCAL_RANK", 0, place.size - 1));
  place.address = variable("MASTER_ADDR");
  if (place.address.empty())
    throw Error("MASTER_ADDR", "is not set, though WORLD_SIZE is",
                "start with torchrun, or run alone, with " + alone());
  place.port = static_cast<std::uint16_t>(number("MASTER_PORT", 1, kMaxPort));
  place.agent = variable("TORCHELASTIC_USE_AGENT_STORE") == "True";
  place.serves = place.rank == 0 && !place.agent;
  place.variable = kTorchrunSize;
  place.job = variable("TORCHELASTIC_RUN_ID") + "/" + variable("TORCHELASTIC_RESTART_COUNT");
  return place;
}

std::optional<RankPlace> from_slurm() {
  RankPlace place;
  place.size = static_cast<int>(number(kSlurmSize, 1, kMaxRanks));
  if (place.size == 1) return std::nullopt;
  place.rank = static_cast<int>(number("SLURM_PROCID", 0, place.size - 1));
  if (!variable("SLURM_LOCALID").empty())
    place.local_rank = static_cast<int>(number("SLURM_LOCALID", 0, place.size - 1));
  place.address = variable("MASTER_ADDR");
  if (place.address.empty()) place.address = first_host(variable("SLURM_STEP_NODELIST"));
  if (place.address.empty()) place.address = "localhost";
  constexpr std::int64_t kFirstPort = 20'000, kPorts = 12'000;  // below the ports that Linux gives to clients
  const std::int64_t job = variable("SLURM_JOB_ID").empty()
                               ? 0
                               : number("SLURM_JOB_ID", 0, std::numeric_limits<std::int64_t>::max());
  place.port = static_cast<std::uint16_t>(
      variable("MASTER_PORT").empty() ? kFirstPort + job % kPorts : number("MASTER_PORT", 1, kMaxPort));
  place.serves = place.rank == 0;
  place.variable = kSlurmSize;
  place.job = variable("SLURM_JOB_ID") + "." + variable("SLURM_STEP_ID");
  return place;
}

}  // namespace

std::string first_host(const std::string& list) {
  const std::size_t open = list.find('['), comma = list.find(',');
  if (open == std::string::npos || comma < open) return list.substr(0, comma);
  const std::size_t close = list.find(']', open);
  if (close == std::string::npos)
    throw Error("SLURM_STEP_NODELIST", "expected a ']' in " + gdd::quoted(list));
  const std::size_t digits = std::min(list.find_first_not_of("0123456789", open + 1), close);
  return list.substr(0, open) + list.substr(open + 1, digits - open - 1) +
         list.substr(close + 1, list.find(',', close) - close - 1);
}

std::optional<RankPlace> find_rank_place() {
  std::optional<RankPlace> place;
  if (!variable(kTorchrunSize).empty() && !variable("RANK").empty())
    place = from_torchrun();
  else if (!variable(kSlurmSize).empty() && !variable("SLURM_PROCID").empty())
    place = from_slurm();
  constexpr std::int64_t kMostPatience = std::int64_t{24} * 3600;
  if (place && !variable("GDD_RANK_PATIENCE").empty())
    place->patience = std::chrono::seconds(number("GDD_RANK_PATIENCE", 1, kMostPatience));
  return place;
}

}  // namespace gdd
