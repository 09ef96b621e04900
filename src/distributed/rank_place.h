// Which of how many processes this is, from what torchrun or Slurm's srun left in the environment.
#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>

namespace gdd {

struct RankPlace {
  int rank = 0, size = 1;
  int local_rank = 0;   // on this machine: its GPU
  std::string address;  // of the store
  std::uint16_t port = 0;
  bool serves = false;   // this process keeps the store; else torchrun's agent or another rank does
  bool agent = false;    // torchrun's agent keeps it, through all attempts of a job
  std::string job;       // one name for one launch: a store may outlive an attempt
  std::string variable;  // that says how many processes there are: without it this one is alone
  std::chrono::seconds patience{15};  // for the store and for the other ranks to come
};

// torchrun: RANK, WORLD_SIZE, MASTER_ADDR, MASTER_PORT (TORCHELASTIC_USE_AGENT_STORE: its agent keeps the
// store). srun: SLURM_PROCID and SLURM_STEP_NUM_TASKS; the store is rank 0's, on the first node of
// SLURM_STEP_NODELIST and a port made from the job's number, unless MASTER_ADDR and MASTER_PORT say
// otherwise. GDD_RANK_PATIENCE: seconds. Nothing: this process is alone. Error: variables that contradict
// each other or are no numbers.
std::optional<RankPlace> find_rank_place();

// "node[03-05,9]-ib,other" -> "node03-ib"
std::string first_host(const std::string& slurm_node_list);

}  // namespace gdd
