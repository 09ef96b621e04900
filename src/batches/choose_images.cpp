#include "batches/choose_images.h"

#include <ATen/Parallel.h>

#include <numeric>
#include <string>

#include "base/memory_budget.h"
#include "base/printable.h"
#include "gdd/error.h"
#include "images/codec.h"
#include "images/image_names.h"
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
                                            int decoders, Observer& observer) {
  std::vector<std::int64_t> sound;
  std::int64_t damaged = 0;
  PrefetchingReader reader(images, chosen, decoders > 0 ? decoders : at::get_num_threads());
  for (const std::int64_t index : chosen) {
    if (observer.stop()) throw Stopped();
    try {
      reader.next();
      sound.push_back(index);
    } catch (const Error& error) {
      if (error.kind() == Error::Kind::kMemory) throw;  // sound, and used where there is more memory
      if (++damaged > allowed)
        throw Error(images.path(), "more than the " + std::to_string(allowed) +
                                       " damaged images that --skip-corrupt allows; the next is " +
                                       error.what());
      observer.warn("left out: " + std::string(error.what()));
    }
  }
  return sound;
}

// Every file of a folder or zip is accounted for: used, or counted here.
void tell_number(const ImageSource& images, Observer& observer) {
  const LeftOut& left_out = images.left_out();
  const std::string message = images.path() + ": " + std::to_string(images.size()) + " images" +
                              (left_out.text.empty() ? "" : "; left out: " + left_out.text);
  left_out.pictures ? observer.warn(message) : observer.note(message);
}

// Found by name before the work, rather than when their turn comes.
void refuse_unread_formats(const ImageSource& images, const std::vector<std::int64_t>& chosen) {
  std::int64_t count = 0;
  std::string first;
  for (const std::int64_t index : chosen) {
    const std::string name = images.name(index);
    if (has_readable_ending(name) || !has_picture_ending(name)) continue;
    if (++count == 1) first = name;
  }
  if (count > 0)
    throw Error(images.path(),
                std::to_string(count) + " of the pictures are of a format that is not read, e.g. " +
                    gdd::quoted(first) + " (read are " + image_formats() + ")",
                "convert them to PNG, or leave them out with --skip-corrupt " + std::to_string(count));
}

}  // namespace

std::vector<std::int64_t> choose_images(const ImageSource& images, const Selection& selection,
                                        Observer& observer, int decoders) {
  tell_number(images, observer);
  std::vector<std::int64_t> chosen = choose(images, selection);
  if (selection.skip_corrupt > 0)
    chosen = leave_out_damaged(images, chosen, selection.skip_corrupt, decoders, observer);
  else
    refuse_unread_formats(images, chosen);
  if (chosen.size() < 2)
    throw Error(images.path(), "needs at least two images, found " + std::to_string(chosen.size()));
  return chosen;
}

}  // namespace gdd
