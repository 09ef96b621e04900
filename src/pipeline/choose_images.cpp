#include "pipeline/choose_images.h"

#include <numeric>
#include <string>

#include "base/memory_budget.h"
#include "gdd/error.h"
#include "images/prefetch.h"

namespace gdd {
namespace {

// What is kept of every image whatever is asked of it: its number, here and in the reader that decodes ahead,
// and the digits of its hash.
void require_memory_for(const ImageSource& images, std::int64_t chosen) {
  require_memory(images.path(), "the numbers and hashes of " + std::to_string(images.size()) + " images",
                 16.0 * static_cast<double>(images.size()) + 64.0 * static_cast<double>(chosen),
                 "use fewer images, or give --max-memory if the machine has more");
}

std::vector<std::int64_t> choose(const ImageSource& images, const Selection& selection) {
  require_memory_for(images, selection.num > 0 ? selection.num : images.size());
  if (selection.num > 0) {
    if (images.size() < selection.num)
      throw Error(images.path(), "--num asks for " + std::to_string(selection.num) + " images, found " +
                                     std::to_string(images.size()));
    return select_subset(images.size(), selection.num, selection.seed);
  }
  std::vector<std::int64_t> all(static_cast<std::size_t>(images.size()));
  std::iota(all.begin(), all.end(), std::int64_t{0});
  return all;
}

std::vector<std::int64_t> leave_out_damaged(const ImageSource& images,
                                            const std::vector<std::int64_t>& chosen, std::int64_t allowed,
                                            int decoders, const Warn& warn) {
  std::vector<std::int64_t> sound;
  std::int64_t damaged = 0;
  PrefetchingReader reader(images, chosen, decoders);
  for (const std::int64_t index : chosen) {
    try {
      reader.next();
      sound.push_back(index);
    } catch (const Error& error) {
      if (++damaged > allowed)
        throw Error(images.path(), "more than the " + std::to_string(allowed) +
                                       " damaged images that --skip-corrupt allows; the next is " +
                                       error.what());
      if (warn) warn("left out: " + std::string(error.what()));
    }
  }
  return sound;
}

}  // namespace

std::vector<std::int64_t> choose_images(const ImageSource& images, const Selection& selection, int decoders,
                                        const Warn& warn) {
  std::vector<std::int64_t> chosen = choose(images, selection);
  if (selection.skip_corrupt > 0)
    chosen = leave_out_damaged(images, chosen, selection.skip_corrupt, decoders, warn);
  if (chosen.size() < 2)
    throw Error(images.path(), "needs at least two images, found " + std::to_string(chosen.size()));
  return chosen;
}

}  // namespace gdd
