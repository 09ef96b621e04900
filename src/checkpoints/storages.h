// Where the elements of tensors lie: inside the pickle, behind it, or in members of a zip.
#pragma once

#include <map>
#include <memory>
#include <mutex>
#include <string>

#include "archive/zip.h"
#include "checkpoints/tensor_view.h"
#include "pickle/pickle.h"

namespace gdd {

// A flat array of elements, little-endian.
struct Storage {
  DType dtype = DType::kUint8;
  Bytes data;  // a whole number of elements
};

// What torch writes in place of a storage: ('storage', torch.FloatStorage, key, location, number of elements,
// None).
struct StorageId {
  DType dtype = DType::kUint8;
  std::string key;
  std::uint64_t size = 0;  // bytes
};
StorageId parse_storage_id(const pickle::Pickle& pickle, const pickle::Value& id);

// Answers the persistent ids of one pickle. Safe to call from several threads at once.
class StorageSource {
 public:
  virtual ~StorageSource() = default;
  // `value` is of kind kPersistentId. Error: not a storage, absent, of another size.
  virtual Storage find(const pickle::Pickle& pickle, const pickle::Value& value) const = 0;
};

// A plain pickle refers to nothing outside itself.
class NoStorages : public StorageSource {
 public:
  Storage find(const pickle::Pickle& pickle, const pickle::Value& value) const override;
};

// Storages that follow the pickle in torch's legacy archive; see torch_legacy.h.
class LegacyStorages : public StorageSource {
 public:
  explicit LegacyStorages(std::map<std::string, Storage> by_key) : by_key_(std::move(by_key)) {}
  Storage find(const pickle::Pickle& pickle, const pickle::Value& value) const override;

 private:
  std::map<std::string, Storage> by_key_;
};

// Members `folder/KEY` of torch's zip archive, `folder` being "archive/data", or "archive/constants" for the
// constants of a TorchScript. A member's CRC is checked when it is first asked for; it is viewed where it
// lies in the archive.
class ZipStorages : public StorageSource {
 public:
  ZipStorages(const ZipReader& zip, std::string folder) : zip_(zip), folder_(std::move(folder)) {}
  Storage find(const pickle::Pickle& pickle, const pickle::Value& value) const override;

 private:
  const ZipReader& zip_;
  std::string folder_;
  mutable std::mutex mutex_;
  mutable std::map<std::string, Bytes> views_;
};

}  // namespace gdd
