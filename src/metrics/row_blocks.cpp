#include "metrics/row_blocks.h"

#include <algorithm>
#include <thread>
#include <vector>

#include "base/tasks.h"
#include "metrics/linear_algebra.h"

namespace gdd {
namespace {

constexpr std::int64_t kMaxBlock = 1024;  // 4 MB of products

// Enough tasks for all threads to end at about the same time.
std::int64_t block_size(std::int64_t rows, int threads) {
  const std::int64_t even = rows / (std::int64_t{4} * threads) / 128 * 128;
  return std::clamp<std::int64_t>(even, 256, kMaxBlock);
}

std::vector<BlockPair> cut_blocks(std::int64_t rows, std::int64_t columns, int threads, bool symmetric) {
  const std::int64_t size = block_size(std::min(rows, columns), threads);
  std::vector<BlockPair> blocks;
  for (std::int64_t row = 0; row < rows; row += size)
    for (std::int64_t column = symmetric ? row : 0; column < columns; column += size)
      blocks.push_back({row, std::min(size, rows - row), column, std::min(size, columns - column)});
  return blocks;
}

std::vector<float> block_products(const RoundedRows& a, const RoundedRows& b, const BlockPair& block,
                                  const RowProducts& products_of) {
  std::vector<float> products(static_cast<std::size_t>(block.rows * block.columns));
  const FeaturesF32 rows = a.block(block.row, block.rows), columns = b.block(block.column, block.columns);
  if (products_of)
    products_of(rows, columns, products.data());
  else
    linear::multiply_rows(rows.rows, columns.rows, rows.columns, rows.data, columns.data, products.data());
  return products;
}

int product_threads(const ManifoldOptions& options) {
  if (!options.products && !linear::OneThread::possible()) return 1;
  return options.threads > 0 ? options.threads
                             : static_cast<int>(std::max(1U, std::thread::hardware_concurrency()));
}

}  // namespace

void for_each_block(const RoundedRows& a, const RoundedRows& b, const ManifoldOptions& options,
                    const std::function<void(const BlockPair& block, const float* products)>& take,
                    const std::function<void(std::int64_t rows)>& done) {
  const int threads = product_threads(options);
  const std::vector<BlockPair> blocks = cut_blocks(a.count(), b.count(), threads, &a == &b);
  run_tasks(
      std::ssize(blocks), threads,
      [&](std::int64_t i) {
        const linear::OneThread one_thread;
        const BlockPair& block = blocks[static_cast<std::size_t>(i)];
        take(block, block_products(a, b, block, options.products).data());
      },
      [&](std::int64_t finished) { done(a.count() * finished / std::ssize(blocks)); });
}

}  // namespace gdd
